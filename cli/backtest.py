"""Back-tests rules and prints the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.tables import text_table
from evaluator.analysis.language_service import LanguageService, language_service
from evaluator.backtest.catalog import ENTRIES as BACKTEST_ENTRIES
from evaluator.backtest.findings import broken, costly, never_matches, noise, refused
from evaluator.backtest.incidents import Incident, read_incidents
from evaluator.backtest.picture import as_html
from evaluator.backtest.report import TextTable, incidents_table, notes, rules_table
from evaluator.backtest.report_json import as_json
from evaluator.backtest.running import Backtest, backtest
from evaluator.backtest.settings import read_settings
from evaluator.backtest.statistics import Period
from evaluator.execution.engine import Engine
from evaluator.recorded.catalog import ENTRIES as DATA_ENTRIES
from evaluator.recorded.files import find_files
from evaluator.recorded.loading import load_files
from evaluator.rules import LogAlertRule
from evaluator.tables import Table
from generator.catalog import CATALOG
from generator.diagnostics import Problem, format_problems

LIMIT_IDS = ("backtest/noise", "query/cost")
"""Findings about limits that were asked for: they fail the command."""
ALL_IDS = CATALOG | BACKTEST_ENTRIES | DATA_ENTRIES


@dataclass(frozen=True, slots=True)
class Request:
    """What a back-test is asked for."""

    data: Sequence[str]
    period: Period
    settings: Sequence[str]
    incidents: Path | None
    noise_limit: int | None
    cost_limit_usd: float | None
    assume_utc: bool
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed, the picture as a page, and what was found."""

    text: str
    picture: str
    problems: Sequence[Problem]
    not_run: int


def run_backtest(
    request: Request, rules: Sequence[LogAlertRule], tables: Mapping[str, Table]
) -> Answer:
    """Back-test rules on recorded telemetry.

    Raises:
        LanguageServiceMissing: the language service is not installed.
        SettingError, IncidentError, RecordedDataError: an input cannot be used.
        ExecutionError: a query took too long, or failed.
    """
    thresholds = read_settings(request.settings, rules)
    incidents: list[Incident] = []
    if request.incidents is not None:
        incidents = read_incidents(request.incidents, rules)
    files = find_files(request.data, tables)
    service = language_service(tables)
    with Engine(tables) as engine:
        recorded = load_files(engine, files, tables, assume_utc=request.assume_utc)
        with _progress() as progress:
            task = progress.add_task("rules", total=len(rules))
            result = backtest(
                engine,
                service,
                rules,
                request.period,
                recorded=recorded,
                thresholds=thresholds,
                incidents=incidents,
                progress=lambda rule, done, total: progress.update(
                    task, description=rule, completed=done, total=total
                ),
            )
        problems = _problems(engine, service, result, request)
    return Answer(
        as_json(result, problems) if request.style == "json" else _text(result, problems),
        as_html(result),
        problems,
        sum(report.not_run is not None for report in result.rules),
    )


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _problems(
    engine: Engine, service: LanguageService, result: Backtest, request: Request
) -> list[Problem]:
    found = [*refused(result), *broken(result), *never_matches(engine, service, result)]
    if request.cost_limit_usd is not None:
        found = [*costly(result, request.cost_limit_usd), *found]
    if request.noise_limit is not None:
        found = [*noise(result, request.noise_limit), *found]
    return found


def _text(result: Backtest, problems: Sequence[Problem]) -> str:
    parts = [_table(rules_table(result))]
    if result.incidents:
        parts.append(_table(incidents_table(result)))
    told = notes(result)
    if told:
        parts.append("\n".join(told))
    if problems:
        parts.append(format_problems(problems, "text", ALL_IDS))
    return "\n\n".join(parts)


def _table(table: TextTable) -> str:
    return text_table(table.columns, table.rows, right=table.columns[1:])
