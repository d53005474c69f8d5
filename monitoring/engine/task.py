"""What an engine is given and what it gives back: the seam between a run and who computes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from generator.fleet import Circuit
from monitoring.engine.circuit import RunContext
from monitoring.engine.content import Content
from monitoring.sources import CircuitKey, Issue, StoredTable


class EngineError(Exception):
    """An engine cannot work, or its work failed as a whole; the message says why."""


@dataclass(frozen=True, slots=True)
class Task:
    """Circuits to judge, and what with."""

    circuits: Sequence[Circuit]
    """Those that have no result yet."""
    sensors: StoredTable
    """Pinned, as the predictions are."""
    predictions: StoredTable | None
    """None if their drift is not judged."""
    context: RunContext
    run_id: str

    @property
    def by_key(self) -> dict[CircuitKey, Circuit]:
        """Circuits by key, sorted as readings are."""
        keys = {CircuitKey.of(c): c for c in self.circuits}
        return dict(sorted(keys.items()))

    @property
    def features(self) -> dict[CircuitKey, tuple[str, ...]]:
        """Columns of the sensors that are read, by circuit."""
        return {key: circuit.features for key, circuit in self.by_key.items()}


@dataclass(slots=True)
class Met:
    """What was met in the data beside the circuits; complete when all of them were given back."""

    unknown: set[str] = field(default_factory=set)
    """Circuits, as `PLANT/CIRCUIT`, that are in the sensors' data and not in the task."""
    issues: list[Issue] = field(default_factory=list)
    """Parts of the data that could not be read."""


class Engine(Protocol):
    """Reads and judges circuits. Results of all engines are equal."""

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        """Yield what a run keeps of each circuit of the task, some at once and in any order.

        Raises:
            SourceError: storage fails, or a file of the pinned version is gone.
            EngineError: what computes does not work.
        """
        ...
