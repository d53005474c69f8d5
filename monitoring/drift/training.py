"""The second reference of drift: the snapshot of data that a circuit's model was accepted on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np

from generator.fleet import Circuit
from monitoring.sensors import FloatArray
from monitoring.windows import Window

ROWS_A_DAY = 24
"""Rows of a snapshot that a replay compares with; the history is replayed a row an hour, too."""


class SnapshotStatus(StrEnum):
    """Whether a circuit has a training snapshot to compare with."""

    USABLE = "usable"
    MISSING = "missing"
    UNUSABLE = "unusable"
    """Changed, unreadable, or of another model than the one that is monitored."""


@dataclass(frozen=True, slots=True)
class TrainingSnapshot:
    """A circuit's training snapshot, or why there is none."""

    status: SnapshotStatus
    problem: str
    """Why it cannot be used; empty where it can."""
    name: str = ""
    """Version of the baseline; empty where it is not known."""
    model_version: str | None = None
    window: Window | None = None
    values: Mapping[str, FloatArray] | None = None
    """By feature, in order of time; None where it cannot be used."""

    @classmethod
    def absent(cls, status: SnapshotStatus, problem: str) -> "TrainingSnapshot":
        """Say why there is none."""
        return cls(status, problem)

    def rows(self, features: tuple[str, ...]) -> FloatArray:
        """Stack features as rows; NaN for one that the snapshot does not have.

        Raises:
            ValueError: the snapshot cannot be used.
        """
        if self.values is None:
            raise ValueError(self.problem)
        count = next(iter(self.values.values())).size
        missing = np.full(count, np.nan)
        return np.stack([self.values.get(name, missing) for name in features])

    def thinned(self, features: tuple[str, ...]) -> FloatArray:
        """Stack features, but about a row an hour: what a replayed history is compared with.

        Raises:
            ValueError: the snapshot cannot be used.
        """
        rows = self.rows(features)
        days = 1 if self.window is None else max((self.window.end - self.window.start).days, 1)
        return rows[:, :: max(1, rows.shape[1] // (days * ROWS_A_DAY))]


class TrainingSource(Protocol):
    """Where a run gets snapshots; called from threads, and shipped to Spark's workers."""

    def snapshot(self, circuit: Circuit, role: Literal["inputs", "outputs"]) -> TrainingSnapshot:
        """Read a circuit's snapshot; never raises for one that cannot be used."""
        ...
