"""Runs rule tests and prints what came of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from evaluator.rule_tests.catalog import ENTRIES
from evaluator.rule_tests.coverage import coverage, coverage_report
from evaluator.rule_tests.files import read_files
from evaluator.rule_tests.mutation import Fate, MutantResult, mutation_report, run_mutants
from evaluator.rule_tests.report_json import json_report
from evaluator.rule_tests.report_junit import junit_report
from evaluator.rule_tests.report_text import text_report
from evaluator.rule_tests.results import FileResult, Outcome
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


def run_rule_tests(request: Request, load: LoadSubjects, tables: dict[str, Table]) -> Answer:
    """Run test files.

    Raises:
        LanguageServiceMissing: the language service is not installed.
    """
    planned, problems = read_files(request.files, load, tables, request.phases)
    if any(problem.severity == "error" for problem in problems):
        return Answer(format_problems(problems, request.style, ALL_IDS), "", False, problems)
    files = [run_file(p, select=request.select, debug=request.debug) for p in planned]
    bad = {Outcome.FAILED, Outcome.NOT_RUN} if request.strict else {Outcome.FAILED}
    passed = not any(test.outcome in bad for file in files for test in file.tests)
    texts = (
        [format_problems(problems, "text", ALL_IDS)] if problems and request.style == "text" else []
    )
    if request.style == "json":
        texts.append(json_report(files))
    else:
        texts.append(text_report(files, debug=request.debug))
    if request.coverage:
        passed &= _coverage(files, texts)
    if request.mutate:
        passed &= _mutants(files, texts)
    return Answer("\n\n".join(texts), junit_report(files), passed)


def _coverage(files: Sequence[FileResult], texts: list[str]) -> bool:
    rules = coverage(files, {rule_id for file in files for rule_id in file.planned.rules})
    texts.append(coverage_report(rules))
    return all(rule.is_covered for rule in rules)


def _mutants(files: Sequence[FileResult], texts: list[str]) -> bool:
    results, problems = _run_mutants(files)
    texts.append(mutation_report(results))
    if problems:
        texts.append(format_problems(problems, "text", ALL_IDS))
    return not problems and not any(result.fate is Fate.SURVIVED for result in results)


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
