"""The engine of one machine: the fleet is read in one pass and judged on several threads."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from generator.fleet import Circuit
from monitoring.engine.content import Content, without_rows
from monitoring.engine.task import Met, Task, TaskTable
from monitoring.sensors import CircuitReadings
from monitoring.sources import read_fleet

_AHEAD: Final = 16
"""Circuits that are read before the first of them was judged."""

_Readings = tuple[Circuit, Sequence[CircuitReadings]]


class LocalEngine:
    """Judges on threads of this process."""

    def __init__(self, threads: int) -> None:
        """Take the number of circuits that are judged at once."""
        self._threads = threads

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        """Judge circuits as they are read."""
        circuits = task.by_key
        readings = [
            read_fleet(
                each.table,
                each.by_key(circuits),
                task.window,
                timestamp=each.timestamp,
                instants=each.instants,
                texts=each.texts,
                optional=each.optional,
            )
            for each in task.tables
        ]
        ordered = list(circuits.values())
        parts = map(_for_each, [ordered] * len(readings), readings, task.tables)

        def judged(each: _Readings) -> tuple[Circuit, Content]:
            circuit, found = each
            return circuit, task.judge(circuit, found)

        with ThreadPoolExecutor(self._threads, thread_name_prefix="mlmon-judge") as pool:
            begun: deque[Future[tuple[Circuit, Content]]] = deque()
            # Read and written while the threads judge; all tables come sorted alike.
            for each in zip(ordered, zip(*parts, strict=True), strict=True):
                begun.append(pool.submit(judged, each))
                if len(begun) > _AHEAD:
                    yield [begun.popleft().result()]
            for last in begun:
                yield [last.result()]
        met.unknown.update(map(str, readings[0].unknown))
        met.issues += [issue for reading in readings for issue in reading.issues]


def _for_each(
    ordered: Sequence[Circuit], reading: Iterable[list[CircuitReadings]], table: TaskTable
) -> Iterator[CircuitReadings]:
    """Yield the readings of each circuit, without rows for one that is not in the data."""
    flat = (found for batch in reading for found in batch)
    following = next(flat, None)
    for circuit in ordered:
        if following is not None and following.key == circuit.key:
            found, following = following, None
            yield found
            following = next(flat, None)
        else:
            yield without_rows(circuit, table.columns(circuit))
