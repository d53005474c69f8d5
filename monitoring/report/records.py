"""What a results folder holds, as far as the report reads it; the rest of a file is ignored."""

from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from monitoring.decision_table import Action, Severity
from monitoring.drift.ladder import DriftStatus

QualityWord = Literal["ok", "warn", "failed", "insufficient_data", "stale", "error"]
"""As `monitoring.quality.QualityStatus`, whose package compiles what it computes with."""
PerformanceStatus = Literal["ok", "degraded", "insufficient_data", "error"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class CircuitRecord(_Record):
    """A record of one circuit."""

    plant_id: str
    circuit_id: str

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"


class VerdictRecord(_Record):
    """The calibrated rule's verdict on one feature."""

    feature: str
    status: DriftStatus
    exceedance: float | None
    raw_exceedance: float | None
    space: str | None
    statistic: str | None
    score: float | None
    limit: float | None
    reason: str


class PsiRecord(_Record):
    """The population stability index of one feature."""

    value: float | None


class TestsRecord(_Record):
    """The document's tests, of which the report shows one."""

    psi: PsiRecord


class FeatureRecord(_Record):
    """The document's tests of one feature."""

    feature: str
    tests: TestsRecord
    drift_detected: bool | None


class EarlierDrift(CircuitRecord):
    """Drift of one circuit on an earlier day."""

    status: DriftStatus
    exceedance: float | None


class DriftRecord(EarlierDrift):
    """Drift of one circuit."""

    model_name: str
    model_version: str | None
    reason: str
    features: tuple[FeatureRecord, ...]
    verdicts: tuple[VerdictRecord, ...]
    prediction_drift: EarlierDrift | None


class QualityRecord(CircuitRecord):
    """Whether the data of one circuit can be trusted."""

    status: QualityWord
    passes: bool
    """Whether the quality gate is open."""
    reasons: tuple[str, ...]


class ComparedRecord(_Record):
    """A value that a decision rests on."""

    what: str
    exceedance: float | None


class EarlierDecision(CircuitRecord):
    """What the decision of an earlier day rested on."""

    compared: tuple[ComparedRecord, ...]

    def exceedance(self, what: str) -> float | None:
        """Return the exceedance of one of the values; None where it was not compared."""
        return next((each.exceedance for each in self.compared if each.what == what), None)


class DecisionRecord(CircuitRecord):
    """What to do about one circuit."""

    action: Action
    severity: Severity
    reason: str
    proposed: Action
    """What the table says; `action` differs only where something held it back."""
    held_by: str
    row: str


class MetricsRecord(_Record):
    """Accuracy of a model over its matured targets; None where it has no meaning."""

    mae: float | None
    rmse: float | None
    mape: float | None
    r2: float | None
    wape: float | None
    mase: float | None


class PastError(_Record):
    """One earlier verdict on a model's error."""

    evaluated_at: AwareDatetime
    mae: float | None
    exceedance: float | None


class VersionRecord(_Record):
    """Error of a model, or of a version of one, that is not the one that is judged."""

    model_name: str
    model_version: str | None
    labels: int
    mae: float | None
    first_target_time: AwareDatetime
    last_target_time: AwareDatetime


class LastVerdict(_Record):
    """The verdict of an earlier night, of a circuit that has none today."""

    status: PerformanceStatus
    evaluated_at: AwareDatetime


class EarlierPerformance(CircuitRecord):
    """Error of one circuit's model on an earlier day."""

    status: PerformanceStatus
    evaluated_at: AwareDatetime | None
    exceedances: dict[str, float | None]


class PerformanceRecord(EarlierPerformance):
    """Error of one circuit's model."""

    model_version: str | None
    """That is judged; None where its forecasts do not say."""
    metrics: MetricsRecord
    labels: int
    label_coverage: float | None
    limits: dict[str, float]
    streak: int
    history: tuple[PastError, ...]
    weekly: tuple[PastError, ...]
    other_versions: tuple[VersionRecord, ...]
    newest_forecast: AwareDatetime | None
    left_out: dict[str, int]
    """Rows that do not count, by what is wrong with them."""
    reason: str
    issues: tuple[str, ...]
    """What of its data could not be read."""
    last_verdict: LastVerdict | None
    """None where there is a verdict today, or none of the nights before."""


class MetRecord(_Record):
    """What a run met beside the circuits."""

    issues: dict[str, tuple[str, ...]]
    """Circuits, as `PLANT/CIRCUIT`, by what of their data could not be read."""
    unknown: tuple[str, ...]


class AlertRecord(_Record):
    """One alert of a series."""

    dimensions: dict[str, str]
    fired_at: AwareDatetime
    resolved_at: AwareDatetime | None
    actions_called: bool


class OutcomeRecord(_Record):
    """What a rule did."""

    alerts: tuple[AlertRecord, ...]


class RuleRecord(_Record):
    """One rule of a back-test."""

    rule: str
    reason: str | None
    outcome: OutcomeRecord | None


class BacktestRecord(_Record):
    """What `mlmon backtest --format json` prints."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    rules: tuple[RuleRecord, ...]


class FaultRecord(CircuitRecord):
    """A fault that `mlmon simulate` put into the data."""

    feature: str | None
    kind: str
    size: float
    start: AwareDatetime
    end: AwareDatetime


class FaultsRecord(_Record):
    """The file `faults.json` of `mlmon simulate`."""

    faults: tuple[FaultRecord, ...]


DRIFT: Final = TypeAdapter(tuple[DriftRecord, ...])
QUALITY: Final = TypeAdapter(tuple[QualityRecord, ...])
DECISIONS: Final = TypeAdapter(tuple[DecisionRecord, ...])
PERFORMANCE: Final = TypeAdapter(tuple[PerformanceRecord, ...])
MET: Final = TypeAdapter(MetRecord)
EARLIER_DECISIONS: Final = TypeAdapter(tuple[EarlierDecision, ...])
EARLIER_DRIFT: Final = TypeAdapter(tuple[EarlierDrift, ...])
EARLIER_PERFORMANCE: Final = TypeAdapter(tuple[EarlierPerformance, ...])
BACKTEST: Final = TypeAdapter(BacktestRecord)
FAULTS: Final = TypeAdapter(FaultsRecord)
