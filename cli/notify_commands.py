"""The command that tells people of a day: notify."""

from pathlib import Path
from typing import Annotated

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, fail, note, print_result
from cli.drift_commands import PARTIAL, EnvironmentOption, chosen_fleet


@app.command("notify")
def notify(
    results: Annotated[Path, typer.Option("--results", help="Results folder of the day.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Compose and print; send and write nothing.")
    ] = False,
    problem: Annotated[
        list[str] | None,
        typer.Option(
            "--problem", help="Sentence on the run itself, such as a failed stage; repeatable."
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Send the digest of a day's decisions, and what waits from days before."""
    from cli.notify import NotifyRequest, nobody_is_told, run_notify
    from monitoring.notify import OutboxInUse
    from monitoring.results.folder import ResultsError

    fleet = chosen_fleet(config, env)
    if nobody := nobody_is_told(fleet):
        note(f"mlmon: {nobody}")
    request = NotifyRequest(results, fleet, problem or (), dry_run, style)
    try:
        answer = run_notify(request)
    except (ResultsError, OutboxInUse) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or results} cannot be written: {error.strerror}") from None
    print_result(answer.text)
    for line in answer.notes:
        note(line)
    if answer.missing:
        raise fail(f"{answer.missing}, and run this again")
    if not answer.is_complete:
        raise typer.Exit(PARTIAL)
