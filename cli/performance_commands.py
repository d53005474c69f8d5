"""The command that judges a fleet's models by what happened: performance run."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, fail, note, print_result
from cli.drift_commands import (
    PARTIAL,
    AnewOption,
    AsOfOption,
    EnvironmentOption,
    chosen_fleet,
    cores,
    kept_circuits,
    leave_the_cores_to_circuits,
    past_day,
)

performance = typer.Typer(help="Tell whose model forecasts worse than it may.")
app.add_typer(performance, name="performance", no_args_is_help=True)


@performance.callback()
def _commands() -> None:
    """Keep `run` a command of its own, though it is the only one."""


@performance.command("run")
def run(
    predictions: Annotated[
        str,
        typer.Option(
            "--predictions", help="Predictions: a folder or abfss:// address, Delta or Parquet."
        ),
    ],
    actuals: Annotated[str, typer.Option("--actuals", help="What happened, as --predictions.")],
    results: Annotated[
        Path, typer.Option("--results", help="Folder of the day, as of `mlmon drift run`.")
    ],
    as_of: AsOfOption = None,
    anew: AnewOption = False,
    records: Annotated[
        str | None, typer.Option("--records", help="Delta table that keeps each run's records.")
    ] = None,
    engine: Annotated[
        Literal["local", "spark"], typer.Option("--engine", help="What reads and judges.")
    ] = "local",
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Join predictions to actuals and hold each model's error to its circuit's limits."""
    leave_the_cores_to_circuits()
    from cli.performance import PerformanceRequest, run_performance_command
    from monitoring.engine.task import EngineError
    from monitoring.results.folder import PERFORMANCE, ResultsError
    from monitoring.sources import SourceError

    fleet = chosen_fleet(config, env)
    request = PerformanceRequest(
        predictions=predictions,
        actuals=actuals,
        as_of=past_day(as_of),
        anew=anew,
        results=results,
        records=records,
        circuits=fleet.circuits,
        environment=fleet.name,
        threads=cores(),
        engine=engine,
        style=style,
    )
    try:
        answer = run_performance_command(request)
    except SourceError as error:
        raise fail(f"{error}{kept_circuits(results / PERFORMANCE)}") from None
    except (EngineError, ResultsError) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or results} cannot be written: {error.strerror}") from None
    for line in answer.notes:
        note(line)
    print_result(answer.text)
    if answer.is_partial:
        raise typer.Exit(PARTIAL)
