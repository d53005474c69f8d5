"""The telemetry contract: every metric and event that this project sends, in one place.

Senders take names from here; a test holds the queries under ``kql/`` and ``workbooks/`` to them, so
that a renamed metric cannot break an alert silently. The module imports nothing of the project.

How it arrives in the workspace:

* A metric is a row of ``AppMetrics``: ``Name``, ``Sum``, ``ItemCount``, and the attributes, as
  strings, in ``Properties``. A gauge sends ``Sum`` = its last value, and may send it again:
  a job that is run again does, and exporters other than ours do every 60 s. So readers take the
  newest row and never count rows. A histogram sends sum, count, minimum and maximum, no
  percentiles.
* An event is a row of ``AppEvents``: ``Name``, ``Properties`` (strings), ``Measurements``
  (numbers). It is a log record with the attributes ``microsoft.custom_event.name`` and
  ``microsoft.custom_measurements``.

Sources: https://learn.microsoft.com/azure/azure-monitor/reference/tables/appmetrics,
https://learn.microsoft.com/azure/azure-monitor/reference/tables/appevents,
https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-add-modify.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

__all__ = [
    "CIRCUIT_ATTRIBUTES",
    "CUSTOM_EVENT_ATTRIBUTE",
    "CUSTOM_MEASUREMENTS_ATTRIBUTE",
    "DATA_DRIFT_DETECTED",
    "DATA_DRIFT_EXCEEDANCE",
    "DATA_DRIFT_SCORE",
    "DATA_QUALITY_ISSUE",
    "DATA_QUALITY_NULL_RATE",
    "DATA_QUALITY_OUT_OF_BOUNDS_RATE",
    "DATA_QUALITY_TYPE_ERROR_RATE",
    "EVALUATED_AT",
    "EVENTS",
    "METRICS",
    "MODEL_ACCURACY_MAE",
    "MODEL_ACCURACY_MAPE",
    "MODEL_ACCURACY_R2",
    "MODEL_ACCURACY_RMSE",
    "MODEL_DEGRADED",
    "MODEL_DEGRADED_STREAK",
    "MODEL_PREDICTIONS",
    "MONITORING_RUN_COMPLETED",
    "MONITORING_STATUS",
    "PREDICTION_COMPLETED",
    "PREDICTION_FAILED",
    "PREDICTION_LATENCY_MS",
    "DriftStatistic",
    "Event",
    "Instrument",
    "Metric",
    "MonitoringStatus",
    "feature_measurement",
]

CUSTOM_EVENT_ATTRIBUTE: Final = "microsoft.custom_event.name"
"""Log attribute that makes a record an event; its value is the event's name."""

CUSTOM_MEASUREMENTS_ATTRIBUTE: Final = "microsoft.custom_measurements"
"""Log attribute that holds an event's measurements."""

CIRCUIT_ATTRIBUTES: Final = ("plant_id", "circuit_id", "model_name", "model_version")
"""What names a circuit and its model, on every metric and on every event about a circuit."""

EVALUATED_AT: Final = "evaluated_at"
"""When a verdict was reached, in ISO 8601, UTC.

A circuit without new labels sends its last verdict again with the old time, so that silence never
reads as recovery.
"""


class Instrument(Enum):
    """Kinds of OpenTelemetry instrument in use."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class MonitoringStatus(IntEnum):
    """Values of ``monitoring_status``: whether a run could judge a circuit.

    From ``INSUFFICIENT_DATA`` on the run had no verdict. ``WARMING_UP`` is expected of a new
    circuit and pages nobody.
    """

    OK = 0
    WARMING_UP = 1
    INSUFFICIENT_DATA = 2
    STALE = 3
    ERROR = 4

    @property
    def lacks_verdict(self) -> bool:
        """Whether the run had no verdict, though the circuit is not new."""
        return self >= MonitoringStatus.INSUFFICIENT_DATA


class DriftStatistic(Enum):
    """Statistics that ``data_drift_detected`` carries for each feature."""

    JENSEN_SHANNON_DISTANCE = "jensen_shannon_distance"
    NORMALIZED_WASSERSTEIN_DISTANCE = "normalized_wasserstein_distance"
    PSI = "psi"
    KS_STATISTIC = "ks_statistic"


def feature_measurement(feature: str, statistic: DriftStatistic) -> str:
    """Return the key of a feature's statistic in the measurements of ``data_drift_detected``.

    >>> feature_measurement("flow_rate", DriftStatistic.PSI)
    'flow_rate_psi'
    """
    return f"{feature}_{statistic.value}"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name, instrument, unit (UCUM, as OpenTelemetry asks) and attributes."""

    name: str
    instrument: Instrument
    unit: str
    description: str
    attributes: tuple[str, ...] = CIRCUIT_ATTRIBUTES
    optional_attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its name, string properties and numeric measurements.

    ``feature_measurements`` says that it also carries every `DriftStatistic` of every feature,
    under the keys of `feature_measurement`.
    """

    name: str
    description: str
    properties: tuple[str, ...]
    measurements: tuple[str, ...] = ()
    feature_measurements: bool = False


def _gauge(name: str, description: str, *, unit: str = "1", evaluated: bool = False) -> Metric:
    optional = (EVALUATED_AT,) if evaluated else ()
    return Metric(name, Instrument.GAUGE, unit, description, optional_attributes=optional)


MODEL_PREDICTIONS: Final = Metric("model_predictions", Instrument.COUNTER, "1", "Predictions made.")
PREDICTION_LATENCY_MS: Final = Metric(
    "prediction_latency_ms", Instrument.HISTOGRAM, "ms", "Time to score one file."
)
MODEL_ACCURACY_MAE: Final = _gauge(
    "model_accuracy_mae", "Mean absolute error over the evaluation window.", evaluated=True
)
MODEL_ACCURACY_RMSE: Final = _gauge(
    "model_accuracy_rmse", "Root mean squared error over the evaluation window.", evaluated=True
)
MODEL_ACCURACY_MAPE: Final = _gauge(
    "model_accuracy_mape",
    "Mean absolute percentage error over the evaluation window, as a fraction.",
    evaluated=True,
)
MODEL_ACCURACY_R2: Final = _gauge(
    "model_accuracy_r2", "Coefficient of determination over the evaluation window.", evaluated=True
)
MODEL_DEGRADED_STREAK: Final = _gauge(
    "model_degraded_streak",
    "Distinct runs in a row, up to the newest, with the mean absolute error over the limit.",
    unit="{run}",
    evaluated=True,
)
DATA_DRIFT_SCORE: Final = _gauge(
    "data_drift_score", "Largest Jensen-Shannon distance over the features, 0 to 1."
)
DATA_DRIFT_EXCEEDANCE: Final = _gauge(
    "data_drift_exceedance", "Score of the deciding drift rule divided by its limit."
)
DATA_QUALITY_NULL_RATE: Final = _gauge(
    "data_quality_null_rate", "Largest share of missing values over the features."
)
DATA_QUALITY_TYPE_ERROR_RATE: Final = _gauge(
    "data_quality_type_error_rate", "Largest share of values of the wrong type over the features."
)
DATA_QUALITY_OUT_OF_BOUNDS_RATE: Final = _gauge(
    "data_quality_out_of_bounds_rate", "Largest share of values outside the physical limits."
)
MONITORING_STATUS: Final = _gauge(
    "monitoring_status", "Whether the run could judge the circuit: a `MonitoringStatus`."
)

METRICS: Final[tuple[Metric, ...]] = (
    MODEL_PREDICTIONS,
    PREDICTION_LATENCY_MS,
    MODEL_ACCURACY_MAE,
    MODEL_ACCURACY_RMSE,
    MODEL_ACCURACY_MAPE,
    MODEL_ACCURACY_R2,
    MODEL_DEGRADED_STREAK,
    DATA_DRIFT_SCORE,
    DATA_DRIFT_EXCEEDANCE,
    DATA_QUALITY_NULL_RATE,
    DATA_QUALITY_TYPE_ERROR_RATE,
    DATA_QUALITY_OUT_OF_BOUNDS_RATE,
    MONITORING_STATUS,
)
"""Every metric that this project sends."""

DATA_DRIFT_DETECTED: Final = Event(
    "data_drift_detected",
    "A run's deciding rule found drift in a circuit; severity is its step of the drift ladder.",
    properties=(*CIRCUIT_ATTRIBUTES, "severity", "drifted_features", "rule", "run_id"),
    feature_measurements=True,
)
MODEL_DEGRADED: Final = Event(
    "model_degraded",
    "A run found an accuracy metric of a circuit over its limit.",
    properties=(*CIRCUIT_ATTRIBUTES, "severity", "metric", "run_id", EVALUATED_AT),
    measurements=("value", "limit", "exceedance", "streak"),
)
DATA_QUALITY_ISSUE: Final = Event(
    "data_quality_issue",
    "A run found a quality rate of a circuit over its limit.",
    properties=(*CIRCUIT_ATTRIBUTES, "severity", "metric", "run_id"),
    measurements=("value", "limit", "exceedance"),
)
PREDICTION_COMPLETED: Final = Event(
    "prediction_completed",
    "One file was scored; `without_prediction` counts the rows that got no finite number.",
    properties=(*CIRCUIT_ATTRIBUTES, "file", "records", "prediction_mean", "prediction_std"),
    measurements=("latency_ms", "without_prediction"),
)
PREDICTION_FAILED: Final = Event(
    "prediction_failed",
    "One file could not be scored; the rest of its mini-batch was.",
    properties=(*CIRCUIT_ATTRIBUTES, "file", "error_type", "error"),
)
MONITORING_RUN_COMPLETED: Final = Event(
    "monitoring_run_completed",
    "A monitoring job came to its end, also if some circuits failed.",
    properties=("job", "circuits", "ok", "failed", "duration_s"),
)

EVENTS: Final[tuple[Event, ...]] = (
    DATA_DRIFT_DETECTED,
    MODEL_DEGRADED,
    DATA_QUALITY_ISSUE,
    PREDICTION_COMPLETED,
    PREDICTION_FAILED,
    MONITORING_RUN_COMPLETED,
)
"""Every event that this project sends."""
