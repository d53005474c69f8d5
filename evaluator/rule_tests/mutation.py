"""Runs mutants of rules against the tests: one that no test notices shows what is not tested."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from evaluator.rule_tests.bench import Bench, NotRun, RunError
from evaluator.rule_tests.comparing_rows import compare_rows
from evaluator.rule_tests.mutants import Mutant, mutate
from evaluator.rule_tests.plan import PlannedFile, QueryExpected
from evaluator.rule_tests.results import FileResult, Outcome
from evaluator.rule_tests.running import differences_of, tell_stories
from evaluator.rules import LogAlertRule
from generator.diagnostics import Problem


class Fate(Enum):
    """Of a mutant; of several files' verdicts the first of these counts."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "declared equivalent"
    INVALID = "invalid"
    """Azure would refuse it, or it cannot be executed."""


@dataclass(frozen=True, slots=True)
class MutantResult:
    """What became of one mutant."""

    rule_id: str
    name: str
    fate: Fate
    reason: str = ""
    """Why it is declared equivalent."""


Progress = Callable[[str, int, int], None]
"""Called with a rule's id, the mutants of it that are done, and how many there are."""


def run_mutants(
    files: Sequence[FileResult], progress: Progress | None = None
) -> tuple[list[MutantResult], list[Problem]]:
    """Run every mutant of every rule that the tests expect something of.

    Only expectations that hold for the rule itself take part. Returns the results by rule in the
    order of the mutants, and what is wrong with declarations of equivalent mutants.
    """
    fates: dict[tuple[str, str], Fate] = {}
    for file in files:
        for rule_id, name, fate in _file(file, progress):
            before = fates.get((rule_id, name), Fate.INVALID)
            fates[rule_id, name] = min(before, fate, key=list(Fate).index)
    return _with_declarations(fates, [file.planned for file in files])


def _file(file: FileResult, progress: Progress | None) -> Iterator[tuple[str, str, Fate]]:
    tests = [test.test for test in file.tests]
    with Bench(file.planned.tables, tests) as bench:
        for rule_id in dict.fromkeys(_rule_ids(file)):
            rule = file.planned.rules[rule_id]
            try:
                mutants = mutate(rule, bench.analyse(rule.query))
            except RunError:
                continue
            hunter = _Hunter(bench, file, rule_id)
            for number, mutant in enumerate(mutants, 1):
                yield rule_id, mutant.name, hunter.fate(mutant)
                if progress:
                    progress(rule_id, number, len(mutants))


def _rule_ids(file: FileResult) -> Iterator[str]:
    for test in file.tests:
        for result in test.results:
            if result.outcome is Outcome.PASSED and result.expected.rule_id:
                yield result.expected.rule_id


class _Hunter:
    """Looks for a test that tells mutants of one rule from the rule."""

    def __init__(self, bench: Bench, file: FileResult, rule_id: str) -> None:
        self._bench = bench
        self._held = {
            dataset: [
                result.expected
                for result in test.results
                if result.outcome is Outcome.PASSED and result.expected.rule_id == rule_id
            ]
            for dataset, test in enumerate(file.tests)
        }
        # Short tests first: most mutants are noticed by one of them.
        self._order = sorted(
            (dataset for dataset, held in self._held.items() if held),
            key=lambda dataset: bench.tests[dataset].evaluations.get(rule_id, 0),
        )

    def fate(self, mutant: Mutant) -> Fate:
        """Run a mutant until a test notices it."""
        try:
            noticed = any(self._notices(dataset, mutant.rule) for dataset in self._order)
        except (NotRun, RunError):
            return Fate.INVALID
        return Fate.KILLED if noticed else Fate.SURVIVED

    def _notices(self, dataset: int, rule: LogAlertRule) -> bool:
        test = self._bench.tests[dataset]
        alerts = [e for e in self._held[dataset] if not isinstance(e, QueryExpected)]
        if alerts:
            stories = tell_stories(self._bench, rule, [dataset])[dataset]
            if any(differences_of(expected, test, stories)[0] for expected in alerts):
                return True
        return any(
            self._returns_other_rows(dataset, rule, expected)
            for expected in self._held[dataset]
            if isinstance(expected, QueryExpected)
        )

    def _returns_other_rows(
        self, dataset: int, rule: LogAlertRule, expected: QueryExpected
    ) -> bool:
        result = self._bench.query(rule.query, expected.at, rule.query_time_range, dataset)
        start = self._bench.tests[dataset].start
        return bool(compare_rows(expected, result.columns, result.rows, start))


def _with_declarations(
    fates: dict[tuple[str, str], Fate], files: Iterable[PlannedFile]
) -> tuple[list[MutantResult], list[Problem]]:
    reasons: dict[tuple[str, str], str] = {}
    problems = []
    for file in files:
        for entry, location in file.equivalents:
            key = (entry.rule, entry.mutant)
            fate = fates.get(key)
            if fate is Fate.SURVIVED:
                reasons[key] = entry.reason
                continue
            if fate is None:
                message = f"the rule `{entry.rule}` has no mutant `{entry.mutant}`"
                names = [name for rule, name in fates if rule == entry.rule]
                close = difflib.get_close_matches(entry.mutant, names, 1)
                fix = f"did you mean `{close[0]}`?" if close else "remove the entry"
            else:
                message = f"the mutant `{entry.mutant}` is {fate.value}, not equivalent"
                fix = "remove the entry"
            problems.append(Problem("rule-test/mutant", message, location, fix))
    results = [
        MutantResult(*key, Fate.EQUIVALENT if key in reasons else fate, reasons.get(key, ""))
        for key, fate in fates.items()
    ]
    return sorted(results, key=lambda result: result.rule_id), problems


def mutation_report(results: Sequence[MutantResult], untested: Sequence[str] = ()) -> str:
    """Write the survivors by rule, a summary of each rule, and the rules without any test."""
    lines: list[str] = []
    for rule_id in dict.fromkeys(result.rule_id for result in results):
        own = [result for result in results if result.rule_id == rule_id]
        counts = {fate: sum(result.fate is fate for result in own) for fate in Fate}
        told = ", ".join(f"{n} {f.value}" for f, n in counts.items() if n)
        lines.append(f"{rule_id}: {told}")
        lines += [f"  survived: {r.name}" for r in own if r.fate is Fate.SURVIVED]
        lines += [f"  equivalent: {r.name} ({r.reason})" for r in own if r.fate is Fate.EQUIVALENT]
    lines += [
        f"{rule_id}: no test is about it, so no change of it is noticed" for rule_id in untested
    ]
    judged = [r for r in results if r.fate in (Fate.KILLED, Fate.SURVIVED)]
    killed = sum(result.fate is Fate.KILLED for result in judged)
    share = f" ({killed / len(judged):.0%})" if judged else ""
    return "\n".join([*lines, "", f"{killed} of {len(judged)} mutants are noticed{share}"])
