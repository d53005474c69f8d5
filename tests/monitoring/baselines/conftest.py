"""Three simulated circuits with a row an hour, and baselines of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.baselines import Acceptance, Places, create
from monitoring.baselines.creating import Created
from monitoring.baselines.taking import Taking
from monitoring.simulation import Fault, SimulatedCircuit, Simulation, write_simulation
from monitoring.sources import StoredTable, open_table
from monitoring.windows import Window

END = date(2026, 11, 20)
DAYS = 160
AS_OF = date(2026, 10, 1)
TAKING = Taking(AS_OF, 30, anyway=False)
LATER = Taking(date(2026, 11, 1), 28, anyway=False)
WRONG = Taking(END, 28, anyway=False)
"""A window in which the flow of the third circuit is null in three of ten rows."""
BROKEN = 2


@dataclass(frozen=True)
class Data:
    circuits: tuple[Circuit, ...]
    sensors: StoredTable
    predictions: StoredTable


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("baselines") / "data"
    fleet = resolve(validate(ROOT / "config", END), "prod")
    circuits = tuple(replace(c, sample_every=timedelta(hours=1)) for c in fleet.circuits[:3])
    simulated = tuple(
        SimulatedCircuit(c.plant_id, c.circuit_id, c.features, c.model_name, c.model_version or "1")
        for c in circuits
    )
    broken = circuits[BROKEN]
    when = Window.of_days(date(2026, 11, 1), END)
    fault = Fault(broken.plant_id, broken.circuit_id, "nulls", "flow_rate", when, 0.3)
    write_simulation(Simulation(simulated, END, 0, DAYS, 0, (fault,)), folder)
    sensors = open_table(str(folder / "sensors"))
    return Data(circuits, sensors, open_table(str(folder / "predictions")))


def created(data: Data, root: Path, circuits: Sequence[Circuit] | None = None) -> Created:
    chosen = data.circuits if circuits is None else circuits
    return create(chosen, "inputs", data.sensors, Places.under(str(root)), TAKING)


def acceptance(version: str = "2", reason: str = "retrained on the autumn") -> Acceptance:
    return Acceptance(version, reason, "ana", datetime(2026, 11, 2, 8, tzinfo=UTC))


def folder_of(root: Path, circuit: Circuit) -> Path:
    return root / "inputs" / circuit.plant_id / circuit.circuit_id
