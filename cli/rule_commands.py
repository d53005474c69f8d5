"""Commands that prove rules and queries without Azure: lint, test, back-test."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.app import (
    CONFIG,
    FINDINGS,
    OUT,
    USAGE,
    ConfigOption,
    LintFormatOption,
    OutOption,
    ParametersOption,
    TableFormatOption,
    TablesOption,
    TodayOption,
    app,
    count,
    day,
    fail,
    note,
    print_result,
    report,
    validated_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluator.tables import Table


@app.command()
def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Queries, ARM templates or workbooks; the project unless given."),
    ] = None,
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None, typer.Option("--env", help="Environment; prod or the first unless given.")
    ] = None,
    tables: TablesOption = None,
    parameters: ParametersOption = None,
    out: OutOption = OUT,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    allow_unanalysed: Annotated[
        bool,
        typer.Option("--allow-unanalysed", help="Lint workbooks only if the service is missing."),
    ] = False,
    today: TodayOption = None,
    style: LintFormatOption = "text",
) -> None:
    """Lint queries, alert rules and workbooks."""
    from cli.lint import Found, entries, lint_files, lint_project, lint_workbooks
    from evaluator.analysis.language_service import LanguageServiceMissing
    from evaluator.sources.subjects import default_environment
    from generator.diagnostics import format_problems
    from generator.project import ROOT

    _require_files([*(paths or ()), parameters])
    known, reading_day = _tables(tables, of_others=bool(paths)), day(today)
    workbooks = sorted(out.glob("*/workbooks/*.workbook.json"))
    try:
        if paths:
            found = lint_files(paths, parameters, known, reading_day)
        else:
            configuration = validated_configuration(config, today)
            name = env or default_environment(list(configuration.environments))
            if name not in configuration.environments:
                names = ", ".join(configuration.environments)
                raise fail(f"there is no environment {name!r}; known are {names}")
            tests = sorted((ROOT / "kql" / "tests").glob("*.test.yaml"))
            found = lint_project(configuration, name, workbooks, tests, known, reading_day)
    except LanguageServiceMissing as error:
        if not allow_unanalysed:
            raise fail(f"{error}; --allow-unanalysed leaves KQL unchecked") from None
        note(f"mlmon: warning: {error}; KQL was not checked")
        found = Found(lint_workbooks(workbooks), 0, len(workbooks))
    print_result(format_problems(found.problems, style, entries()))
    looked_at = (count(found.queries, "query", "queries"), count(found.workbooks, "workbook"))
    if style == "text":
        told = "clean" if not found.problems else count(len(found.problems), "finding")
        note(f"{' and '.join(looked_at)}: {told}")
    failing = {"error", "warning"} if strict else {"error"}
    if any(problem.severity in failing for problem in found.problems):
        raise typer.Exit(FINDINGS)


@app.command("test")
def rule_tests(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Test files; kql/tests/*.test.yaml unless given.")
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Compiled ARM template or snapshot with the rules."),
    ] = None,
    tables: TablesOption = None,
    parameters: ParametersOption = None,
    run: Annotated[str, typer.Option("--run", help="Only tests whose name matches.")] = "",
    phases: Annotated[
        str, typer.Option("--phases", help="Evaluate shifted as well, such as 0m,1m,2m.")
    ] = "",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Fail for a rule without both kinds of tests.")
    ] = False,
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Fail for a changed rule that no test notices.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail for what is checked and not run.")
    ] = False,
    junit: Annotated[Path | None, typer.Option("--junit", help="File for a JUnit report.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Explain what passes, too.")] = False,
    config: ConfigOption = CONFIG,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Test alert rules over time: when they fire and resolve, and whom they call."""
    from cli.rule_tests import Request, run_rule_tests
    from evaluator.analysis.language_service import LanguageServiceMissing
    from evaluator.sources.subjects import subject_loader
    from generator.project import ROOT

    if rules and not files:
        raise fail("--rules is about rules of others: name the files with their tests, too")
    found = files or sorted((ROOT / "kql" / "tests").glob("*.test.yaml"))
    _require_files([*found, *(rules or ()), parameters])
    request = Request(
        files=[_short(path) for path in found],
        select=_pattern(run),
        phases=_phases(phases),
        strict=strict,
        coverage=coverage,
        mutate=mutate,
        debug=debug,
        style=style,
    )
    load = subject_loader(config, day(today), rules or (), parameters)
    try:
        known = _tables(tables, of_others=bool(rules))
        answer = run_rule_tests(request, load, known, _tables(tables, of_others=True))
    except LanguageServiceMissing as error:
        raise fail(str(error)) from None
    if run and not answer.problems and not answer.tests:
        raise fail(f"--run {run!r} matches no test")
    if junit is not None:
        _write(junit, answer.junit)
    print_result(answer.text)
    if not answer.passed:
        raise typer.Exit(FINDINGS)


def _require_files(paths: "Sequence[Path | None]") -> None:
    for path in paths:
        if path is not None and path.is_dir():
            raise fail(f"{path} is a folder: name its files")
        if path is not None and not path.is_file():
            raise fail(f"there is no file {path}")


def _tables(folders: list[Path] | None, *, of_others: bool) -> "dict[str, Table]":
    """Read the tables of the project; those of others' rules, if asked for; and what was named."""
    from evaluator.tables import TableError, read_tables
    from generator.project import ROOT

    own = ROOT / "kql" / "tables"
    tables = (read_tables(own / "azure") if of_others else {}) | read_tables(own)
    for folder in folders or ():
        try:
            found = read_tables(folder)
        except TableError as error:
            raise fail(str(error)) from None
        if not found:
            raise fail(f"--tables {folder} is no folder with a file NAME.json for each table")
        tables |= found
    return tables


def _short(path: Path) -> Path:
    """Name a file from here if it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise fail(f"--run {text!r} is no regular expression: {error}") from None


def _phases(text: str) -> list[timedelta]:
    from evaluator.rule_tests.offsets import parse_offset

    phases = []
    for part in filter(None, text.split(",")):
        phase = parse_offset(part.strip())
        if phase is None:
            raise fail(f"--phases {part!r} is no offset such as 2m")
        phases.append(phase)
    return phases


@app.command("backtest")
def run_backtest(
    data: Annotated[
        list[str], typer.Option("--data", help="Recorded files or folders, or TABLE=PATH.")
    ],
    start: Annotated[str, typer.Option("--from", help="First evaluation, UTC.")],
    end: Annotated[str, typer.Option("--to", help="End of the evaluations, UTC, excluded.")],
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Compiled ARM template or snapshot with the rules."),
    ] = None,
    tables: TablesOption = None,
    parameters: ParametersOption = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="RULE.threshold=a,b: thresholds to try.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="CSV of incidents: start,end[,rule].")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="HTML file for the timeline.")
    ] = None,
    noise: Annotated[
        int | None, typer.Option("--noise", help="Fail for a rule that fired more often.")
    ] = None,
    cost: Annotated[
        float | None,
        typer.Option("--cost", help="Fail for a rule that costs more USD a month."),
    ] = None,
    assume_utc: Annotated[
        bool, typer.Option("--assume-utc", help="Times without a zone are UTC.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail for what is checked and not run.")
    ] = False,
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None, typer.Option("--env", help="Environment; prod or the first unless given.")
    ] = None,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Tell how often each rule would have fired on recorded telemetry."""
    from cli.backtest import ALL_IDS, LIMIT_IDS, Request
    from cli.backtest import run_backtest as run
    from evaluator.analysis.language_service import LanguageServiceMissing
    from evaluator.backtest.incidents import IncidentError
    from evaluator.backtest.settings import SettingError
    from evaluator.backtest.statistics import Period
    from evaluator.execution.errors import ExecutionError
    from evaluator.recorded.problems import RecordedDataError
    from evaluator.rule_tests.subjects import SubjectSource
    from evaluator.sources.catalog import ENTRIES as SOURCE_IDS
    from evaluator.sources.subjects import subject_loader
    from generator.diagnostics import format_problems
    from generator.project import ConfigurationError

    _require_files([*(rules or ()), against, parameters])
    period = Period(_moment("--from", start), _moment("--to", end))
    if period.end <= period.start:
        raise fail("--to is not after --from")
    load = subject_loader(config, day(today), rules or (), parameters)
    known = _tables(tables, of_others=bool(rules))
    request = Request(data, period, settings or (), against, noise, cost, assume_utc, style)
    try:
        subjects = load(SubjectSource(None, env))
        answer = run(request, list(subjects.rules.values()), known)
    except LanguageServiceMissing as error:
        raise fail(str(error)) from None
    except ConfigurationError as error:
        raise report(error.problems, style) from None
    except (SettingError, IncidentError, RecordedDataError) as error:
        print_result(format_problems(error.problems, style, ALL_IDS))
        missing = all(problem.id == "data/not-found" for problem in error.problems)
        raise typer.Exit(USAGE if missing else FINDINGS) from None
    except ExecutionError as error:
        raise fail(str(error), FINDINGS) from None
    if picture is not None:
        _write(picture, answer.picture)
    if subjects.unread:
        note(format_problems(subjects.unread, "text", ALL_IDS | SOURCE_IDS))
    print_result(answer.text)
    failing = any(p.severity == "error" or p.id in LIMIT_IDS for p in answer.problems)
    if failing or (strict and (answer.problems or answer.not_run or subjects.unread)):
        raise typer.Exit(FINDINGS)


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"{option} {text!r} is no time such as 2026-01-05T00:00:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _write(path: Path, text: str) -> None:
    from generator import output

    try:
        output.write_files(path.parent, {path.name: text})
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror}") from None
