"""Results folders of any size, as the daily jobs leave them, without running one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from monitoring.results.folder import RunInputs, as_json

FEATURES: Final = ("temperature", "pressure", "vibration", "current", "voltage", "flow_rate")
HISTORY_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class CircuitDay:
    """What the jobs found of one circuit on one day."""

    plant_id: str
    circuit_id: str
    model_name: str = "forecast"
    drift: float | None = 0.41
    """Exceedance; None without a verdict."""
    drift_status: str = "ok"
    drift_reason: str = ""
    features: Sequence[str] = FEATURES
    mae: float | None = 0.173
    error_status: str = "ok"
    error_reason: str = ""
    error_version: str = "3"
    other_versions: Sequence[dict[str, object]] = ()
    newest_forecast: str | None = "{day}T00:00:00Z"
    """The day before stands for `{day}`."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    error_issues: Sequence[str] = ()
    last_verdict: dict[str, object] | None = None
    quality: str = "ok"
    quality_reasons: Sequence[str] = ()
    action: str = "monitor"
    severity: str = "none"
    row: str = "all-well"
    reason: str = "nothing to say"
    held_by: str = ""

    @property
    def key(self) -> str:
        return f"{self.plant_id}/{self.circuit_id}"


def inputs(as_of: date, **other: Any) -> RunInputs:
    """Make the inputs of a run."""
    made = RunInputs(
        job="drift",
        environment="prod",
        as_of=as_of.isoformat(),
        data="abfss://bronze@account.dfs.core.windows.net/sensors/",
        data_version=417,
        predictions="abfss://bronze@account.dfs.core.windows.net/predictions/",
        predictions_version=418,
        rule="calibrated",
        calibration="c" * 64,
        configuration="f" * 64,
    )
    return replace(made, **other)


def write_day(
    parent: Path,
    as_of: date,
    circuits: Sequence[CircuitDay],
    *,
    performance: bool = True,
    met: dict[str, object] | None = None,
    performance_met: dict[str, object] | None = None,
    **other: Any,
) -> Path:
    """Write the folder of a day, named by it, and tell where it is."""
    run = inputs(as_of, **other)
    folder = parent / as_of.isoformat()
    folder.mkdir(parents=True)
    day = f"{as_of:%Y%m%d}"
    files: dict[str, object] = {
        f"drift_results_{day}.json": [_drift(circuit) for circuit in circuits],
        f"quality_results_{day}.json": [_quality(circuit) for circuit in circuits],
        "decisions.json": [_decision(circuit) for circuit in circuits],
        "met.json": met or {"issues": {}, "unknown": []},
    }
    if performance:
        (folder / "performance").mkdir()
        files["performance/met.json"] = performance_met or {"issues": {}, "unknown": []}
        files[f"performance_results_{day}.json"] = [_error(c, as_of) for c in circuits]
    fields = {name: getattr(run, name) for name in RunInputs.__dataclass_fields__}
    manifest = {"format": 1, "run_id": run.run_id, **fields}
    (folder / "manifest.json").write_text(as_json(manifest), encoding="utf-8")
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    return folder


def _ids(circuit: CircuitDay) -> dict[str, str]:
    return {"plant_id": circuit.plant_id, "circuit_id": circuit.circuit_id}


def _drift(circuit: CircuitDay) -> dict[str, object]:
    judged = circuit.drift is not None
    return {
        **_ids(circuit),
        "features": [_tests(feature) for feature in circuit.features],
        "rule": "calibrated",
        "status": circuit.drift_status,
        "exceedance": circuit.drift,
        "reason": circuit.drift_reason,
        "verdicts": list(_verdicts(circuit)) if judged else [],
        "model_name": circuit.model_name,
        "model_version": "3",
        "issues": [],
        "prediction_drift": {**_ids(circuit), "status": "ok", "exceedance": 0.377},
    }


def _tests(feature: str) -> dict[str, object]:
    return {
        "feature": feature,
        "tests": {
            "ks_test": {"statistic": 0.219, "pvalue": 0.013, "drift_detected": True},
            "wasserstein": {"distance": 1.917, "drift_detected": True},
            "psi": {"value": 0.119, "drift_detected": False},
        },
        "drift_detected": True,
    }


def _verdicts(circuit: CircuitDay) -> Iterator[dict[str, object]]:
    """The first feature has the circuit's exceedance, each other a little less."""
    worst = circuit.drift or 0.0
    for number, feature in enumerate(circuit.features):
        exceedance = worst * (1 - 0.07 * min(number, 9))
        yield {
            "feature": feature,
            "reference": "rolling",
            "status": circuit.drift_status if number == 0 else "ok",
            "exceedance": exceedance,
            "space": "residual" if number % 2 else "raw",
            "statistic": "ks_statistic",
            "score": 0.2137 * exceedance,
            "limit": 0.2137,
            "raw_exceedance": exceedance,
            "reason": f"{exceedance:.2f} times its limit",
        }


def _quality(circuit: CircuitDay) -> dict[str, object]:
    return {
        **_ids(circuit),
        "status": circuit.quality,
        "passes": circuit.quality in ("ok", "warn"),
        "rows": 10080,
        "reasons": list(circuit.quality_reasons),
        "checks": [],
        "features": [],
    }


def _decision(circuit: CircuitDay) -> dict[str, object]:
    return {
        **_ids(circuit),
        "action": circuit.action,
        "severity": circuit.severity,
        "reason": circuit.reason,
        "proposed": circuit.action,
        "held_by": circuit.held_by,
        "row": circuit.row,
        "compared": [] if circuit.drift is None else [_compared(circuit.drift)],
    }


def _compared(drift: float) -> dict[str, object]:
    what, origin = "calibrated drift score", "default config/thresholds.yaml:19"
    return {"what": what, "value": drift, "limit": 1.0, "exceedance": drift, "origin": origin}


def _error(circuit: CircuitDay, as_of: date) -> dict[str, object]:
    mae, newest = circuit.mae, circuit.newest_forecast
    over = None if mae is None else mae / 0.25
    metrics = ("mae", "rmse", "mape", "r2", "wape", "mase")
    factors = (1.0, 1.31, 0.33, 4.7, 0.29, 2.9)
    values = [None if mae is None else factor * mae for factor in factors]
    return {
        **_ids(circuit),
        "model_name": circuit.model_name,
        "model_version": circuit.error_version,
        "status": circuit.error_status,
        "evaluated_at": f"{as_of}T00:00:00Z",
        "window": None,
        "labels": 0 if mae is None else 2016,
        "label_coverage": None if mae is None else 0.97,
        "metrics": dict(zip(metrics, values, strict=True)),
        "limits": {"mae": 0.25, "rmse": 0.35, "r2": 0.75},
        "limit_origin": {"mae": "default config/thresholds.yaml:9"},
        "exceedances": {"mae": over, "rmse": None, "r2": None},
        "metric": "mae",
        "exceedance": over,
        "training": {"mae": 0.151},
        "streak": 2 if circuit.error_status == "degraded" else 0,
        "history": [] if mae is None else list(_history(mae, as_of)),
        "weekly": [] if mae is None else list(_history(mae, as_of))[::-7][::-1],
        "horizons": [],
        "other_versions": list(circuit.other_versions),
        "newest_forecast": newest and newest.format(day=as_of - timedelta(days=1)),
        "left_out": dict(circuit.left_out),
        "reason": circuit.error_reason,
        "issues": list(circuit.error_issues),
        "last_verdict": circuit.last_verdict,
    }


def _history(mae: float, as_of: date) -> Iterator[dict[str, object]]:
    for back in range(HISTORY_DAYS, 0, -1):
        value = mae * (1 - 0.013 * (back % 7))
        day = as_of - timedelta(days=back)
        yield {"evaluated_at": f"{day}T00:00:00Z", "mae": value, "exceedance": value / 0.25}
