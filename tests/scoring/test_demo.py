"""The demo's table of predictions holds what its deployments scored, after a simulated history."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from generator.models.circuits import DEFAULT_FEATURES
from generator.project import ROOT
from monitoring.simulation import SimulatedCircuit, Simulation, write_simulation
from scoring import demo

UNTIL = date(2026, 11, 20)
NIGHTS = 2
BEGUN = datetime(2026, 11, 18, tzinfo=UTC)
Rows = list[tuple[str, datetime, float]]


def rows_of(table: Path) -> Rows:
    """Return circuit, time of issue and value of each row."""
    rows = DeltaTable(table).to_pyarrow_table().to_pylist()
    return sorted((row["circuit_id"], row["issued_at"], row["predicted_value"]) for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    circuits = tuple(
        SimulatedCircuit("PLANT001", name, tuple(DEFAULT_FEATURES))
        for name in ("CIRCUIT01", "CIRCUIT02")
    )
    write_simulation(Simulation(circuits, UNTIL, history_days=4, minute_days=0), tmp_path / "data")
    return tmp_path / "data"


def score(data: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Rows:
    monkeypatch.chdir(ROOT)
    given = {"--data": data, "--until": UNTIL, "--nights": NIGHTS, "--out": out}
    monkeypatch.setattr(
        sys, "argv", ["demo", *(str(part) for pair in given.items() for part in pair)]
    )
    demo.main()
    return rows_of(out / "predictions")


def test_what_was_not_scored_is_not_in_the_table(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first circuit's first file is cut short; history and the other files are there once."""
    found = score(data, tmp_path / "out", monkeypatch)

    drawn = rows_of(data / "predictions")
    lost = [
        row
        for row in drawn
        if row[0] == "CIRCUIT01" and BEGUN <= row[1] < BEGUN + timedelta(days=1)
    ]
    assert len(lost) == 24
    assert found == [row for row in drawn if row not in lost]


def test_scoring_the_nights_again_changes_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = score(data, tmp_path / "out", monkeypatch)

    assert score(data, tmp_path / "out", monkeypatch) == first
