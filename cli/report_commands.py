"""The command that writes the page on the fleet's day: report."""

from pathlib import Path
from typing import Annotated

import typer

from cli.app import CONFIG, ConfigOption, app, fail, print_result
from cli.drift_commands import chosen_fleet


@app.command()
def report(
    results: Annotated[
        Path,
        typer.Option(
            "--results", help="Folder of the day; those of earlier days, named by them, beside it."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")],
    alerts: Annotated[
        Path | None,
        typer.Option("--alerts", help="What `mlmon backtest --format json` printed, to be drawn."),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(
            "--faults", help="faults.json of `mlmon simulate`: shows what was found of each."
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    env: Annotated[
        str | None, typer.Option("--env", help="Environment; that of the results unless given.")
    ] = None,
) -> None:
    """Write one page on the fleet's day: what is new, what to do, and what was not judged."""
    from monitoring.report import ReportError, read_day, write_report

    try:
        day = read_day(results)
        name = day.inputs.environment
        if env not in (None, name):
            raise fail(f"{results} holds results of the environment {name}, not of {env}")
        write_report(results, day, chosen_fleet(config, name), out, alerts=alerts, faults=faults)
    except ReportError as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    print_result(str(out))
