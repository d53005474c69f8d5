"""A small simulated fleet as Delta tables, made once, and what runs over it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.drift.calibration import Calibration, calibrate
from monitoring.drift.fleet_history import history_of, past_of
from monitoring.drift.ladder import Rule
from monitoring.drift.limits import LimitSettings
from monitoring.engine.circuit import RunContext
from monitoring.engine.local import LocalEngine
from monitoring.engine.run import RunSummary, run_drift
from monitoring.engine.task import Engine
from monitoring.results.folder import RunInputs, digest, open_results
from monitoring.simulation import SimulatedCircuit, Simulation, default_faults
from monitoring.simulation.writing import write_simulation
from monitoring.sources import CircuitKey, StoredTable, open_table, read_fleet
from monitoring.windows import Window, Windows

AS_OF = date(2026, 11, 20)
CIRCUITS = 12
DAYS = 160
SETTINGS = LimitSettings(quantile=0.95, runs=100, minimum_runs=60)
"""Less history than a fleet needs, so that the tests are quick."""


@dataclass(frozen=True)
class SimulatedFleet:
    circuits: tuple[Circuit, ...]
    sensors: StoredTable
    predictions: StoredTable
    faults: Mapping[str, str]
    """Kind of fault by `PLANT/CIRCUIT`."""
    calibration: Calibration


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> SimulatedFleet:
    folder = tmp_path_factory.mktemp("fleet") / "data"
    configuration = validate(ROOT / "config", AS_OF)
    every_hour = hourly(resolve(configuration, "prod").circuits[:CIRCUITS])
    chosen = tuple(
        SimulatedCircuit(c.plant_id, c.circuit_id, c.features, c.model_name, c.model_version or "1")
        for c in every_hour
    )
    faults = default_faults(chosen, AS_OF, 0)
    write_simulation(Simulation(chosen, AS_OF, 0, DAYS, 0, faults), folder)
    sensors = open_table(str(folder / "sensors"))
    window = Window.of_days(date.fromordinal(AS_OF.toordinal() - DAYS), date(2026, 10, 1))
    features = {CircuitKey.of(c): c.features for c in every_hour}
    by_key = {c.key: c for c in every_hour}
    histories = [
        history_of(past_of(readings, by_key[readings.key]))
        for batch in read_fleet(sensors, features, window)
        for readings in batch
    ]
    day = (date(2026, 10, 1) - date(1970, 1, 1)).days
    limits = calibrate(histories, day, configured_immediate=1.5, settings=SETTINGS)
    kinds = {f"{f.plant_id}/{f.circuit_id}": f.kind for f in faults}
    predictions = open_table(str(folder / "predictions"))
    return SimulatedFleet(every_hour, sensors, predictions, kinds, limits)


def hourly(circuits: Sequence[Circuit]) -> tuple[Circuit, ...]:
    return tuple(replace(circuit, sample_every=timedelta(hours=1)) for circuit in circuits)


RunFleet = Callable[..., RunSummary]


@pytest.fixture
def run_fleet(fleet: SimulatedFleet) -> RunFleet:
    """Run over the fleet, or some of its circuits, into a folder."""

    def run(
        path: Path,
        *,
        circuits: Sequence[Circuit] | None = None,
        sensors: StoredTable | None = None,
        predictions: StoredTable | None = None,
        rule: Rule = "calibrated",
        calibration: Calibration | None = None,
        progress: Callable[[int, int], None] | None = None,
        threads: int = 2,
        engine: Engine | None = None,
    ) -> RunSummary:
        context = RunContext(Windows.of(AS_OF), rule, calibration)
        limits = None if calibration is None else calibration.model_dump(mode="json")
        inputs = RunInputs(
            job="drift",
            environment="prod",
            as_of=AS_OF.isoformat(),
            data="data",
            data_version=0,
            predictions=None,
            predictions_version=None,
            rule=rule,
            calibration=digest(limits),
            configuration="",
        )
        with open_results(path, inputs) as folder:
            return run_drift(
                fleet.circuits if circuits is None else circuits,
                sensors or fleet.sensors,
                predictions,
                context,
                folder,
                engine or LocalEngine(threads),
                progress=progress,
            )

    return run
