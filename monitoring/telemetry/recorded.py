"""A sink without a cloud: the rows that signals would become, as `mlmon backtest` reads them.

A run has one file a table, `AppMetrics_RUN.ndjson` and `AppEvents_RUN.ndjson`; the same run again
replaces them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from monitoring.files import write_atomically
from monitoring.telemetry.contract import Metric
from monitoring.telemetry.sink import GaugeValue, Signal, TelemetryEvent, send

Row = dict[str, object]
_Series = tuple[Metric, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Recording:
    """A sink that keeps what it takes, aggregated as the exporter does it within a minute."""

    _gauges: dict[_Series, float] = field(default_factory=dict)
    _counters: dict[_Series, int] = field(default_factory=dict)
    _histograms: dict[_Series, list[float]] = field(default_factory=dict)
    _events: list[TelemetryEvent] = field(default_factory=list)

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        self._events.append(event)

    def set(self, value: GaugeValue) -> None:
        """Set a gauge."""
        if isfinite(value.value):
            self._gauges[_series(value.metric, value.attributes)] = value.value

    def add(self, metric: Metric, attributes: Mapping[str, str], amount: int) -> None:
        """Add to a counter."""
        series = _series(metric, attributes)
        self._counters[series] = self._counters.get(series, 0) + amount

    def record(self, metric: Metric, attributes: Mapping[str, str], value: float) -> None:
        """Record one measurement of a histogram."""
        if isfinite(value):
            self._histograms.setdefault(_series(metric, attributes), []).append(value)

    def rows(self, at: datetime) -> dict[str, list[Row]]:
        """Return the rows of each table.

        Args:
            at: time of every row, with its zone.
        """
        time = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        metrics = [_metric_row(time, *series, {"Sum": v}) for series, v in self._gauges.items()]
        metrics += [_metric_row(time, *series, {"Sum": v}) for series, v in self._counters.items()]
        for series, values in self._histograms.items():
            of_all = {"Sum": sum(values), "Min": min(values), "Max": max(values)}
            metrics.append(_metric_row(time, *series, of_all, len(values)))
        return {"AppMetrics": metrics, "AppEvents": [_event_row(time, e) for e in self._events]}


@contextmanager
def recorded(folder: Path, at: datetime, run_name: str) -> Iterator[Recording]:
    """Give a sink whose rows are written at the end.

    Args:
        folder: of the recording; made if it is not there.
        at: time of every row, with its zone.
        run_name: names the run in its files' names; a run of the same name is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    recording = Recording()
    yield recording
    for table, rows in recording.rows(at).items():
        path = folder / f"{table}_{run_name}.ndjson"
        if rows:
            write_atomically(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows))
        else:
            path.unlink(missing_ok=True)


def write_rows(folder: Path, signals: Iterable[Signal], at: datetime, run_name: str) -> None:
    """Write the rows of a run's signals; arguments and errors are those of `recorded`."""
    with recorded(folder, at, run_name) as sink:
        send(signals, sink)


def _series(metric: Metric, attributes: Mapping[str, str]) -> _Series:
    return metric, tuple(sorted(attributes.items()))


def _metric_row(
    time: str,
    metric: Metric,
    attributes: tuple[tuple[str, str], ...],
    numbers: Mapping[str, float],
    count: int = 1,
) -> Row:
    about = {"TimeGenerated": time, "Name": metric.name}
    return {**about, **numbers, "ItemCount": count, "Properties": dict(attributes)}


def _event_row(time: str, event: TelemetryEvent) -> Row:
    return {
        "TimeGenerated": time,
        "Name": event.event.name,
        "ItemCount": 1,
        "Properties": dict(event.properties),
        "Measurements": {n: v for n, v in event.measurements.items() if isfinite(v)},
    }
