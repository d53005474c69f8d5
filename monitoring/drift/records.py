"""The table of every run's records: a row for each circuit, feature, space and reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from monitoring.drift.calibrated import CircuitVerdict, FeatureVerdict
from monitoring.drift.ladder import DriftEvidence
from monitoring.drift.scores import SPACES, Measurement, ReferenceKind
from monitoring.record_tables import Record, RecordKind
from monitoring.windows import Windows

_NUMBERS: Final = (
    *("coverage_reference", "coverage_current", "ks_statistic", "ks_pvalue"),
    *("wasserstein_distance", "normalized_wasserstein_distance", "psi", "jensen_shannon_distance"),
)
_FIELDS: Final[list["pa.Field[Any]"]] = [
    pa.field("run_date", pa.date32(), nullable=False),  # exclusive end of the last day
    pa.field("run_id", pa.string(), nullable=False),
    pa.field("plant_id", pa.string(), nullable=False),
    pa.field("circuit_id", pa.string(), nullable=False),
    pa.field("model_name", pa.string(), nullable=False),
    pa.field("model_version", pa.string()),
    pa.field("feature", pa.string(), nullable=False),  # empty for the circuit as a whole
    pa.field("space", pa.string(), nullable=False),  # raw, residual; empty for the circuit
    pa.field("reference", pa.string(), nullable=False),
    pa.field("reference_start", pa.timestamp("us", tz="UTC")),
    pa.field("current_start", pa.timestamp("us", tz="UTC")),
    pa.field("current_end", pa.timestamp("us", tz="UTC")),
    pa.field("n_reference", pa.int64()),
    pa.field("n_current", pa.int64()),
    *(pa.field(name, pa.float64()) for name in _NUMBERS),
    pa.field("statistic", pa.string()),  # the one that decides
    pa.field("limit", pa.float64()),
    pa.field("exceedance", pa.float64()),
    pa.field("rule", pa.string(), nullable=False),
    pa.field("status", pa.string(), nullable=False),
    pa.field("reason", pa.string(), nullable=False),
]
RECORDS: Final = RecordKind(
    pa.schema(_FIELDS),
    ("run_date", "plant_id", "circuit_id", "feature", "space", "reference"),
)


@dataclass(frozen=True, slots=True)
class RunKey:
    """What all records of a circuit and run share."""

    run_id: str
    plant_id: str
    circuit_id: str
    model_name: str
    model_version: str | None
    windows: Windows

    def record(self, feature: str, space: str, reference: str) -> Record:
        """Begin a record."""
        return {
            "run_date": self.windows.current.end.date(),
            "run_id": self.run_id,
            "plant_id": self.plant_id,
            "circuit_id": self.circuit_id,
            "model_name": self.model_name,
            "model_version": self.model_version,
            "feature": feature,
            "space": space,
            "reference": reference,
            "reference_start": self.windows.reference.start,
            "current_start": self.windows.current.start,
            "current_end": self.windows.current.end,
        }


def records(
    key: RunKey,
    columns: str,
    evidence: DriftEvidence,
    measurement: Measurement | None,
    verdict: CircuitVerdict | None,
) -> Iterator[Record]:
    """Yield a circuit's records: one of the whole, then one for each feature and space.

    Args:
        key: of the circuit and run.
        columns: `sensors` or `predictions`; stands as the reference of the whole.
        evidence: of the rule that decides.
        measurement: None where nothing was compared; there is then the record of the whole only.
        verdict: the calibrated rule's, if it decides.
    """
    yield {
        **key.record("", "", columns),
        "exceedance": _number(evidence.exceedance),
        "limit": _number(evidence.limit),
        "rule": evidence.rule,
        "status": evidence.status.value,
        "reason": evidence.reason,
    }
    if measurement is None:
        return
    yield from feature_records(
        key, "rolling", evidence, measurement, () if verdict is None else verdict.features
    )


def feature_records(
    key: RunKey,
    reference: ReferenceKind,
    evidence: DriftEvidence,
    measurement: Measurement,
    verdicts: Sequence[FeatureVerdict],
) -> Iterator[Record]:
    """Yield the records of each feature and space against one reference."""
    by_feature = {v.feature: v for v in verdicts}
    for row, feature in enumerate(measurement.features):
        found = by_feature.get(feature)
        for space in SPACES:
            comparisons = measurement.raw if space == "raw" else measurement.residual
            comparison = comparisons[row]
            yield {
                **key.record(feature, space, reference),
                "n_reference": comparison.n_reference,
                "n_current": comparison.n_current,
                **{name: _number(getattr(comparison, name)) for name in _NUMBERS},
                **_verdict(found, space, evidence),
            }


def plain(record: Record) -> Record:
    """Write the days and times of a record as text, for JSON."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in record.items()
    }


def _verdict(found: FeatureVerdict | None, space: str, evidence: DriftEvidence) -> Record:
    """Tell a feature's verdict, in the space that decides it."""
    if found is None:
        return {"rule": evidence.rule, "status": evidence.status.value, "reason": ""}
    decides = found.space in (None, space)
    return {
        "statistic": found.statistic if decides else None,
        "limit": _number(found.limit) if decides else None,
        "exceedance": _number(found.exceedance) if decides else None,
        "rule": evidence.rule,
        "status": found.status,
        "reason": found.reason if decides else "",
    }


def _number(value: float) -> float | None:
    """Leave out what is no finite number; Delta has NaN, and readers take it for one."""
    return float(value) if np.isfinite(value) else None
