"""Commands that keep each circuit's reference dataset: baseline create, baseline accept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.app import CONFIG, ConfigOption, TableFormatOption, app, fail, note, print_result
from cli.drift_commands import (
    PARTIAL,
    AsOfOption,
    DataOption,
    DatastoreOption,
    EnvironmentOption,
    chosen_fleet,
    past_day,
)

if TYPE_CHECKING:
    from generator.fleet import Circuit
    from monitoring.baselines import Places

baseline = typer.Typer(help="Keep what each circuit's readings looked like when its model began.")
app.add_typer(baseline, name="baseline", no_args_is_help=True)

OutOption = Annotated[
    str | None,
    typer.Option("--out", help="Folder or abfss:// address; the configured paths unless given."),
]
DaysOption = Annotated[
    int, typer.Option("--days", min=7, max=366, help="Days of readings; 28 are whole weeks.")
]
PredictionsOption = Annotated[
    str | None,
    typer.Option("--predictions", help="Predictions, as --data: their baseline is written too."),
]
AnywayOption = Annotated[
    bool, typer.Option("--anyway", help="Take data that fail the quality gate; it is recorded.")
]


@baseline.command("create")
def create(
    data: DataOption,
    as_of: AsOfOption = None,
    days: DaysOption = 30,
    circuit: Annotated[
        list[str] | None,
        typer.Option("--circuit", help="PLANT/CIRCUIT; repeatable, all unless given."),
    ] = None,
    predictions: PredictionsOption = None,
    out: OutOption = None,
    datastore: DatastoreOption = None,
    anyway: AnywayOption = False,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
    style: TableFormatOption = "text",
) -> None:
    """Write the first baseline of each circuit; one that has another is refused."""
    from cli.baseline import CreateRequest, run_create
    from monitoring.baselines import BaselineError
    from monitoring.baselines.taking import Taking
    from monitoring.sources import SourceError

    circuits = _chosen(config, env, circuit)
    taking = Taking(past_day(as_of), days, anyway)
    request = CreateRequest(data, predictions, _places(out, datastore), taking, circuits, style)
    try:
        text, notes, is_whole = run_create(request)
    except (SourceError, BaselineError) as error:
        raise fail(str(error)) from None
    for line in notes:
        note(line)
    print_result(text)
    if not is_whole:
        raise typer.Exit(PARTIAL)


@baseline.command("accept")
def accept(
    circuit: Annotated[str, typer.Argument(metavar="PLANT/CIRCUIT", help="Whose model is new.")],
    data: DataOption,
    model_version: Annotated[
        str, typer.Option("--model-version", help="Version of the retrained model.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a line; it is logged.")],
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who accepts it; the user of this machine unless given."),
    ] = None,
    as_of: AsOfOption = None,
    days: DaysOption = 30,
    predictions: PredictionsOption = None,
    out: OutOption = None,
    datastore: DatastoreOption = None,
    anyway: AnywayOption = False,
    config: ConfigOption = CONFIG,
    env: EnvironmentOption = None,
) -> None:
    """Replace a circuit's baseline after a retraining; its limits begin anew."""
    from cli.baseline import creations_text, run_accept
    from monitoring.baselines import Acceptance, BaselineError
    from monitoring.baselines.taking import Taking
    from monitoring.sources import SourceError

    chosen = _chosen(config, env, [circuit])[0]
    taking = Taking(past_day(as_of), days, anyway)
    try:
        acceptance = Acceptance(model_version, reason, by or _user(), datetime.now(UTC))
        done = run_accept(chosen, data, predictions, _places(out, datastore), taking, acceptance)
    except (SourceError, BaselineError) as error:
        raise fail(str(error)) from None
    print_result(creations_text(done))
    if chosen.model_version not in {None, model_version}:
        note(
            f"mlmon: {config} says that {circuit} has model version {chosen.model_version}: "
            f"until it says {model_version}, the circuit warms up and has no training snapshot"
        )


def _chosen(config: Path, env: str | None, keys: list[str] | None) -> "tuple[Circuit, ...]":
    fleet = chosen_fleet(config, env)
    if not keys:
        return fleet.circuits
    known = {found.key: found for found in fleet.circuits}
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise fail(f"there is no enabled circuit {unknown[0]!r} in the environment {fleet.name}")
    return tuple(known[key] for key in dict.fromkeys(keys))


def _places(out: str | None, datastores: list[str] | None) -> "Places":
    from cli.baseline import CONFIGURED, Baselines
    from monitoring.baselines import BaselineError

    if out is not None and datastores:
        raise fail("--datastore says where configured paths are; leave it or --out away")
    try:
        return Baselines(out or CONFIGURED, datastores or ()).places()
    except BaselineError as error:
        raise fail(str(error)) from None


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise fail("it is not known who you are; give --by NAME") from None
