"""The tables of the telemetry contract, for `telemetry.md`."""

from collections.abc import Sequence

from monitoring.telemetry.contract import CIRCUIT_ATTRIBUTES, EVENTS, METRICS, Event, Metric

Rows = list[tuple[str, ...]]
_CIRCUIT = "the circuit's"


def metric_rows() -> Rows:
    """Return a row for each metric, below their heading."""
    return [("metric", "kind", "unit", "attributes", "meaning"), *(_metric(m) for m in METRICS)]


def event_rows() -> Rows:
    """Return a row for each event, below their heading."""
    return [("event", "properties", "measurements", "meaning"), *(_event(e) for e in EVENTS)]


def _metric(metric: Metric) -> tuple[str, ...]:
    attributes = _names((*metric.attributes, *metric.optional_attributes))
    kind = metric.instrument.value
    return f"`{metric.name}`", kind, f"`{metric.unit}`", attributes, metric.description


def _event(event: Event) -> tuple[str, ...]:
    measurements = _names(event.measurements)
    if event.feature_measurements:
        measurements = "of each feature its PSI, normalised Wasserstein, Jensen-Shannon and KS"
    return f"`{event.name}`", _names(event.properties), measurements, event.description


def _names(names: Sequence[str]) -> str:
    """Write names; those that every circuit has as one."""
    own = [f"`{name}`" for name in names if name not in CIRCUIT_ATTRIBUTES]
    shared = [_CIRCUIT] if set(CIRCUIT_ATTRIBUTES) <= set(names) else []
    return ", ".join([*shared, *own])
