"""The `mlmon` command: arguments, printing, exit codes. No logic, and nothing imported early."""

import io
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from generator.diagnostics import Problem
    from generator.loader import Configuration
    from generator.render import Rendered

FINDINGS, USAGE = 1, 2

app = typer.Typer(
    name="mlmon",
    help="Monitoring of a fleet of models on Azure: one YAML description in, Bicep out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


ProblemFormat = Literal["text", "json", "sarif", "github"]
LintFormat = Literal["text", "json", "sarif", "github", "junit"]
TableFormat = Literal["text", "json"]


ConfigOption = Annotated[Path, typer.Option("--config", help="Folder of the configuration.")]
EnvOption = Annotated[
    list[str] | None, typer.Option("--env", help="Environment; repeatable, all unless given.")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder of the rendered environments.")]
TodayOption = Annotated[
    str | None,
    typer.Option("--today", help="Day for expiry, YYYY-MM-DD; today (UTC) unless given."),
]
ProblemFormatOption = Annotated[ProblemFormat, typer.Option("--format", help="How to print.")]
LintFormatOption = Annotated[LintFormat, typer.Option("--format", help="How to print.")]
TableFormatOption = Annotated[TableFormat, typer.Option("--format", help="How to print.")]

CONFIG, OUT = Path("config"), Path("rendered")


def _fail(message: str, code: int = USAGE) -> typer.Exit:
    print(f"mlmon: {message}", file=sys.stderr)  # noqa: T201
    return typer.Exit(code)


def _print(text: str) -> None:
    if text:
        print(text)  # noqa: T201


def _note(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def _today(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _fail(f"--today {text!r} is not a day of the form 2026-12-31") from None


def _report(problems: "Sequence[Problem]", style: ProblemFormat) -> typer.Exit:
    from generator.diagnostics import format_problems

    _print(format_problems(problems, style))
    if style == "text":
        _note(f"\n{_count(len(problems), 'problem')} found; nothing was written")
    return typer.Exit(FINDINGS)


def _validated(config: Path, today: str | None, style: ProblemFormat = "text") -> "Configuration":
    from generator.project import ConfigurationError, validate

    if not config.is_dir():
        raise _fail(f"there is no folder {config}; pass --config DIR")
    try:
        return validate(config, _today(today))
    except ConfigurationError as error:
        raise _report(error.problems, style) from None


def _rendered(
    configuration: "Configuration",
    environments: list[str] | None,
    out: Path,
    style: ProblemFormat = "text",
) -> "list[Rendered]":
    from generator.project import ConfigurationError, render_environments

    known = list(configuration.environments)
    for name in environments or ():
        if name not in known:
            raise _fail(f"there is no environment {name!r}; known are {', '.join(known)}")
    try:
        names = list(dict.fromkeys(environments or known))
        return render_environments(configuration, names, out)
    except ConfigurationError as error:
        raise _report(error.problems, style) from None


def _require_fresh(rendered: "Sequence[Rendered]", out: Path) -> None:
    """Compile and deploy only what was reviewed: what stands in the folder."""
    from generator import output

    stale = output.changes(out, {r.fleet.name: r.files for r in rendered})
    if stale:
        raise _fail(f"{out} is stale ({stale[0].path} differs); run `make render`", FINDINGS)


@app.command()
def validate(
    config: ConfigOption = CONFIG,
    today: TodayOption = None,
    style: ProblemFormatOption = "text",
) -> None:
    """Check the configuration; every problem of every file at once."""
    from generator.diagnostics import format_problems

    configuration = _validated(config, today, style)
    _rendered(configuration, None, OUT, style)  # sizes are known only once it is rendered
    if style == "text":
        circuits = len(configuration.circuits.model.circuits)
        rules = len(configuration.alerts.model.alert_rules)
        names = ", ".join(configuration.environments)
        _print(f"{config}: valid; {circuits} circuits, {rules} alert rules, environments {names}")
    else:
        _print(format_problems([], style))


@app.command()
def render(
    config: ConfigOption = CONFIG,
    env: EnvOption = None,
    out: OutOption = OUT,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and show a diff if stale.")
    ] = False,
    today: TodayOption = None,
) -> None:
    """Render the configuration into Bicep, KQL and workbooks."""
    from generator import output

    configuration = _validated(config, today)
    rendered = _rendered(configuration, env, out)
    files = {r.fleet.name: r.files for r in rendered}
    # An environment whose configuration is gone leaves nothing behind.
    stale = output.environments(out) - set(configuration.environments) if env is None else set()
    files |= {name: {} for name in sorted(stale)}
    try:
        changes = output.changes(out, files) if check else output.write(out, files)
    except output.ForeignFolderError as error:
        raise _fail(f"{error}; move them, or pass another --out") from None
    except OSError as error:
        raise _fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    if check:
        for change in changes:
            _print(change.diff().rstrip("\n"))
        if changes:
            _note(f"{out} is stale: {_count(len(changes), 'file')} to change; run `make render`")
            raise typer.Exit(FINDINGS)
    for item in rendered:
        of_environment = [c for c in changes if c.path.startswith(f"{item.fleet.name}/")]
        state = f"{_count(len(of_environment), 'file')} changed" if of_environment else "unchanged"
        resources = sum(e.resources for e in item.entry_points)
        amounts = (
            _count(len(item.fleet.circuits), "circuit"),
            _count(resources, "resource"),
            _count(len(item.entry_points), "entry point"),
            _count(len(item.files), "file"),
        )
        _print(f"{out}/{item.fleet.name}: {', '.join(amounts)}, {state}")
    for name in sorted(stale):
        _print(f"{out}/{name}: removed, its environment is gone")


@app.command()
def explain(
    circuit: Annotated[str, typer.Argument(help="PLANT/CIRCUIT", metavar="PLANT/CIRCUIT")],
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None, typer.Option("--env", help="Environment; the first with it.")
    ] = None,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Show every effective limit of a circuit and where it came from."""
    from cli.explain import explanation

    configuration = _validated(config, today)
    if env is not None and env not in configuration.environments:
        known = ", ".join(configuration.environments)
        raise _fail(f"there is no environment {env!r}; known are {known}")
    text = explanation(configuration, circuit, env, style)
    if text is None:
        raise _fail(f"there is no circuit {circuit!r}" + (f" in {env}" if env else ""))
    _print(text)


@app.command()
def schema(
    out: Annotated[Path, typer.Option("--out", help="Folder of the schemas.")] = CONFIG / "schemas",
) -> None:
    """Write the JSON Schemas of the configuration files, for editors."""
    from generator import output
    from generator.schema import schemas

    try:
        changed = output.write_files(out, schemas())
    except OSError as error:
        raise _fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    for name in changed:
        _print(f"{out / name}")


@app.command()
def build(
    config: ConfigOption = CONFIG,
    env: EnvOption = None,
    out: OutOption = OUT,
    today: TodayOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Compile the rendered entry points with the Bicep CLI and measure them."""
    from cli.build import build_table
    from deployment.bicep import BicepError

    configuration = _validated(config, today)
    rendered = _rendered(configuration, env, out)
    _require_fresh(rendered, out)
    try:
        text, clean = build_table(rendered, out, style)
    except BicepError as error:
        raise _fail(str(error)) from None
    _print(text)
    if not clean:
        raise typer.Exit(FINDINGS)


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
    from evaluator.tables import read_tables
    from generator.diagnostics import format_problems
    from generator.project import ROOT

    missing = [path for path in paths or () if not path.is_file()]
    if missing:
        raise _fail(f"there is no file {missing[0]}")
    tables, day = read_tables(ROOT / "kql" / "tables"), _today(today)
    workbooks = sorted(out.glob("*/workbooks/*.workbook.json"))
    try:
        if paths:
            found = lint_files(paths, tables, day)
        else:
            configuration = _validated(config, today)
            name = env or default_environment(list(configuration.environments))
            if name not in configuration.environments:
                known = ", ".join(configuration.environments)
                raise _fail(f"there is no environment {name!r}; known are {known}")
            tests = sorted((ROOT / "kql" / "tests").glob("*.test.yaml"))
            found = lint_project(configuration, name, workbooks, tests, tables, day)
    except LanguageServiceMissing as error:
        if not allow_unanalysed:
            raise _fail(f"{error}; --allow-unanalysed leaves KQL unchecked") from None
        _note(f"mlmon: warning: {error}; KQL was not checked")
        found = Found(lint_workbooks(workbooks), 0, len(workbooks))
    _print(format_problems(found.problems, style, entries()))
    looked_at = (_count(found.queries, "query", "queries"), _count(found.workbooks, "workbook"))
    if style == "text":
        told = "clean" if not found.problems else _count(len(found.problems), "finding")
        _note(f"{' and '.join(looked_at)}: {told}")
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
    from evaluator.tables import read_tables
    from generator import output
    from generator.project import ROOT

    found = files or sorted((ROOT / "kql" / "tests").glob("*.test.yaml"))
    for path in [*found, *(rules or ())]:
        if not path.is_file():
            raise _fail(f"there is no file {path}")
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
    load = subject_loader(config, _today(today), rules or ())
    try:
        answer = run_rule_tests(request, load, read_tables(ROOT / "kql" / "tables"))
    except LanguageServiceMissing as error:
        raise _fail(str(error)) from None
    _print(answer.text)
    if junit is not None and answer.junit:
        output.write_files(junit.parent, {junit.name: answer.junit})
    if not answer.passed:
        raise typer.Exit(FINDINGS)


def _short(path: Path) -> Path:
    """Name a file from here if it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise _fail(f"--run {text!r} is no regular expression: {error}") from None


def _phases(text: str) -> list[timedelta]:
    from evaluator.rule_tests.offsets import parse_offset

    phases = []
    for part in filter(None, text.split(",")):
        phase = parse_offset(part.strip())
        if phase is None:
            raise _fail(f"--phases {part!r} is no offset such as 2m")
        phases.append(phase)
    return phases


@app.command("what-if")
def what_if(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Show what a deployment would change (`az deployment group what-if`)."""
    _deployment("what-if", env, config, out)


@app.command()
def deploy(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Deploy what was rendered (`az deployment group create`), entry point by entry point."""
    _deployment("create", env, config, out)


def _deployment(verb: str, env: str, config: Path, out: Path) -> None:
    from deployment.azure_cli import DeploymentError, run

    configuration = _validated(config, None)
    rendered = _rendered(configuration, [env], out)
    _require_fresh(rendered, out)
    try:
        run(verb, rendered[0], out, _note)
    except DeploymentError as error:
        raise _fail(str(error), error.code) from None


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode
    app(prog_name="mlmon")
