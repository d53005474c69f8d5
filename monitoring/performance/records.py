"""What the performance job says of a circuit, and how its results write it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from math import isnan, nan
from typing import Any

from generator.fleet import Circuit
from monitoring.decisions import PerformanceEvidence
from monitoring.performance.limits import LIMITED, Limits
from monitoring.performance.metrics import Metrics
from monitoring.quality.records import finite_or_none
from monitoring.windows import CURRENT_DAYS, Window


class PerformanceStatus(StrEnum):
    """Whether a circuit's model forecasts as well as it must."""

    OK = "ok"
    DEGRADED = "degraded"
    """A measure is over its limit."""
    INSUFFICIENT_DATA = "insufficient_data"
    """Too few labels matured in all the days that were looked at, or the error is that of a part:
    too many predictions are no number."""
    ERROR = "error"
    """It could not be read or judged."""


@dataclass(frozen=True, slots=True)
class Run:
    """One distinct run: a day on which labels matured, and the error of the window it ends."""

    evaluated_at: datetime
    """The midnight that ends the day."""
    mae: float
    exceedance: float
    """MAE over its limit."""


@dataclass(frozen=True, slots=True)
class OfHorizon:
    """The error at one horizon."""

    horizon: float
    """Minutes; NaN where it is not known."""
    mae: float
    labels: int


@dataclass(frozen=True, slots=True)
class OfVersion:
    """The error of a model, or of a version of one, that is not the one that is judged."""

    name: str
    """Of the model."""
    version: str | None
    """None where its forecasts do not say."""
    labels: int
    """Pairs in the window of today, whatever day the verdict is of."""
    mae: float
    """NaN without pairs."""
    first: datetime
    """Target time of its first forecast of all the days that were looked at."""
    last: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of all the days that were looked at that do not count; of the version that is judged."""

    unusable_predictions: int = 0
    skewed_predictions: int = 0
    """Issued after the time that they forecast."""
    repeated_predictions: int = 0
    unusable_labels: int = 0
    repeated_labels: int = 0
    contradicting_labels: int = 0


@dataclass(frozen=True, slots=True)
class Numberless:
    """Predictions of the last days without a usable number; of the version that is judged.

    What is forecast badly has an error, and what is not forecast at all has none.
    """

    predictions: int = 0
    share: float = nan
    """Of these days' predictions that are forecasts at all; NaN without one."""


NO_METRICS = Metrics(nan, nan, nan, nan, nan, nan)


@dataclass(frozen=True, slots=True)
class CircuitPerformance:
    """Everything the job found of one circuit."""

    circuit: Circuit
    limits: Limits
    status: PerformanceStatus
    reason: str
    """One sentence; empty if ok, unless another version than the configured one is judged."""
    numberless: Numberless = Numberless()
    labels: int = 0
    """Pairs of a prediction and its actual in the window."""
    label_coverage: float = nan
    """Share of the predictions of the window that have an actual; NaN without predictions."""
    window: Window | None = None
    """That of the verdict; None without one."""
    metrics: Metrics = NO_METRICS
    streak: int = 0
    """Distinct runs in a row, up to the newest, with the MAE over its limit."""
    history: tuple[Run, ...] = ()
    """Distinct runs of all the days that were looked at, the oldest first."""
    horizons: tuple[OfHorizon, ...] = ()
    version: str | None = None
    """That is judged; None where its forecasts do not say."""
    left_out: LeftOut = LeftOut()
    without: Mapping[str, int] = field(default_factory=dict)
    """Predictions of all the days that count, and yet lack a usable value, by column."""
    others: tuple[OfVersion, ...] = ()
    newest_forecast: datetime | None = None
    """Latest target time of the predictions of all versions of the circuit's model; None without
    one in all the days."""

    @property
    def weekly(self) -> tuple[Run, ...]:
        """The newest run and those a whole number of weeks before it, the oldest first.

        Their windows share no day.
        """
        newest = self.history[-1].evaluated_at if self.history else None
        return tuple(
            run
            for run in self.history
            if newest is not None and (newest - run.evaluated_at).days % CURRENT_DAYS == 0
        )

    @property
    def training(self) -> dict[str, float | None] | None:
        """MAE that the model had in training, and how many times that it has now."""
        if self.circuit.training_mae is None:
            return None
        before = float(self.circuit.training_mae)
        return {"mae": before, "ratio": finite_or_none(self.metrics.mae / before)}

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON values; null for what is no number."""
        metrics = asdict(self.metrics)
        exceedances = self.limits.exceedances(self.metrics)
        worst = worst_of(exceedances)
        window = self.window
        return {
            "plant_id": self.circuit.plant_id,
            "circuit_id": self.circuit.circuit_id,
            "model_name": self.circuit.model_name,
            "model_version": self.version,
            "status": self.status.value,
            "evaluated_at": None if window is None else _moment(window.end),
            "window": None
            if window is None
            else {"start": _moment(window.start), "end": _moment(window.end)},
            "newest_forecast": None
            if self.newest_forecast is None
            else _moment(self.newest_forecast),
            "labels": self.labels,
            "label_coverage": finite_or_none(self.label_coverage),
            "metrics": {name: finite_or_none(value) for name, value in metrics.items()},
            "limits": dict(self.limits.values),
            "limit_origin": dict(self.limits.origins),
            "exceedances": {name: finite_or_none(value) for name, value in exceedances.items()},
            "metric": worst,
            "exceedance": None if worst is None else exceedances[worst],
            "training": self.training,
            "streak": self.streak,
            "history": [_run_json(run) for run in self.history],
            "weekly": [_run_json(run) for run in self.weekly],
            "horizons": [
                {"horizon": _minutes(each.horizon), "mae": each.mae, "labels": each.labels}
                for each in self.horizons
            ],
            "other_versions": [_version_json(each) for each in self.others],
            "without_number": {
                "predictions": self.numberless.predictions,
                "share": finite_or_none(self.numberless.share),
            },
            "left_out": asdict(self.left_out),
            "without": dict(self.without),
            "reason": self.reason,
        }


def worst_of(exceedances: Mapping[str, float]) -> str | None:
    """Return the measure with the largest exceedance; None if there is no number."""
    known = [name for name in LIMITED if not isnan(exceedances[name])]
    return max(known, key=lambda name: exceedances[name], default=None)


def known_verdict(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the verdict of a result: its own, else the last that an earlier night came to."""
    if result["evaluated_at"] is not None:
        return result
    last: Mapping[str, Any] | None = result["last_verdict"]
    return last


def performance_evidence(result: Mapping[str, Any]) -> PerformanceEvidence:
    """Return what a result of the job says, for the decision on its circuit.

    Without a verdict, also of an earlier night, the value is NaN: no evidence, neither for nor
    against the model.
    """
    verdict = known_verdict(result)
    if verdict is None:
        metric = LIMITED[0]
        return PerformanceEvidence(
            metric, nan, result["limits"][metric], nan, result["limit_origin"][metric]
        )
    return verdict_evidence(verdict, is_old=verdict is not result)


def verdict_evidence(verdict: Mapping[str, Any], *, is_old: bool) -> PerformanceEvidence:
    """Return what a verdict says.

    Args:
        verdict: of a result, or what a later one repeats of it.
        is_old: whether an earlier night came to it.
    """
    metric = verdict["metric"]
    return PerformanceEvidence(
        metric,
        verdict["metrics"][metric],
        verdict["limits"][metric],
        verdict["exceedance"],
        verdict["limit_origin"][metric],
        verdict["evaluated_at"].partition("T")[0] if is_old else "",
    )


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "evaluated_at": _moment(run.evaluated_at),
        "mae": run.mae,
        "exceedance": run.exceedance,
    }


def _version_json(found: OfVersion) -> dict[str, Any]:
    return {
        "model_name": found.name,
        "model_version": found.version,
        "labels": found.labels,
        "mae": finite_or_none(found.mae),
        "first_target_time": _moment(found.first),
        "last_target_time": _moment(found.last),
    }


def _moment(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


def _minutes(horizon: float) -> float | int | None:
    return int(horizon) if horizon.is_integer() else finite_or_none(horizon)
