"""A small simulated fleet with faults, made once, and the performance job over it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.engine.local import LocalEngine
from monitoring.engine.task import Engine
from monitoring.performance.run import PerformanceSummary, run_performance
from monitoring.results.folder import PERFORMANCE, RunInputs, open_results
from monitoring.simulation import SimulatedCircuit, Simulation, default_faults, write_simulation
from monitoring.sources import StoredTable, open_table
from tests.monitoring.performance.rows import AS_OF, WINDOWS

CIRCUITS = 12
INPUTS = RunInputs("performance", "prod", str(AS_OF), "a", 0, "p", 0, "limits", None, "")


@dataclass(frozen=True)
class SimulatedFleet:
    circuits: tuple[Circuit, ...]
    predictions: StoredTable
    actuals: StoredTable
    faults: Mapping[str, tuple[str, float]]
    """Kind and size of the fault by `PLANT/CIRCUIT`."""


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> SimulatedFleet:
    folder = tmp_path_factory.mktemp("performance") / "data"
    circuits = resolve(validate(ROOT / "config", AS_OF), "prod").circuits[:CIRCUITS]
    chosen = tuple(
        SimulatedCircuit(c.plant_id, c.circuit_id, c.features, c.model_name) for c in circuits
    )
    faults = default_faults(chosen, AS_OF, 0)
    write_simulation(Simulation(chosen, AS_OF, 0, 60, 0, faults), folder)
    return SimulatedFleet(
        circuits,
        open_table(str(folder / "predictions")),
        open_table(str(folder / "actuals")),
        {f"{f.plant_id}/{f.circuit_id}": (f.kind, f.size) for f in faults},
    )


RunFleet = Callable[..., PerformanceSummary]


@pytest.fixture
def run_fleet(fleet: SimulatedFleet) -> RunFleet:
    """Run over the fleet, or some of its circuits, into the folder of a day."""

    def run(
        path: Path,
        *,
        circuits: Sequence[Circuit] | None = None,
        progress: Callable[[int, int], None] | None = None,
        engine: Engine | None = None,
    ) -> PerformanceSummary:
        with open_results(path / PERFORMANCE, INPUTS) as folder:
            return run_performance(
                fleet.circuits if circuits is None else circuits,
                fleet.predictions,
                fleet.actuals,
                WINDOWS,
                folder,
                engine or LocalEngine(2),
                progress=progress,
            )

    return run
