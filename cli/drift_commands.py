"""Commands that judge a fleet's data: drift run, drift calibrate, quality run."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, day, fail, note, print_result

if TYPE_CHECKING:
    from generator.fleet import Circuit

PARTIAL = 3
"""Exit code of a run in which some circuits failed."""

drift = typer.Typer(help="Tell whose data drifted from what their models know.")
app.add_typer(drift, name="drift", no_args_is_help=True)

DataOption = Annotated[
    str, typer.Option("--data", help="Sensors: a folder or abfss:// address, Delta or Parquet.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="First day not looked at, YYYY-MM-DD; today (UTC) unless given."),
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--env", help="Environment; prod or the first unless given.")
]


@drift.command("run")
def run(
    data: DataOption,
    results: Annotated[Path, typer.Option("--results", help="Folder of the run, new or to go on.")],
    as_of: AsOfOption = None,
    predictions: Annotated[
        str | None, typer.Option("--predictions", help="Predictions, as --data; for their drift.")
    ] = None,
    rule: Annotated[
        Literal["calibrated", "document"], typer.Option("--rule", help="The rule that decides.")
    ] = "calibrated",
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Limits of `mlmon drift calibrate`.")
    ] = None,
    prediction_calibration: Annotated[
        Path | None,
        typer.Option("--prediction-calibration", help="The same, made of --predictions."),
    ] = None,
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
    """Judge quality and drift of every circuit; what was done before is not done again."""
    from cli.drift import Request, run_drift_command
    from monitoring.drift.calibration_file import CalibrationError
    from monitoring.engine.task import EngineError
    from monitoring.results.folder import ResultsError
    from monitoring.sources import SourceError

    if rule == "document" and (calibration or prediction_calibration):
        raise fail("the document's rule has no calibration; leave --calibration away")
    request = Request(
        data=data,
        predictions=predictions,
        as_of=_as_of(as_of),
        results=results,
        records=records,
        rule=rule,
        calibration=calibration,
        prediction_calibration=prediction_calibration,
        circuits=_circuits(config, env),
        environment=env or "",
        threads=_cores(),
        engine=engine,
        style=style,
    )
    try:
        answer = run_drift_command(request)
    except SourceError as error:
        raise fail(f"{error}; circuits that were judged are kept: run it again to go on") from None
    except (EngineError, ResultsError, CalibrationError, ValueError) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or results} cannot be written: {error.strerror}") from None
    for line in answer.notes:
        note(line)
    print_result(answer.text)
    if answer.is_partial:
        raise typer.Exit(PARTIAL)


@drift.command("calibrate")
def calibrate(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="File for the limits.")],
    as_of: AsOfOption = None,
    days: Annotated[
        int, typer.Option("--days", min=38, help="Days of history that are replayed.")
    ] = 437,
    predictions: Annotated[
        bool, typer.Option("--predictions", help="--data are predictions, not sensors.")
    ] = False,
    budget: Annotated[
        float, typer.Option("--budget", min=0.0, max=1.0, help="Severe alarms per circuit-day.")
    ] = 0.002,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
) -> None:
    """Replay a fleet's past and take each circuit's limits from it."""
    from cli.drift import CalibrationRequest, run_calibration
    from monitoring.sources import SourceError

    circuits = _circuits(config, env)
    request = CalibrationRequest(data, _as_of(as_of), days, predictions, budget, circuits, _cores())
    try:
        print_result(run_calibration(request, out))
    except SourceError as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None


def _as_of(text: str | None) -> date:
    found, today = day(text, "--as-of"), day(None)
    if found > today:
        raise fail(f"--as-of {found} is in the future: the day before has no data yet")
    return found


def _circuits(config: Path, env: str | None) -> "tuple[Circuit, ...]":
    from cli.app import validated_configuration
    from evaluator.sources.subjects import default_environment
    from generator.resolve import resolve

    configuration = validated_configuration(config, None)
    known = list(configuration.environments)
    if env is not None and env not in known:
        raise fail(f"there is no environment {env!r}; known are {', '.join(known)}")
    circuits = resolve(configuration, env or default_environment(known)).circuits
    if not circuits:
        raise fail("the environment has no enabled circuit")
    return circuits


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
