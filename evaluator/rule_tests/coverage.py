"""Which rules have a test that fires, and one that stays quiet although there is data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluator.rule_tests.plan import QueryExpected
from evaluator.rule_tests.results import FileResult, Outcome
from evaluator.rule_tests.tables_of_text import aligned


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """The tests of one rule."""

    rule_id: str
    tests: int
    """That expect something of its alerts."""
    fires: str
    """A test that holds and says that it fires; empty if there is none."""
    stays_quiet: str
    """A test that holds and says that it does not, with data for it; empty if there is none."""
    not_run: bool

    @property
    def is_covered(self) -> bool:
        """Tell whether there is a test of both kinds."""
        return bool(self.fires and self.stays_quiet)


def coverage(files: Sequence[FileResult], rule_ids: Iterable[str]) -> list[RuleCoverage]:
    """Tell the coverage of each rule, in order of id; rules without a test too."""
    return [_rule(files, rule_id) for rule_id in sorted(set(rule_ids))]


def _rule(files: Sequence[FileResult], rule_id: str) -> RuleCoverage:
    about = [
        (test.test.name, result)
        for file in files
        for test in file.tests
        for result in test.results
        if not isinstance(result.expected, QueryExpected) and result.expected.rule_id == rule_id
    ]
    return RuleCoverage(
        rule_id,
        len({name for name, _ in about}),
        next((name for name, result in about if result.asserted_fired), ""),
        next((name for name, result in about if result.asserted_quiet), ""),
        any(result.outcome is Outcome.NOT_RUN for _, result in about),
    )


def covered_share(rules: Sequence[RuleCoverage]) -> float:
    """Tell the share of rules with tests of both kinds; 1 without rules."""
    return sum(rule.is_covered for rule in rules) / len(rules) if rules else 1.0


def coverage_report(rules: Sequence[RuleCoverage]) -> str:
    """Write a line for each rule, and the share."""
    rows = [
        (
            rule.rule_id,
            str(rule.tests),
            _word(rule, rule.fires),
            _word(rule, rule.stays_quiet),
        )
        for rule in rules
    ]
    covered = sum(rule.is_covered for rule in rules)
    share = f"{covered_share(rules):.0%}"
    lines = aligned(("rule", "tests", "fires", "stays quiet"), rows, "")
    return "\n".join(
        [*lines, "", f"{covered} of {len(rules)} rules have a test of both kinds ({share})"]
    )


def _word(rule: RuleCoverage, test: str) -> str:
    if test:
        return "yes"
    return "not run" if rule.not_run else "NO"
