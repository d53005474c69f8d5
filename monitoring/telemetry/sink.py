"""Where signals go: Application Insights, a recording, or the list of a test."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from monitoring.telemetry.contract import Event, Metric


@dataclass(frozen=True, slots=True)
class GaugeValue:
    """The newest value of a gauge, of one circuit."""

    metric: Metric
    attributes: Mapping[str, str]
    value: float
    """A finite number."""


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """One event to be sent."""

    event: Event
    properties: Mapping[str, str]
    measurements: Mapping[str, float]
    """Finite numbers: what is sent is JSON, which has no others."""


Signal = GaugeValue | TelemetryEvent
"""What a nightly run sends."""


class Sink(Protocol):
    """Takes signals. It neither raises nor waits for want of a connection.

    A number that is not finite is left out: neither JSON nor a query could use it.
    """

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""

    def set(self, value: GaugeValue) -> None:
        """Set a gauge."""

    def add(self, metric: Metric, attributes: Mapping[str, str], amount: int) -> None:
        """Add to a counter; the amount is at least 0."""

    def record(self, metric: Metric, attributes: Mapping[str, str], value: float) -> None:
        """Record one measurement of a histogram, in the metric's unit."""


def send(signals: Iterable[Signal], sink: Sink) -> None:
    """Give signals to a sink, in their order."""
    for signal in signals:
        if isinstance(signal, GaugeValue):
            sink.set(signal)
        else:
            sink.emit(signal)
