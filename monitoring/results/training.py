"""What a run found against the training snapshot, as JSON and as records. It does not decide."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from monitoring.drift.calibrated import FeatureVerdict
from monitoring.drift.records import RunKey, feature_records
from monitoring.drift.training import SnapshotStatus
from monitoring.engine.circuit import DriftResult
from monitoring.quality.records import finite_or_none
from monitoring.record_tables import Record
from monitoring.windows import Windows

_SHOWN = (
    "ks_statistic",
    "wasserstein_distance",
    "normalized_wasserstein_distance",
    "psi",
    "jensen_shannon_distance",
)


def training_json(drift: DriftResult) -> dict[str, Any] | None:
    """Write what was found against the snapshot, or why nothing was; None if nobody asked."""
    snapshot = drift.snapshot
    if snapshot is None:
        return None
    verdict, measurement = drift.verdict, drift.training
    compared = measurement is not None
    status = snapshot.status.value
    if snapshot.status is SnapshotStatus.USABLE:
        status = "compared" if compared else "not_compared"
    window = snapshot.window
    return {
        "status": status,
        "problem": snapshot.problem,
        "baseline": snapshot.name or None,
        "model_version": snapshot.model_version,
        "start": None if window is None else window.start.date().isoformat(),
        "end": None if window is None else window.end.date().isoformat(),
        "exceedance": None if verdict is None else finite_or_none(verdict.training_exceedance),
        "verdicts": [verdict_json(each) for each in (verdict.training if verdict else ())],
        "features": {}
        if measurement is None
        else {
            feature: {name: finite_or_none(getattr(measurement.raw[row], name)) for name in _SHOWN}
            for row, feature in enumerate(measurement.features)
        },
    }


def verdict_json(found: FeatureVerdict) -> dict[str, Any]:
    """Write a verdict of the calibrated rule."""
    return {
        "feature": found.feature,
        "reference": found.reference,
        "status": found.status,
        "exceedance": finite_or_none(found.exceedance),
        "space": found.space,
        "statistic": found.statistic,
        "score": finite_or_none(found.score),
        "limit": finite_or_none(found.limit),
        "raw_exceedance": finite_or_none(found.raw_exceedance),
        "reason": found.reason,
    }


def training_records(key: RunKey, drift: DriftResult) -> Iterator[Record]:
    """Yield the records against the snapshot; where there is none, one a feature that says why."""
    snapshot = drift.snapshot
    if snapshot is None or drift.measurement is None:
        return
    if drift.training is None:
        for feature in drift.measurement.features:
            record = key.record(feature, "raw", "training")
            del record["reference_start"]  # that of the rolling reference
            yield {
                **record,
                "rule": drift.evidence.rule,
                "status": "error",
                "reason": snapshot.problem,
            }
        return
    if snapshot.window is not None:
        key = replace(key, windows=Windows(snapshot.window, key.windows.current))
    verdicts = () if drift.verdict is None else drift.verdict.training
    yield from feature_records(key, "training", drift.evidence, drift.training, verdicts)
