"""The calibrated rule: how far each feature is over the limits of its circuit's own past.

A feature alarms in raw space if both its distances are over their limits, in residual space if both
its bounded statistics are. Its exceedance is the larger of the spaces', a circuit's the largest of
its features'. It is the circuit that drifts: residuals of healthy sensors move with a faulty one,
so the order of features by exceedance says where to look first, not who is at fault.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.calibration import Calibration, CircuitLimits
from monitoring.drift.history import MINIMUM_READINGS, day_date
from monitoring.drift.ladder import Ladder as Ladder
from monitoring.drift.residuals import MINIMUM_COVERAGE
from monitoring.drift.scores import (
    SCORES,
    SPACES,
    Measurement,
    ReferenceKind,
    Space,
    exceedances,
    largest,
)
from monitoring.drift.statistics import Statistic

FloatArray = NDArray[np.float64]
Status = Literal["ok", "warn", "drift", "insufficient_data", "stale", "error", "warming_up"]

_WORST_FIRST: Final[tuple[Status, ...]] = (
    "error",
    "stale",
    "drift",
    "warn",
    "insufficient_data",
    "warming_up",
    "ok",
)


@dataclass(frozen=True, slots=True)
class FeatureVerdict:
    """What the rule says of one feature against one reference."""

    feature: str
    reference: ReferenceKind
    status: Status
    exceedance: float
    """Score over limit, at least 0; NaN where the status tells that there is none."""
    space: Space | None
    """Space that decides: the one with the larger exceedance."""
    statistic: Statistic | None
    """The statistic of that space that is least over its limit, which is the one that counts."""
    score: float
    limit: float
    raw_exceedance: float
    """Exceedance in raw space, whichever decides: a healthy sensor's does not move with a faulty
    one's, so it tells them apart; NaN where there is none."""
    reason: str


@dataclass(frozen=True, slots=True)
class CircuitVerdict:
    """What the rule says of a circuit."""

    status: Status
    exceedance: float
    """Largest of the features against the rolling reference; NaN where none has one."""
    features: tuple[FeatureVerdict, ...]
    """Against the rolling reference, in the order of the measurement."""
    training: tuple[FeatureVerdict, ...]
    """Against the training snapshot; empty where there is none.

    They are reported and do not decide: a snapshot ages, and what was measured on real data passes
    such limits on too many healthy days (docs/drift.md).
    """
    reason: str

    @property
    def training_exceedance(self) -> float:
        """Take the largest exceedance against the training snapshot; NaN where there is none."""
        return _largest(self.training)

    @property
    def drifted(self) -> tuple[FeatureVerdict, ...]:
        """List the features that alarm, the farthest over its limit first."""
        found = [f for f in self.features if f.status in {"warn", "drift"}]
        return tuple(sorted(found, key=lambda f: -f.exceedance))


@dataclass(frozen=True, slots=True)
class JudgedLimits:
    """The limits that one circuit's run is judged by."""

    rolling: FloatArray
    """By feature and SCORES, NaN where there is none."""
    training: FloatArray
    warming_up: str | None
    """Why the limits are not the circuit's own; None where they are."""


def limits_for(
    calibration: Calibration,
    plant_id: str,
    circuit_id: str,
    features: tuple[str, ...],
    *,
    day: int,
    model_version: str | None = None,
    blocks: FloatArray | None = None,
) -> JudgedLimits:
    """Choose what a circuit's run is judged by.

    Its own limits; while it has too few past runs or a new model, those of the whole fleet's past,
    and where that has none either, `blocks` (see `block_limits`).

    Args:
        calibration: of the fleet.
        plant_id: of the circuit.
        circuit_id: of the circuit.
        features: in the order of the measurement.
        day: exclusive end of the run's current window, in days since 1970.
        model_version: of the model that is monitored; limits of another one are not used.
        blocks: limits from the reference window alone, by feature and SCORES.

    Raises:
        ValueError: the calibration was made for later runs, so it knows what it should judge.
    """
    if day_date(day) < calibration.as_of:
        raise ValueError(
            f"the calibration is as of {calibration.as_of}, later than the run of {day_date(day)}"
        )
    own = calibration.circuit(plant_id, circuit_id)
    training = np.full((len(features), len(SCORES)), np.nan)
    reason = _why_warming_up(own, calibration, model_version)
    if own is not None and reason is None:
        rolling = own.limits(features, "rolling")
        return JudgedLimits(rolling, own.limits(features, "training"), None)
    pooled = calibration.fleet_table(features)
    if blocks is not None:
        pooled = np.where(np.isnan(pooled), blocks, pooled)
    return JudgedLimits(pooled, training, reason)


def judge(
    measurement: Measurement,
    limits: JudgedLimits,
    ladder: Ladder,
    *,
    training: Measurement | None = None,
) -> CircuitVerdict:
    """Judge a circuit's run.

    Args:
        measurement: against the rolling reference.
        limits: what it is judged by.
        ladder: exceedances of alarms.
        training: against the training snapshot.
    """
    features = _judge_features(measurement, limits.rolling, ladder, "rolling", limits.warming_up)
    against_training: tuple[FeatureVerdict, ...] = ()
    if training is not None:
        against_training = _judge_features(
            training, limits.training, ladder, "training", limits.warming_up
        )
    exceedance = _largest(features)
    status: Status = min((f.status for f in features), key=_WORST_FIRST.index, default="error")
    if limits.warming_up is not None and status not in {"error", "insufficient_data"}:
        status = "warming_up"
    deciding = [f for f in features if f.status == status]
    chosen = max(deciding, key=lambda f: np.nan_to_num(f.exceedance, nan=-1.0), default=None)
    reason = f"{chosen.feature}: {chosen.reason}" if chosen else "the circuit has no features"
    return CircuitVerdict(status, exceedance, features, against_training, reason)


def _why_warming_up(
    own: CircuitLimits | None, calibration: Calibration, model_version: str | None
) -> str | None:
    if own is None:
        return "the circuit has not been calibrated"
    if own.runs < calibration.minimum_runs:
        return f"{own.runs} past runs, {calibration.minimum_runs} are needed"
    if model_version is not None and own.model_version not in {None, model_version}:
        return f"limits are of model version {own.model_version}, not {model_version}"
    return None


def _judge_features(
    measurement: Measurement,
    limits: FloatArray,
    ladder: Ladder,
    reference: ReferenceKind,
    warming_up: str | None,
) -> tuple[FeatureVerdict, ...]:
    by_space = exceedances(measurement.scores, limits)
    over = largest(by_space)
    verdicts = []
    for j, feature in enumerate(measurement.features):
        missing = _too_few(measurement, j)
        if missing is None and np.isnan(over[j]):
            # A feature whose own history is short warms up alone, in a circuit that does not.
            reason = warming_up or "too few past runs have its scores"
            verdicts.append(_without_exceedance(feature, reference, "warming_up", reason))
        elif missing is not None:
            verdicts.append(_without_exceedance(feature, reference, "insufficient_data", missing))
        else:
            space = int(np.nanargmax(by_space[j]))
            status, reason = _status(float(over[j]), ladder, warming_up)
            if np.isnan(by_space[j, 1]):
                why = measurement.residual_reasons[j] or "too few rows are complete"
                reason = f"{reason}; not judged by the other features: {why}"
            verdicts.append(
                _verdict(measurement, limits, j, space, reference, status, reason, by_space[j])
            )
    return tuple(verdicts)


def _status(exceedance: float, ladder: Ladder, warming_up: str | None) -> tuple[Status, str]:
    times = f"{exceedance:.2f} times its limit"
    if warming_up is not None:
        return "warming_up", f"{times}; {warming_up}"
    if exceedance > ladder.immediate:
        return "drift", f"{times}, above {ladder.immediate:g}"
    if exceedance > ladder.schedule:
        return "warn", f"{times}, above {ladder.schedule:g}"
    return "ok", times


def _too_few(measurement: Measurement, j: int) -> str | None:
    """Tell why a feature cannot be judged by its readings; None where it can."""
    raw = measurement.raw
    for window, count, coverage in (
        ("reference", raw.n_reference[j], raw.coverage_reference[j]),
        ("current", raw.n_current[j], raw.coverage_current[j]),
    ):
        if count < MINIMUM_READINGS:
            return f"{count} readings in the {window} window, {MINIMUM_READINGS} are needed"
        if coverage < MINIMUM_COVERAGE:
            return f"{coverage:.0%} of the {window} window are readings, half are needed"
    return None


def _verdict(
    measurement: Measurement,
    limits: FloatArray,
    j: int,
    space: int,
    reference: ReferenceKind,
    status: Status,
    reason: str,
    by_space: FloatArray,
) -> FeatureVerdict:
    columns = slice(2 * space, 2 * space + 2)
    scores, tops = measurement.scores[j, columns], limits[j, columns]
    with np.errstate(invalid="ignore"):
        ratios = np.where(np.isinf(scores) & np.isinf(tops), 1.0, scores / tops)
    least = int(np.argmin(ratios))
    return FeatureVerdict(
        measurement.features[j],
        reference,
        status,
        float(by_space[space]),
        SPACES[space],
        SCORES[2 * space + least][1],
        float(scores[least]),
        float(tops[least]),
        float(by_space[SPACES.index("raw")]),
        reason,
    )


def _without_exceedance(
    feature: str, reference: ReferenceKind, status: Status, reason: str
) -> FeatureVerdict:
    nan = float("nan")
    return FeatureVerdict(feature, reference, status, nan, None, None, nan, nan, nan, reason)


def _largest(features: tuple[FeatureVerdict, ...]) -> float:
    return float(largest(np.array([f.exceedance for f in features])))
