"""A circuit's result as JSON: the document's fields, and the deciding rule's beside them."""

from collections.abc import Mapping
from math import isfinite, nan
from typing import Any

from monitoring.decision_table import Action, Severity
from monitoring.decisions import Compared, Decision
from monitoring.drift.calibrated import FeatureVerdict
from monitoring.engine.circuit import CircuitResult, DriftResult
from monitoring.quality import Check, CircuitQuality

Json = dict[str, object]


def circuit_json(result: CircuitResult) -> Json:
    """Write everything that a run found of a circuit."""
    circuit, predictions = result.circuit, result.prediction_drift
    return {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
        "model_version": circuit.model_version,
        "quality": quality_json(result.quality),
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
        "exceedance": number(evidence.exceedance),
        "score": number(evidence.score),
        "limit": number(evidence.limit),
        "limit_origin": evidence.origin,
        "drifted_features": list(evidence.drifted_features),
        "reason": evidence.reason or (verdict.reason if verdict is not None else ""),
        "verdicts": [_verdict(feature) for feature in features],
    }


def quality_json(quality: CircuitQuality) -> Json:
    """Write the checks of a circuit that were not well, and the rates that telemetry sends."""
    return {
        "plant_id": quality.plant_id,
        "circuit_id": quality.circuit_id,
        "status": quality.status.value,
        "rows": quality.rows,
        "coverage": number(quality.coverage),
        "null_rate": number(quality.largest("null_rate")),
        "type_error_rate": number(quality.largest("type_error_rate")),
        "out_of_bounds_rate": number(quality.largest("out_of_bounds_rate")),
        "reasons": list(quality.reasons),
        "failures": [_check(feature, check) for feature, check in quality.failures()],
    }


def decision_json(decision: Decision) -> Json:
    """Write a decision with what it rests on."""
    return {
        "plant_id": decision.plant_id,
        "circuit_id": decision.circuit_id,
        "action": decision.action.value,
        "severity": decision.severity.value,
        "reason": decision.reason,
        "proposed": decision.proposed.value,
        "held_by": decision.held_by,
        "row": decision.row,
        "compared": [_compared(each) for each in decision.compared],
    }


def read_decision(content: Mapping[str, Any]) -> Decision:
    """Read what `decision_json` wrote; a null of a number is NaN."""
    compared = tuple(
        Compared(
            each["what"],
            _or_nan(each["value"]),
            _or_nan(each["limit"]),
            _or_nan(each["exceedance"]),
            each["origin"],
        )
        for each in content["compared"]
    )
    return Decision(
        content["plant_id"],
        content["circuit_id"],
        Action(content["action"]),
        Severity(content["severity"]),
        content["reason"],
        Action(content["proposed"]),
        content["held_by"],
        content["row"],
        compared,
    )


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def number(value: float) -> float | None:
    """Write a finite number; null for what there is none of."""
    return float(value) if isfinite(value) else None


def _verdict(found: FeatureVerdict) -> Json:
    return {
        "feature": found.feature,
        "reference": found.reference,
        "status": found.status,
        "exceedance": number(found.exceedance),
        "space": found.space,
        "statistic": found.statistic,
        "score": number(found.score),
        "limit": number(found.limit),
        "reason": found.reason,
    }


def _check(feature: str, check: Check) -> Json:
    return {
        "feature": feature or None,
        "check": check.name,
        "status": check.status.value,
        "value": number(check.value),
        "limit": number(check.limit),
        "unit": check.unit,
        "origin": check.origin,
        "reason": check.reason,
    }


def _compared(compared: Compared) -> Mapping[str, object]:
    return {
        "what": compared.what,
        "value": number(compared.value),
        "limit": number(compared.limit),
        "exceedance": number(compared.exceedance),
        "origin": compared.origin,
    }
