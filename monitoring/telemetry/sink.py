"""Where signals go: Application Insights, a recording, or the list of a test."""

from collections.abc import Mapping
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


class Sink(Protocol):
    """Takes signals; never raises for want of a connection."""

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""

    def set(self, value: GaugeValue) -> None:
        """Set a gauge."""

    def add(self, metric: Metric, attributes: Mapping[str, str], amount: int) -> None:
        """Add to a counter."""

    def record(self, metric: Metric, attributes: Mapping[str, str], value: float) -> None:
        """Record one measurement of a histogram, in the metric's unit."""
