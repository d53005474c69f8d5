"""A circuit's result as JSON: the document's fields, and the deciding rule's beside them."""

from collections.abc import Sequence
from typing import Any

from monitoring.engine.circuit import CircuitResult, DriftResult
from monitoring.quality.records import finite_or_none
from monitoring.results.training import training_json, verdict_json

Json = dict[str, Any]


def circuit_json(result: CircuitResult) -> Json:
    """Write everything that a run found of a circuit."""
    circuit, predictions = result.circuit, result.prediction_drift
    return {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
        "model_version": circuit.model_version,
        "quality": result.quality.as_json(),
        "drift": drift_json(result.drift),
        "prediction_drift": None if predictions is None else drift_json(predictions),
    }


def drift_json(drift: DriftResult) -> Json:
    """Write the document's object, then what the deciding rule says.

    `overall_drift` and the flags are the document's tests, whichever rule decides.
    """
    evidence, verdict = drift.evidence, drift.verdict
    features = () if verdict is None else verdict.features
    return {
        **drift.document.as_json(),
        "rule": evidence.rule,
        "status": evidence.status.value,
        "severity": evidence.step.value,
        "exceedance": finite_or_none(evidence.exceedance),
        "score": finite_or_none(evidence.score),
        "limit": finite_or_none(evidence.limit),
        "limit_origin": evidence.origin,
        "drifted_features": list(evidence.drifted_features),
        "reason": evidence.reason or (verdict.reason if verdict is not None else ""),
        "verdicts": [verdict_json(feature) for feature in features],
        "training": training_json(drift),
    }


def with_issues(quality: Json, issues: Sequence[str], key: str) -> Json:
    """Name what of a circuit's data could not be read; its quality is then not ok."""
    if not issues:
        return quality
    status = "warn" if quality["status"] == "ok" else quality["status"]
    reasons = [*quality["reasons"], *(f"{key}: {issue}." for issue in issues)]
    return {**quality, "status": status, "reasons": reasons}
