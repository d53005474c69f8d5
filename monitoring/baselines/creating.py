"""Writes the first baseline of each circuit; one that has another already is refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from generator.fleet import Circuit
from monitoring.baselines.description import Description, Source
from monitoring.baselines.errors import BaselineError
from monitoring.baselines.folder import Baseline, BaselineFolder
from monitoring.baselines.places import Places, Role
from monitoring.baselines.taking import Taking, take
from monitoring.sensors import CircuitReadings
from monitoring.sources import (
    CircuitKey,
    FleetReading,
    Issue,
    StoredTable,
    read_fleet,
    read_predictions,
)

Progress = Callable[[int, int], None]


class Outcome(StrEnum):
    """What became of one circuit's baseline."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """The same is in force already."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Creation:
    """What became of the baseline of one circuit and role."""

    key: str
    """`PLANT/CIRCUIT`."""
    role: Role
    outcome: Outcome
    folder: str
    """Empty where no folder can be named."""
    description: Description | None
    """None where it was refused."""
    reason: str
    """Why it was refused; empty where it was not."""


@dataclass(frozen=True, slots=True)
class Created:
    """What one pass came to."""

    creations: tuple[Creation, ...]
    issues: tuple[Issue, ...] = field(default=())
    """Parts of the data that could not be read."""


def create(
    circuits: Sequence[Circuit],
    role: Role,
    table: StoredTable,
    places: Places,
    taking: Taking,
    *,
    storage_options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Created:
    """Take each circuit's baseline from a table and put it in force.

    A circuit that is refused, because it has another baseline or its data are not good enough,
    does not keep the others from theirs.

    Args:
        circuits: those that get one.
        role: features, from the table of sensors, or predictions, from theirs.
        table: pinned.
        places: where baselines lie.
        taking: window, and whether data may fail the quality gate.
        storage_options: of delta-rs, for the places.
        progress: is told how many circuits are done, and how many there are.

    Raises:
        SourceError: the table cannot be read, or storage refuses to write.
        BaselineError: two circuits share a folder.
    """
    places.require_apart(circuits, role)
    source = Source(address=table.uri, delta_version=table.version)
    by_key = {CircuitKey.of(c): c for c in circuits}
    found: dict[CircuitKey, Creation] = {}
    folders: dict[CircuitKey, BaselineFolder] = {}
    for key, circuit in by_key.items():
        try:
            folders[key] = BaselineFolder(places.folder(circuit, role), storage_options)
        except BaselineError as error:
            found[key] = _refused(circuit, role, str(error))
    wanted = {key: by_key[key] for key in folders}
    reading = read_role(wanted, role, table, taking) if wanted else None
    for readings in _each(reading):
        key = CircuitKey.of(readings)
        circuit = by_key[key]
        try:
            baseline = take(circuit, role, readings, source, taking)
            found[key] = put_first(folders[key], baseline)
        except BaselineError as error:
            found[key] = _refused(circuit, role, str(error))
        if progress is not None:
            progress(len(found), len(circuits))
    for key in by_key.keys() - found.keys():
        window = taking.windows.current
        reason = f"no row from {window.start:%Y-%m-%d} to before {window.end:%Y-%m-%d}"
        found[key] = _refused(by_key[key], role, f"{reason} @ {table.uri}")
    issues = () if reading is None else tuple(reading.issues)
    return Created(tuple(found[key] for key in sorted(found)), issues)


def put_first(folder: BaselineFolder, baseline: Baseline) -> Creation:
    """Put a baseline in force where there is none; the same again changes nothing.

    Raises:
        BaselineError: another one is in force, or the one in force cannot be used.
        SourceError: storage fails.
    """
    wanted = baseline.description
    with folder.locked():
        version = folder.version_in_force()
        if version is None:
            stored = folder.write(baseline)
            folder.put_in_force(stored.baseline)
            return Creation(wanted.key, wanted.role, Outcome.WRITTEN, folder.uri, stored, "")
        current = folder.describe(version)
        if current.content != wanted.content:
            raise BaselineError(
                f"another baseline is in force: {version}, of model version "
                f"{current.model_version}, {current.rows:,} rows before {current.end:%Y-%m-%d}",
                folder.uri,
                "replace it with `mlmon baseline accept`, which keeps it and asks for a reason",
            )
        folder.load(current)
        return Creation(wanted.key, wanted.role, Outcome.UNCHANGED, folder.uri, current, "")


def read_role(
    circuits: Mapping[CircuitKey, Circuit], role: Role, table: StoredTable, taking: Taking
) -> FleetReading:
    """Read the features or the predictions of circuits.

    Raises:
        SourceError: the table cannot be read.
    """
    window = taking.windows.whole
    if role == "inputs":
        return read_fleet(table, {key: c.features for key, c in circuits.items()}, window)
    return read_predictions(table, circuits, window)


def _each(reading: FleetReading | None) -> Iterator[CircuitReadings]:
    return (readings for batch in reading or () for readings in batch)


def _refused(circuit: Circuit, role: Role, reason: str) -> Creation:
    return Creation(circuit.key, role, Outcome.REFUSED, "", None, reason)
