"""`thresholds.yaml`: every limit, once."""

from decimal import Decimal
from typing import Annotated

from generator.models.base import Date, DecimalRange, Identifier, Number, ShortText, StrictModel

Positive = Annotated[Number, DecimalRange(above="0")]
Rate = Annotated[Number, DecimalRange(above="0", maximum="1")]
UpToOne = Annotated[Number, DecimalRange(minimum="-1", maximum="1")]


class Ladder(StrictModel):
    """Scores from which a retraining is scheduled, and from which it is immediate."""

    schedule: Positive
    """Schedule a retraining from here."""
    immediate: Positive
    """Decide at once from here."""


class DriftLadder(StrictModel):
    """The response ladder of each drift rule, in that rule's own score."""

    document: Ladder = Ladder(schedule=Decimal("0.15"), immediate=Decimal("0.25"))
    """Largest distance over the features, 0 to 1."""
    calibrated: Ladder = Ladder(schedule=Decimal("1"), immediate=Decimal("1.5"))
    """Exceedance: the score over the circuit's own limit, above 0."""


class LimitOverrides(StrictModel):
    """Limits that a class, a plant or a circuit may set for itself."""

    mae: Positive | None = None
    """Mean absolute error, in the unit of the forecast; alarms above."""
    rmse: Positive | None = None
    """Root mean squared error, in the unit of the forecast; alarms above."""
    r2: UpToOne | None = None
    """Coefficient of determination; alarms below."""
    jensen_shannon_distance: Rate | None = None
    """Jensen-Shannon distance (base 2), 0 to 1; alarms above."""
    normalized_wasserstein_distance: Positive | None = None
    """Wasserstein distance over a robust scale of the reference; alarms above."""
    psi: Positive | None = None
    """Population stability index; alarms above."""
    two_sample_kolmogorov_smirnov_test: Rate | None = None
    """p-value of the Kolmogorov-Smirnov test, 0 to 1; alarms below."""
    null_rate: Rate | None = None
    """Share of missing values, 0 to 1; alarms above."""
    type_error_rate: Rate | None = None
    """Share of values of a wrong type, 0 to 1; alarms above."""
    out_of_bounds_rate: Rate | None = None
    """Share of values outside the physical or observed bounds, 0 to 1; alarms above."""
    latency_ms: Positive | None = None
    """Time to score one file, in milliseconds; alarms above."""
    mae_watch: Positive | None = None
    """Mean absolute error from which the daily summary lists a circuit."""
    drift_ladder: DriftLadder | None = None


class Override(LimitOverrides):
    """Limits with the reason for them and, if they are temporary, their last day."""

    reason: ShortText
    """Why the limit differs."""
    expires: Date | None = None
    """The last day on which the override holds."""


class DefaultLimits(LimitOverrides):
    """The limits of a circuit that has no other."""

    # The document's values: sections "Azure ML v2 Model Monitoring" and "Data Drift Detection".
    mae: Positive = Decimal("0.25")
    rmse: Positive = Decimal("0.35")
    r2: UpToOne = Decimal("0.75")
    jensen_shannon_distance: Rate = Decimal("0.15")
    normalized_wasserstein_distance: Positive = Decimal("0.15")
    psi: Positive = Decimal("0.25")
    two_sample_kolmogorov_smirnov_test: Rate = Decimal("0.05")
    null_rate: Rate = Decimal("0.05")
    type_error_rate: Rate = Decimal("0.01")
    out_of_bounds_rate: Rate = Decimal("0.05")
    latency_ms: Positive = Decimal("1000")
    mae_watch: Positive = Decimal("0.2")
    drift_ladder: DriftLadder = DriftLadder()
    """Scores that ask for a decision."""
    degraded_share: Rate = Decimal("0.1")
    """Share of the fleet over its limit from which the fleet as a whole is in trouble."""


class ThresholdsFile(StrictModel):
    """Defaults, then overrides; the most specific wins: circuit, plant, class, default."""

    defaults: DefaultLimits = DefaultLimits()
    """Limits of a circuit that has no other."""
    classes: dict[Identifier, Override] = {}
    """Overrides by class."""
    plants: dict[Identifier, Override] = {}
    """Overrides by plant id."""
    circuits: dict[str, Override] = {}
    """Keyed by PLANT/CIRCUIT."""
