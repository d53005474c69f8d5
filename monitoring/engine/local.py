"""The engine of one machine: the fleet is read in one pass and judged on several threads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from generator.fleet import Circuit
from monitoring.engine.circuit import PREDICTION
from monitoring.engine.content import Content, content_of, without_rows
from monitoring.engine.task import Met, Task
from monitoring.sensors import CircuitReadings
from monitoring.sources import FleetReading, read_fleet, read_predictions

_AHEAD: Final = 16
"""Circuits that are read before the first of them was judged."""

_Readings = tuple[Circuit, CircuitReadings, CircuitReadings | None]


class LocalEngine:
    """Judges on threads of this process."""

    def __init__(self, threads: int) -> None:
        """Take the number of circuits that are judged at once."""
        self._threads = threads

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        """Judge circuits as they are read."""
        window = task.context.windows.whole
        sensors = read_fleet(task.sensors, task.features, window)
        predictions = None
        if task.predictions is not None:
            predictions = read_predictions(task.predictions, task.by_key, window)
        paired = _pair(list(task.by_key.values()), sensors, predictions)

        def judged(each: _Readings) -> tuple[Circuit, Content]:
            circuit, readings, of_predictions = each
            return circuit, content_of(circuit, readings, of_predictions, task.context, task.run_id)

        with ThreadPoolExecutor(self._threads, thread_name_prefix="mlmon-judge") as pool:
            begun: deque[Future[tuple[Circuit, Content]]] = deque()
            for each in paired:  # read and written while the threads judge
                begun.append(pool.submit(judged, each))
                if len(begun) > _AHEAD:
                    yield [begun.popleft().result()]
            for last in begun:
                yield [last.result()]
        met.unknown.update(map(str, sensors.unknown))
        met.issues += [
            i for each in (sensors, predictions) if each is not None for i in each.issues
        ]


def _pair(
    ordered: Sequence[Circuit], sensors: FleetReading, predictions: FleetReading | None
) -> Iterator[_Readings]:
    """Bring together what belongs to a circuit; both readings come sorted by plant and circuit."""
    readings = _for_each(ordered, sensors, lambda circuit: circuit.features)
    if predictions is None:
        for circuit, found in zip(ordered, readings, strict=True):
            yield circuit, found, None
        return
    predicted = _for_each(ordered, predictions, lambda _: (PREDICTION,))
    yield from zip(ordered, readings, predicted, strict=True)


def _for_each(
    ordered: Sequence[Circuit],
    reading: Iterable[list[CircuitReadings]],
    columns: Callable[[Circuit], Sequence[str]],
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
            yield without_rows(circuit, columns(circuit))
