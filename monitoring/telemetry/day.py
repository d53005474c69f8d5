"""Reads what a day's results folder has for telemetry."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from generator.fleet import Circuit
from monitoring.results.days import results_name
from monitoring.results.decisions import read_results
from monitoring.results.folder import key_of, read_json, read_manifest
from monitoring.results.last_verdicts import last_verdicts
from monitoring.telemetry.contract import DriftStatistic

Json = Mapping[str, Any]
Statistics = Mapping[str, Mapping[DriftStatistic, float]]
"""Raw space, against the rolling reference, by feature; what was not measured is absent."""

JOBS = ("drift", "quality", "performance")


@dataclass(frozen=True, slots=True)
class DayResults:
    """Results of a day by `PLANT/CIRCUIT`; a job that did not come to its end has none."""

    run_id: str
    drift: Mapping[str, Json]
    quality: Mapping[str, Json]
    performance: Mapping[str, Json]
    statistics: Mapping[str, Statistics]
    last_verdicts: Mapping[str, Json] = field(default_factory=dict)
    """On the error, of earlier nights, of circuits without a performance result."""


def read_day(
    folder: Path,
    as_of: date,
    circuits: Sequence[Circuit],
    *,
    jobs: Collection[str] = JOBS,
) -> DayResults:
    """Read a day's folder, as far as the day's jobs came.

    Args:
        folder: of the day.
        as_of: the day.
        circuits: enabled ones; results of others are left out.
        jobs: whose results are read; those of another run may lie in the folder.

    Raises:
        ResultsError: a file is there and cannot be read.
    """
    enabled = {circuit.key for circuit in circuits}
    found: dict[str, dict[str, Json]] = {job: {} for job in JOBS}
    for job in jobs:
        if (folder / results_name(job, as_of)).exists():
            results = {key_of(each): each for each in read_results(folder, job, as_of)}
            found[job] = {key: each for key, each in results.items() if key in enabled}
    manifest = read_manifest(folder) if "drift" in jobs else None
    unknown = [_model(c) for c in circuits if c.key not in found["performance"]]
    last, _ = last_verdicts(folder, as_of, unknown)  # the performance job tells what is damaged
    return DayResults(
        manifest.run_id if manifest is not None else as_of.isoformat(),
        found["drift"],
        found["quality"],
        found["performance"],
        {c.key: _statistics(folder, c) for c in circuits if c.key in found["drift"]},
        last,
    )


def _model(circuit: Circuit) -> dict[str, str | None]:
    names = ("plant_id", "circuit_id", "model_name", "model_version")
    return {name: getattr(circuit, name) for name in names}


def _statistics(folder: Path, circuit: Circuit) -> dict[str, dict[DriftStatistic, float]]:
    path = folder / "circuits" / circuit.plant_id / f"{circuit.circuit_id}.json"
    if not path.exists():
        return {}
    return {
        record["feature"]: {
            statistic: record[statistic.value]
            for statistic in DriftStatistic
            if record[statistic.value] is not None
        }
        for record in read_json(path, dict)["records"]
        if record["feature"] in circuit.features
        and (record["space"], record["reference"]) == ("raw", "rolling")
    }
