"""A night's results folder: judged by the real job, with performance results beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.engine.circuit import RunContext
from monitoring.engine.content import Content
from monitoring.engine.run import run_drift
from monitoring.engine.task import Met, Task
from monitoring.results.days import results_name
from monitoring.results.folder import RunInputs, as_json, open_results
from monitoring.sensors import CircuitReadings, MicrosecondArray
from monitoring.sources import StoredTable
from monitoring.windows import CURRENT_DAYS, Window, Windows

AS_OF = date(2026, 11, 20)
SOUND, DRIFTED, NULLS, BROKEN, ABSENT = (f"PLANT001/CIRCUIT0{n}" for n in range(1, 6))
EVALUATED = "2026-11-19T00:00:00+00:00"
OLD = "2026-11-12T00:00:00+00:00"
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Night:
    """Five circuits, one of each kind, and the folder of their results."""

    circuits: tuple[Circuit, ...]
    folder: Path


def write_night(folder: Path) -> Night:
    """Judge four circuits into a folder; the fifth is enabled and was left out."""
    fleet = resolve(validate(ROOT / "config", AS_OF), "prod")
    circuits = tuple(replace(c, sample_every=timedelta(hours=1)) for c in fleet.circuits[:5])
    inputs = RunInputs(
        "drift", "prod", AS_OF.isoformat(), "data", 0, None, None, "document", None, ""
    )
    table: Any = StoredTable
    context = RunContext(Windows.of(AS_OF), "document")
    with open_results(folder, inputs) as results:
        run_drift(circuits[:4], table, None, context, results, _Readings())
    found = [
        performance(SOUND, mae=0.1, mape=None),
        performance(DRIFTED, mae=0.5, mape=0.2, streak=3),
        performance(NULLS),
        performance(BROKEN, mae=0.2, mape=0.1, evaluated_at=OLD),
    ]
    (folder / results_name("performance", AS_OF)).write_text(as_json(found))
    return Night(circuits, folder)


def performance(
    key: str,
    mae: float | None = None,
    mape: float | None = None,
    streak: int = 0,
    evaluated_at: str = EVALUATED,
    version: str | None = None,
) -> Mapping[str, Any]:
    """Return what the performance job writes of a circuit; without a MAE it has no verdict."""
    plant_id, circuit_id = key.split("/")
    rest: dict[str, float | None] = dict.fromkeys(("rmse", "r2"))
    if mae is not None:
        rest = {"rmse": mae * 1.2, "r2": 0.9}
    status = "insufficient_data" if mae is None else "degraded" if mae > 0.25 else "ok"
    return {
        "plant_id": plant_id,
        "circuit_id": circuit_id,
        "model_version": version,
        "status": status,
        "evaluated_at": None if mae is None else evaluated_at,
        "metrics": {"mae": mae, "mape": mape, "wape": None, "mase": None, **rest},
        "limits": {"mae": 0.25, "rmse": 0.35, "r2": 0.75},
        "limit_origin": {"mae": "default"},
        "metric": None if mae is None else "mae",
        "exceedance": None if mae is None else mae / 0.25,
        "streak": streak,
        "reason": "",
        "last_verdict": None,
    }


class _Readings:
    """An engine whose data are made up: five weeks of hours."""

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        for circuit in task.circuits:
            yield [(circuit, task.judge(circuit, [_readings(circuit, task.window)]))]


def _readings(circuit: Circuit, window: Window) -> CircuitReadings:
    rng = np.random.default_rng(int(circuit.circuit_id[-2:]))
    times: MicrosecondArray = np.arange(window.start_us, window.end_us, HOUR_US, dtype=np.int64)
    is_current = times >= window.end_us - CURRENT_DAYS * 24 * HOUR_US
    values = {feature: rng.normal(size=times.size) for feature in circuit.features}
    if circuit.key == DRIFTED:
        values["flow_rate"][is_current] += 3.0
    if circuit.key == NULLS:
        values["pressure"][is_current & (rng.random(times.size) < 0.3)] = np.nan
    if circuit.key == BROKEN:
        times = times.reshape(-1, 1)  # no job could read it so; judging it breaks
        values = {feature: own.reshape(-1, 1) for feature, own in values.items()}
    type_errors = dict.fromkeys(circuit.features, 0)
    return CircuitReadings(circuit.plant_id, circuit.circuit_id, times, values, type_errors)
