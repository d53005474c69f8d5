"""Commands that judge a fleet's data: drift run, drift calibrate, quality run."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, day, fail, note, print_result

if TYPE_CHECKING:
    from cli.baseline import Baselines
    from generator.fleet import Fleet

PARTIAL = 3
"""Exit code of a run in which some circuits failed."""

drift = typer.Typer(help="Tell whose data drifted from what their models know.")
app.add_typer(drift, name="drift", no_args_is_help=True)
quality = typer.Typer(help="Tell whose data cannot be trusted.")
app.add_typer(quality, name="quality", no_args_is_help=True)

DataOption = Annotated[
    str, typer.Option("--data", help="Sensors: a folder or abfss:// address, Delta or Parquet.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="First day not looked at, YYYY-MM-DD; today (UTC) unless given."),
]
AnewOption = Annotated[
    bool,
    typer.Option(
        "--anew", help="Judge the day anew on the tables as they are now, not go on where it was."
    ),
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--env", help="Environment; prod or the first unless given.")
]
BaselinesOption = Annotated[
    str | None,
    typer.Option(
        "--baselines",
        help="Folder of `mlmon baseline create`, or `configured`: compare with these as well.",
    ),
]
PredictionCalibrationOption = Annotated[
    Path | None, typer.Option("--prediction-calibration", help="The same, made of --predictions.")
]
DatastoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--datastore",
        help="NAME=ADDRESS of an Azure ML datastore in a configured path; repeatable.",
    ),
]


@drift.command("run")
def run(
    data: DataOption,
    results: Annotated[Path, typer.Option("--results", help="Folder of the run, new or to go on.")],
    as_of: AsOfOption = None,
    anew: AnewOption = False,
    predictions: Annotated[
        str | None, typer.Option("--predictions", help="Predictions, as --data; for their drift.")
    ] = None,
    rule: Annotated[
        Literal["calibrated", "document"], typer.Option("--rule", help="The rule that decides.")
    ] = "calibrated",
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Limits of `mlmon drift calibrate`.")
    ] = None,
    prediction_calibration: PredictionCalibrationOption = None,
    records: Annotated[
        str | None, typer.Option("--records", help="Delta table that keeps each run's records.")
    ] = None,
    baselines: BaselinesOption = None,
    datastore: DatastoreOption = None,
    engine: Annotated[
        Literal["local", "spark"], typer.Option("--engine", help="What reads and judges.")
    ] = "local",
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Judge quality and drift of every circuit; what was done before is not done again."""
    leave_the_cores_to_circuits()
    from cli.drift import Request, run_drift_command
    from monitoring.baselines import BaselineError
    from monitoring.drift.calibration_file import CalibrationError
    from monitoring.engine.task import EngineError
    from monitoring.results.folder import ResultsError
    from monitoring.sources import SourceError

    if rule == "document" and (calibration or prediction_calibration):
        raise fail("the document's rule has no calibration; leave --calibration away")
    fleet = chosen_fleet(config, env)
    request = Request(
        data=data,
        predictions=predictions,
        as_of=past_day(as_of),
        anew=anew,
        results=results,
        records=records,
        rule=rule,
        calibration=calibration,
        prediction_calibration=prediction_calibration,
        circuits=fleet.circuits,
        environment=fleet.name,
        threads=cores(),
        engine=engine,
        style=style,
        baselines=baselines_of(baselines, datastore),
    )
    try:
        answer = run_drift_command(request)
    except SourceError as error:
        raise fail(f"{error}{kept_circuits(results)}") from None
    except (EngineError, ResultsError, CalibrationError, BaselineError) as error:
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
        int, typer.Option("--days", min=38, max=3650, help="Days of history that are replayed.")
    ] = 437,
    predictions: Annotated[
        bool, typer.Option("--predictions", help="--data are predictions, not sensors.")
    ] = False,
    budget: Annotated[
        float, typer.Option("--budget", min=0.0, max=1.0, help="Severe alarms per circuit-day.")
    ] = 0.002,
    baselines: BaselinesOption = None,
    datastore: DatastoreOption = None,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
) -> None:
    """Replay a fleet's past and take each circuit's limits from it."""
    leave_the_cores_to_circuits()
    from concurrent.futures.process import BrokenProcessPool

    from cli.drift_calibration import CalibrationRequest, run_calibration
    from monitoring.baselines import BaselineError
    from monitoring.sources import SourceError

    circuits = chosen_fleet(config, env).circuits
    request = CalibrationRequest(
        data,
        past_day(as_of),
        days,
        predictions,
        budget,
        circuits,
        cores(),
        baselines_of(baselines, datastore),
    )
    try:
        text, notes, is_whole = run_calibration(request, out)
    except (SourceError, BaselineError) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    except BrokenProcessPool:
        raise fail(
            "a process that replays circuits was killed, mostly for want of memory; "
            "nothing was written"
        ) from None
    for line in notes:
        note(line)
    print_result(text)
    if not is_whole:
        raise typer.Exit(PARTIAL)


@drift.command("evaluate")
def evaluate(
    data: DataOption,
    circuit: Annotated[
        list[str], typer.Option("--circuit", help="PLANT/CIRCUIT that is looked at; repeatable.")
    ],
    as_of: AsOfOption = None,
    days: Annotated[
        int, typer.Option("--days", min=346, max=3650, help="Days of readings that are taken.")
    ] = 437,
    judged: Annotated[
        int, typer.Option("--judged", min=1, help="Last daily runs that are judged.")
    ] = 60,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
) -> None:
    """Measure false alarms and detection of the rules on a circuit's own past, as Markdown."""
    from cli.drift_evaluation import EvaluationRequest, run_evaluation
    from monitoring.sources import SourceError

    known = {found.key: found for found in chosen_fleet(config, env).circuits}
    unknown = [key for key in circuit if key not in known]
    if unknown:
        raise fail(f"there is no circuit {unknown[0]!r} in the configuration")
    chosen = [known[key] for key in dict.fromkeys(circuit)]
    request = EvaluationRequest(data, past_day(as_of), days, judged, chosen)
    problems: list[str] = []
    try:
        for text in run_evaluation(request, problems):
            print_result(text + "\n")
    except (SourceError, ValueError) as error:
        raise fail(str(error)) from None
    for problem in problems:
        note(f"mlmon: {problem}")
    if problems:
        raise typer.Exit(PARTIAL)


@drift.command("plot")
def plot(
    circuit: Annotated[str, typer.Argument(metavar="PLANT/CIRCUIT", help="Which one is drawn.")],
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Picture to write: FILE.svg or FILE.png.")],
    as_of: AsOfOption = None,
    records: Annotated[
        str | None,
        typer.Option("--records", help="Delta table of `mlmon drift run`: draws scores over time."),
    ] = None,
    baselines: BaselinesOption = None,
    datastore: DatastoreOption = None,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
) -> None:
    """Draw a circuit's distributions, and its scores over their limits."""
    from cli.drift_plot import PlotRequest, run_plot
    from monitoring.baselines import BaselineError
    from monitoring.sources import SourceError

    known = {found.key: found for found in chosen_fleet(config, env).circuits}
    if circuit not in known:
        raise fail(f"there is no circuit {circuit!r} in the configuration")
    where = baselines_of(baselines, datastore)
    request = PlotRequest(known[circuit], data, past_day(as_of), records, where)
    try:
        notes = run_plot(request, out)
    except (SourceError, BaselineError, ValueError) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or out} cannot be written: {error.strerror}") from None
    for line in notes:
        note(f"mlmon: {line}")
    print_result(str(out))


def baselines_of(folder: str | None, datastores: list[str] | None) -> "Baselines | None":
    """Read where baselines are; None if they are not asked for."""
    from cli.baseline import Baselines

    if folder is None and datastores:
        raise fail("--datastore says where configured baselines are; give --baselines configured")
    return None if folder is None else Baselines(folder, datastores or ())


@quality.command("run")
def run_quality(
    data: DataOption,
    as_of: AsOfOption = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Folder for the results as JSON.")
    ] = None,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Judge the quality of every circuit's data alone; `mlmon drift run` does so, too."""
    from cli.quality import QualityRequest, run_quality_command
    from monitoring.results.folder import ResultsError
    from monitoring.sources import SourceError

    fleet = chosen_fleet(config, env)
    request = QualityRequest(
        data, past_day(as_of), results, fleet.circuits, fleet.name, cores(), style
    )
    try:
        answer = run_quality_command(request)
    except (SourceError, ResultsError) as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or results} cannot be written: {error.strerror}") from None
    for line in answer.notes:
        note(line)
    print_result(answer.text)
    if answer.is_partial:
        raise typer.Exit(PARTIAL)


def leave_the_cores_to_circuits() -> None:
    """Let products of small matrices run on one core: circuits are judged side by side already.

    It counts before numpy is imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def kept_circuits(results: Path) -> str:
    """Say, behind why a run ended, that circuits in its folder were judged; empty if none was."""
    is_judged = any(results.glob("circuits/*/*.json"))
    return "; circuits that were judged are kept: run it again to go on" if is_judged else ""


def past_day(text: str | None) -> date:
    """Read --as-of; a day to come has no data."""
    found, today = day(text, "--as-of"), day(None)
    if found < date(1971, 1, 1):
        raise fail(f"--as-of {found} is before there were sensors")
    if found > today:
        raise fail(f"--as-of {found} is in the future: the day before has no data yet")
    return found


def chosen_fleet(config: Path, env: str | None) -> "Fleet":
    """Resolve an environment; end the command if it has no circuit."""
    from cli.app import validated_configuration
    from evaluator.sources.subjects import default_environment
    from generator.resolve import resolve

    configuration = validated_configuration(config, None)
    known = list(configuration.environments)
    if env is not None and env not in known:
        raise fail(f"there is no environment {env!r}; known are {', '.join(known)}")
    fleet = resolve(configuration, env or default_environment(known))
    if not fleet.circuits:
        raise fail(f"the environment {fleet.name} has no enabled circuit")
    return fleet


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
