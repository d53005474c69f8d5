"""Prints what the lints find in queries, rules, templates and workbooks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from evaluator.analysis.language_service import language_service
from evaluator.lints import unanalysed
from evaluator.lints.catalog import ENTRIES
from evaluator.lints.lint import LintContext
from evaluator.lints.run import run_lints
from evaluator.rule_tests.tested import tested_rules
from evaluator.sources import catalog as template_catalog
from evaluator.sources.lint_contexts import (
    file_context,
    project_contexts,
    query_context,
    rule_contexts,
)
from evaluator.sources.template import template_rules
from evaluator.sources.workbook_file import read_workbook
from evaluator.tables import Table
from generator.catalog import CATALOG, Entry
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.loader import Configuration
from generator.source import SourceError
from generator.workbook_lint import RULES, lint_workbook

_WORKBOOKS = (".workbook.json", ".workbook")


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked at, and what is wrong with it."""

    problems: Sequence[Problem]
    queries: int
    workbooks: int


def lint_project(
    configuration: Configuration,
    environment: str,
    workbooks: Sequence[Path],
    tests: Sequence[Path],
    tables: Mapping[str, Table],
    today: date,
) -> Found:
    """Lint an environment's rules and queries, and rendered workbooks.

    Raises:
        LanguageServiceMissing: the language service is not installed.
        ConfigurationError: a hand-written query or workbook cannot be understood.
    """
    contexts, problems = project_contexts(
        configuration, environment, tested_rules(tests), language_service(tables), tables
    )
    problems += run_lints(contexts, today)
    problems += lint_workbooks(workbooks)
    return Found(sort_problems(problems), len(contexts), len(workbooks))


def lint_files(
    paths: Sequence[Path], parameters: Path | None, tables: Mapping[str, Table], today: date
) -> Found:
    """Lint query files, templates and workbooks, told apart by their names.

    `parameters` is a file with values of the templates' parameters.

    Raises:
        LanguageServiceMissing: the language service is not installed.
    """
    contexts: list[LintContext] = []
    problems: list[Problem] = []
    workbooks = 0
    for path in paths:
        if path.name.endswith(_WORKBOOKS):
            found, wrong = _workbook(path, tables)
            contexts += found
            problems += wrong
            workbooks += 1
        elif path.suffix == ".kql":
            try:
                contexts.append(file_context(path, language_service(tables), tables))
            except SourceError as error:
                problems += error.problems
        else:
            rules, wrong = template_rules(path, parameters)
            found, failed = rule_contexts(rules, language_service(tables), tables)
            problems += [*wrong, *failed]
            contexts += found
    problems += run_lints(contexts, today)
    return Found(sort_problems(problems), len(contexts), workbooks)


def _workbook(path: Path, tables: Mapping[str, Table]) -> tuple[list[LintContext], list[Problem]]:
    """Make the contexts of a workbook's queries, and find what is wrong with the workbook."""
    try:
        read = read_workbook(path)
    except SourceError as error:
        return [], error.problems
    service = language_service(tables)
    contexts: list[LintContext] = []
    for name, query in read.queries.items():
        try:
            contexts.append(query_context(name, query, service, tables))
        except SourceError as error:
            read.problems += error.problems
    return contexts, lint_workbook_file(path) + read.problems


def lint_workbooks(paths: Sequence[Path]) -> list[Problem]:
    """Lint workbooks as they are deployed."""
    return [problem for path in paths for problem in lint_workbook_file(path)]


def lint_workbook_file(path: Path) -> list[Problem]:
    """Lint one workbook as it is deployed."""
    try:
        workbook = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        return [_problem(path, "workbook/json", f"it is no JSON: {error}", "render it again")]
    if not isinstance(workbook, dict):
        return [_problem(path, "workbook/json", "its JSON is no object", "render it again")]
    compact = json.dumps(workbook, separators=(",", ":"), ensure_ascii=False)
    return [
        Problem(
            f"workbook/{finding.rule}",
            finding.message,
            _start(path),
            finding.fix,
            finding.severity,
            finding.path,
        )
        for finding in lint_workbook(workbook, len(compact.encode()))
    ]


def _problem(path: Path, problem_id: str, message: str, fix: str) -> Problem:
    return Problem(problem_id, message, _start(path), fix)


def _start(path: Path) -> Location:
    return Location(path.as_posix(), Span(1, 1, 1, 2), "")


def entries() -> dict[str, Entry]:
    """Every id that linting can report."""
    workbook = {f"workbook/{rule.id}": Entry(rule.summary, rule.fix) for rule in RULES}
    not_json = {"workbook/json": Entry("not a workbook", "A workbook is a JSON object.")}
    of_queries = ENTRIES | unanalysed.ENTRIES
    return CATALOG | of_queries | template_catalog.ENTRIES | workbook | not_json
