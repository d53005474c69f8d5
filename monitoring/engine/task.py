"""What an engine is given and what it gives back: the seam between a run and who computes it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from generator.fleet import Circuit
from monitoring.engine.content import Content
from monitoring.sensors import CircuitReadings
from monitoring.sources import CircuitKey, Issue, StoredTable
from monitoring.windows import Window


class EngineError(Exception):
    """An engine cannot work, or its work failed as a whole; the message says why."""


@dataclass(frozen=True, slots=True)
class TaskTable:
    """A table that circuits are judged by, and what is read of it."""

    table: StoredTable
    """Pinned."""
    columns: Callable[[Circuit], tuple[str, ...]]
    """Columns of numbers that are read of a circuit."""
    timestamp: str = "timestamp"
    instants: frozenset[str] = frozenset()
    """Columns that are times, and are read as microseconds since 1970."""
    texts: frozenset[str] = frozenset()
    """Columns that are short texts, and are read as positions in the readings' `texts`."""
    optional: frozenset[str] = frozenset()
    """Columns that a table may do without, which is no issue."""

    def by_key(self, circuits: Mapping[CircuitKey, Circuit]) -> dict[CircuitKey, tuple[str, ...]]:
        """Tell the columns of each circuit."""
        return {key: self.columns(circuit) for key, circuit in circuits.items()}


@dataclass(frozen=True, slots=True)
class Task:
    """Circuits to judge, and what with."""

    circuits: Sequence[Circuit]
    """Those that have no result yet."""
    tables: Sequence[TaskTable]
    """The first tells which circuits are in the data."""
    window: Window
    """Rows that are read."""
    judge: Callable[[Circuit, Sequence[CircuitReadings]], Content]
    """Is given a circuit's readings of each table. It goes to where circuits are judged, so it can
    be pickled."""

    @property
    def by_key(self) -> dict[CircuitKey, Circuit]:
        """Circuits by key, sorted as readings are."""
        keys = {CircuitKey.of(c): c for c in self.circuits}
        return dict(sorted(keys.items()))


@dataclass(slots=True)
class Met:
    """What was met in the data beside the circuits; complete when all of them were given back."""

    unknown: set[str] = field(default_factory=set)
    """Circuits, as `PLANT/CIRCUIT`, that are in the first table and not in the task."""
    issues: list[Issue] = field(default_factory=list)
    """Parts of the data that could not be read."""


class Engine(Protocol):
    """Reads and judges circuits. Results of all engines are equal."""

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        """Yield what a run keeps of each circuit of the task, some at once and in any order.

        Raises:
            SourceError: storage fails, or delivers no file of the pinned version any more.
            EngineError: what computes does not work.
        """
        ...
