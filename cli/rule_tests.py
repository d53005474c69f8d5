"""Runs rule tests and prints what came of them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from evaluator.rule_tests.catalog import ENTRIES
from evaluator.rule_tests.coverage import RuleCoverage, coverage, coverage_report
from evaluator.rule_tests.files import read_files
from evaluator.rule_tests.mutation import Fate, MutantResult, mutation_report, run_mutants
from evaluator.rule_tests.report_json import json_report
from evaluator.rule_tests.report_junit import junit_report
from evaluator.rule_tests.report_text import text_report
from evaluator.rule_tests.results import FileResult, has_failed
from evaluator.rule_tests.running import run_file
from evaluator.rule_tests.subjects import LoadSubjects
from evaluator.sources.catalog import ENTRIES as TEMPLATE_ENTRIES
from evaluator.tables import Table
from generator.catalog import CATALOG
from generator.diagnostics import Problem, format_problems

ALL_IDS = CATALOG | ENTRIES | TEMPLATE_ENTRIES


@dataclass(frozen=True, slots=True)
class Request:
    """What a run of rule tests is asked for."""

    files: Sequence[Path]
    select: re.Pattern[str] | None
    phases: Sequence[timedelta]
    strict: bool
    """Whether what cannot be run fails."""
    coverage: bool
    mutate: bool
    debug: bool
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed, and whether it was well."""

    text: str
    junit: str
    passed: bool
    problems: Sequence[Problem] = ()
    tests: int = 0
    """How many ran."""


def run_rule_tests(
    request: Request,
    load: LoadSubjects,
    tables: Mapping[str, Table],
    tables_of_others: Mapping[str, Table],
) -> Answer:
    """Run test files; `tables_of_others` are known to those that name templates.

    Raises:
        LanguageServiceMissing: the language service is not installed.
    """
    planned, problems = read_files(request.files, load, tables, request.phases, tables_of_others)
    if any(problem.severity == "error" for problem in problems):
        text = format_problems(problems, request.style, ALL_IDS)
        return Answer(text, format_problems(problems, "junit", ALL_IDS), False, problems)
    files = [run_file(p, select=request.select, debug=request.debug) for p in planned]
    passed = not has_failed(files, strict=request.strict)
    passed &= not (request.strict and any(p.id.startswith("template/") for p in problems))
    rules = _coverage(files) if request.coverage else []
    mutants, wrong = _run_mutants(files) if request.mutate else ([], [])
    untested = [r.rule_id for r in _coverage(files) if not r.tests] if request.mutate else []
    passed &= all(rule.is_covered for rule in rules)
    passed &= not wrong and not any(mutant.fate is Fate.SURVIVED for mutant in mutants)
    passed &= not untested
    if request.style == "json":
        text = _json(files, rules, mutants)
    else:
        parts = [format_problems(problems, "text", ALL_IDS)] if problems else []
        parts.append(text_report(files, debug=request.debug))
        parts += [coverage_report(rules)] if request.coverage else []
        parts += [mutation_report(mutants, untested)] if request.mutate else []
        parts += [format_problems(wrong, "text", ALL_IDS)] if wrong else []
        text = "\n\n".join(parts)
    tests = sum(len(file.tests) for file in files)
    return Answer(text, junit_report(files), passed, tests=tests)


def _coverage(files: Sequence[FileResult]) -> list[RuleCoverage]:
    return coverage(files, {rule_id for file in files for rule_id in file.planned.rules})


def _json(
    files: Sequence[FileResult], rules: Sequence[RuleCoverage], mutants: Sequence[MutantResult]
) -> str:
    report: dict[str, object] = {"files": json.loads(json_report(files))}
    if rules:
        report["coverage"] = [
            {"rule": r.rule_id, "tests": r.tests, "fires": r.fires, "stays_quiet": r.stays_quiet}
            for r in rules
        ]
    if mutants:
        report["mutants"] = [
            {"rule": m.rule_id, "mutant": m.name, "fate": m.fate.value, "reason": m.reason}
            for m in mutants
        ]
    return json.dumps(report, indent=2, ensure_ascii=False)


def _run_mutants(files: Sequence[FileResult]) -> tuple[list[MutantResult], list[Problem]]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("mutants")
        return run_mutants(
            files,
            lambda rule, done, total: progress.update(
                task, description=f"mutants of {rule}", completed=done, total=total
            ),
        )
