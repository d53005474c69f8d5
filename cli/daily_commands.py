"""The command that runs a night: daily."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, fail, note, print_result
from cli.drift_commands import (
    PARTIAL,
    AnewOption,
    AsOfOption,
    BaselinesOption,
    DatastoreOption,
    EnvironmentOption,
    PredictionCalibrationOption,
    baselines_of,
    chosen_fleet,
    cores,
    leave_the_cores_to_circuits,
    past_day,
)


@app.command()
def daily(
    sensors: Annotated[
        str, typer.Option("--sensors", help="A folder or abfss:// address, Delta or Parquet.")
    ],
    predictions: Annotated[str, typer.Option("--predictions", help="As --sensors.")],
    actuals: Annotated[str, typer.Option("--actuals", help="What happened, as --sensors.")],
    results: Annotated[
        Path, typer.Option("--results", help="Folder of all days; each gets one of its own in it.")
    ],
    as_of: AsOfOption = None,
    anew: AnewOption = False,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Limits of `mlmon drift calibrate`.")
    ] = None,
    prediction_calibration: PredictionCalibrationOption = None,
    baselines: BaselinesOption = None,
    datastore: DatastoreOption = None,
    records: Annotated[
        str | None, typer.Option("--records", help="Delta table that keeps drift's records.")
    ] = None,
    performance_records: Annotated[
        str | None,
        typer.Option("--performance-records", help="Delta table that keeps performance's records."),
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--record-telemetry",
            help="Folder for the rows that telemetry would become, for `mlmon backtest`; "
            "nothing is sent.",
        ),
    ] = None,
    notify: Annotated[
        bool, typer.Option("--notify/--no-notify", help="Send messages, or only count them.")
    ] = True,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Run the night: drift and quality, performance, telemetry, report, messages.

    What was done before is not done again, and a stage that fails does not keep the others from
    their work.
    """
    started = datetime.now(UTC)
    leave_the_cores_to_circuits()
    from cli.daily import DailyRequest, run_daily
    from monitoring.results.folder import ResultsError

    fleet = chosen_fleet(config, env)
    request = DailyRequest(
        sensors=sensors,
        predictions=predictions,
        actuals=actuals,
        as_of=past_day(as_of),
        anew=anew,
        results=results,
        calibration=calibration,
        prediction_calibration=prediction_calibration,
        baselines=baselines_of(baselines, datastore),
        records=records,
        performance_records=performance_records,
        recording=recording,
        tells_people=notify,
        fleet=fleet,
        threads=cores(),
        style=style,
    )
    try:
        answer = run_daily(request, started, partial(datetime.now, UTC))
    except ResultsError as error:
        raise fail(f"{error}; wait for its end") from None
    except OSError as error:
        raise fail(f"{results} cannot be used: {error.strerror}") from None
    for line in answer.notes:
        note(line)
    print_result(answer.text)
    if not answer.is_whole:
        raise typer.Exit(PARTIAL)
