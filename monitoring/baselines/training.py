"""Baselines as training snapshots of a drift run, pinned so that a resumed run has the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from generator.fleet import Circuit
from monitoring.baselines.description import Description
from monitoring.baselines.errors import BaselineError, MissingBaselineError
from monitoring.baselines.folder import BaselineFolder
from monitoring.baselines.places import Places, Role
from monitoring.drift.training import SnapshotStatus, TrainingSnapshot
from monitoring.sources import SourceError
from monitoring.windows import Window

_Key = tuple[str, Role]


@dataclass(frozen=True, slots=True)
class Pinned:
    """The baseline that was in force, or why there was none."""

    folder: str
    description: Description | None
    absent: TrainingSnapshot | None


@dataclass(frozen=True, slots=True)
class PinnedBaselines:
    """What was in force when a run began; data are read when a circuit is judged."""

    found: Mapping[_Key, Pinned]
    storage_options: Mapping[str, str] | None = None

    @property
    def digest(self) -> str:
        """Tell one set of baselines from another."""
        content = sorted([key, role, _named(pinned)] for (key, role), pinned in self.found.items())
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def streak_starts(self, circuit: Circuit, role: Role) -> date | None:
        """Tell from which day the model in force counts; None if it is the circuit's first."""
        pinned = self.found.get((circuit.key, role))
        return pinned.description.streak_starts if pinned and pinned.description else None

    def snapshot(self, circuit: Circuit, role: Role) -> TrainingSnapshot:
        """Read a circuit's snapshot; what is wrong with it is said instead."""
        pinned = self.found.get((circuit.key, role))
        if pinned is None:
            return TrainingSnapshot.absent(SnapshotStatus.MISSING, "no baseline was looked for")
        if pinned.absent is not None or pinned.description is None:
            return pinned.absent or TrainingSnapshot.absent(SnapshotStatus.MISSING, "no baseline")
        found = pinned.description
        unusable = _of_another(circuit, role, found)
        if not unusable:
            try:
                baseline = BaselineFolder(pinned.folder, self.storage_options).load(found)
            except (BaselineError, SourceError) as error:
                unusable = str(error)
        window = Window(found.start, found.end)
        if unusable:
            return TrainingSnapshot(
                SnapshotStatus.UNUSABLE, unusable, found.baseline, found.model_version, window
            )
        return TrainingSnapshot(
            SnapshotStatus.USABLE,
            "",
            found.baseline,
            found.model_version,
            window,
            baseline.values,
        )


def pin(
    circuits: Sequence[Circuit],
    places: Places,
    roles: Sequence[Role],
    *,
    threads: int = 8,
    storage_options: Mapping[str, str] | None = None,
) -> PinnedBaselines:
    """Tell which baseline of each circuit is in force now.

    Raises:
        SourceError: storage does not answer, or refuses the credentials.
    """
    wanted = [(circuit, role) for circuit in circuits for role in roles]

    def one(each: tuple[Circuit, Role]) -> Pinned:
        circuit, role = each
        try:
            folder = BaselineFolder(places.folder(circuit, role), storage_options)
            return Pinned(folder.uri, folder.in_force(), None)
        except MissingBaselineError as error:
            missing = TrainingSnapshot.absent(SnapshotStatus.MISSING, str(error))
            return Pinned("", None, missing)
        except BaselineError as error:
            unusable = TrainingSnapshot.absent(SnapshotStatus.UNUSABLE, str(error))
            return Pinned("", None, unusable)

    with ThreadPoolExecutor(threads, thread_name_prefix="mlmon-baselines") as pool:
        found = list(pool.map(one, wanted))
    keys: list[_Key] = [(circuit.key, role) for circuit, role in wanted]
    return PinnedBaselines(dict(zip(keys, found, strict=True)), storage_options)


def _of_another(circuit: Circuit, role: Role, found: Description) -> str:
    """Tell that a baseline is of another circuit or model; empty if it is of this one."""
    if (found.key, found.role) != (circuit.key, role):
        return f"{found.baseline} is of {found.key}, {found.role}"
    if circuit.model_version is not None and found.model_version != circuit.model_version:
        return (
            f"{found.baseline} is of model version {found.model_version}, and the configuration "
            f"monitors {circuit.model_version}: accept a baseline of it, or correct the "
            "configuration"
        )
    return ""


def _named(pinned: Pinned) -> str:
    if pinned.description is not None:
        return pinned.description.file_digest + pinned.description.baseline
    return "" if pinned.absent is None else pinned.absent.problem
