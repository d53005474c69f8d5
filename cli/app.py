"""What all commands share: the program, its options, printing, exit codes."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from deployment.errors import INTERRUPTED

if TYPE_CHECKING:
    from generator.diagnostics import Problem
    from generator.loader import Configuration
    from generator.render import Rendered

FINDINGS, USAGE = 1, 2


class _Program(TyperGroup):
    """The program: a command that is interrupted says so, if it has nothing better to say."""

    def invoke(self, ctx: Any) -> Any:  # a context of the click that typer brings
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise fail("interrupted", INTERRUPTED) from None


app = typer.Typer(
    name="mlmon",
    cls=_Program,
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
TablesOption = Annotated[
    list[Path] | None,
    typer.Option("--tables", help="Folder with further tables, NAME.json each; repeatable."),
]
ParametersOption = Annotated[
    Path | None,
    typer.Option("--parameters", help="Parameter file of the ARM templates."),
]
ProblemFormatOption = Annotated[ProblemFormat, typer.Option("--format", help="How to print.")]
LintFormatOption = Annotated[LintFormat, typer.Option("--format", help="How to print.")]
TableFormatOption = Annotated[TableFormat, typer.Option("--format", help="How to print.")]

CONFIG, OUT = Path("config"), Path("rendered")


def fail(message: str, code: int = USAGE) -> typer.Exit:
    """Say why the command ends, and end it."""
    print(f"mlmon: {message}", file=sys.stderr)  # noqa: T201
    return typer.Exit(code)


def print_result(text: str) -> None:
    """Print a result, nothing for an empty one."""
    if text:
        try:
            print(text, flush=True)  # noqa: T201
        except BrokenPipeError:
            raise
        except OSError as error:
            raise fail(f"the result cannot be printed: {error.strerror}") from None


def note(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr)  # noqa: T201


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def day(text: str | None, option: str = "--today") -> date:
    """Read the day of an option; today, in UTC, for none."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise fail(f"{option} {text!r} is not a day of the form 2026-12-31") from None


def report(problems: "Sequence[Problem]", style: ProblemFormat) -> typer.Exit:
    """Print problems, and end the command."""
    from generator.diagnostics import format_problems

    print_result(format_problems(problems, style))
    if style == "text":
        note(f"\n{count(len(problems), 'problem')} found; nothing was written")
    return typer.Exit(FINDINGS)


def validated_configuration(
    config: Path, today: str | None, style: ProblemFormat = "text"
) -> "Configuration":
    """Read and check a configuration; end the command if it has problems."""
    from generator.project import ConfigurationError, validate

    if not config.is_dir():
        raise fail(f"there is no folder {config}; pass --config DIR")
    try:
        return validate(config, day(today))
    except ConfigurationError as error:
        raise report(error.problems, style) from None


def rendered_environments(
    configuration: "Configuration",
    environments: list[str] | None,
    out: Path,
    style: ProblemFormat = "text",
) -> "list[Rendered]":
    """Render environments in memory; end the command if there are problems."""
    from generator.project import ConfigurationError, render_environments

    known = list(configuration.environments)
    for name in environments or ():
        if name not in known:
            raise fail(f"there is no environment {name!r}; known are {', '.join(known)}")
    try:
        names = list(dict.fromkeys(environments or known))
        return render_environments(configuration, names, out)
    except ConfigurationError as error:
        raise report(error.problems, style) from None


def require_fresh(rendered: "Sequence[Rendered]", out: Path) -> None:
    """Compile and deploy only what was reviewed: what stands in the folder."""
    from generator import output

    stale = output.changes(out, {r.fleet.name: r.files for r in rendered})
    if stale:
        raise fail(f"{out} is stale ({stale[0].path} differs); run `make render`", FINDINGS)
