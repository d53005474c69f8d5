"""How much an environment sends to its Log Analytics workspace, by the telemetry contract."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from cost.assumptions import Assumptions
from cost.compute import spark_jobs_a_day
from cost.prices import DAYS_A_MONTH
from generator.fleet import Circuit, Fleet
from monitoring.telemetry import contract
from monitoring.telemetry.contract import DriftStatistic, Event, Instrument, Metric

RUN_LOGS = "AmlRunStatusChangedEvent"
"""Stands for the three tables of job and run logs that the diagnostic setting sends."""

_VERDICTS = (contract.DATA_DRIFT_DETECTED, contract.MODEL_DEGRADED, contract.DATA_QUALITY_ISSUE)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Volume:
    """What arrives in a table."""

    table: str
    rows_a_day: float
    bytes_a_day: float

    @property
    def gb_a_month(self) -> float:
        """Billed gigabytes a month; Azure's gigabyte has 10^9 bytes."""
        return self.bytes_a_day * DAYS_A_MONTH / 1e9


def volumes(fleet: Fleet, assumed: Assumptions) -> tuple[Volume, ...]:
    """Estimate what arrives in each table in a day."""
    found = [
        _volume("AppMetrics", (m for c in fleet.circuits for m in _metrics(c, assumed))),
        _volume(
            "AppEvents",
            (
                *(e for c in fleet.circuits for e in _events(c, assumed)),
                _run_completed(assumed),
            ),
        ),
    ]
    if fleet.environment.families.diagnostic_settings:
        runs = spark_jobs_a_day(fleet, assumed) + 2 * sum(files_a_day(c) for c in fleet.circuits)
        rows = runs * assumed.run_log_rows
        found.append(Volume(RUN_LOGS, rows, rows * assumed.run_log_bytes))
    return tuple(found)


def files_a_day(circuit: Circuit) -> float:
    """Files that a circuit scores in a day."""
    return _DAY / circuit.expected_every


def _volume(table: str, parts: Iterable[tuple[float, int]]) -> Volume:
    """Add up rows a day and the bytes of each."""
    rows = total = 0.0
    for number, size in parts:
        rows += number
        total += number * size
    return Volume(table, rows, total)


def _metrics(circuit: Circuit, assumed: Assumptions) -> Iterator[tuple[float, int]]:
    for metric in contract.METRICS:
        is_gauge = metric.instrument is Instrument.GAUGE
        scored = files_a_day(circuit) * assumed.metric_rows_a_file
        yield (
            assumed.gauge_exports if is_gauge else scored,
            _metric_row_bytes(metric, circuit, assumed),
        )


def _metric_row_bytes(metric: Metric, circuit: Circuit, assumed: Assumptions) -> int:
    names = (*metric.attributes, *metric.optional_attributes)
    return assumed.row_bytes + len(metric.name) + _properties(names, circuit, assumed)


def _events(circuit: Circuit, assumed: Assumptions) -> Iterator[tuple[float, int]]:
    files = files_a_day(circuit)
    yield files, _event_row_bytes(contract.PREDICTION_COMPLETED, circuit, assumed)
    yield (
        files * assumed.failed_share,
        _event_row_bytes(contract.PREDICTION_FAILED, circuit, assumed),
    )
    for event in _VERDICTS:
        yield assumed.flagged_share, _event_row_bytes(event, circuit, assumed)


def _run_completed(assumed: Assumptions) -> tuple[float, int]:
    event = contract.MONITORING_RUN_COMPLETED
    return assumed.reporting_jobs, _event_row_bytes(event, None, assumed)


def _event_row_bytes(event: Event, circuit: Circuit | None, assumed: Assumptions) -> int:
    names = [*event.properties, *event.measurements]
    if event.feature_measurements and circuit is not None:
        names += [
            contract.feature_measurement(feature, statistic)
            for feature in circuit.features
            for statistic in DriftStatistic
        ]
    return assumed.row_bytes + len(event.name) + _properties(names, circuit, assumed)


def _properties(names: Iterable[str], circuit: Circuit | None, assumed: Assumptions) -> int:
    """Bytes of properties as JSON: quotes, colon and comma are six each."""
    total = 0
    for name in names:
        known = getattr(circuit, name, None) if name in contract.CIRCUIT_ATTRIBUTES else None
        total += len(name) + 6 + (assumed.value_bytes if known is None else len(str(known)))
    return total
