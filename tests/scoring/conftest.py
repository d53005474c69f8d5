"""A deployment of the first circuit's model: its folders, its environment and its files."""

import json
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyarrow import parquet as pq

from generator.models.circuits import DEFAULT_FEATURES
from generator.project import ROOT
from monitoring.telemetry.recorded import Recording
from scoring import score
from tests.scoring.models import Doubling

START = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = DEFAULT_FEATURES[0]


@dataclass(frozen=True)
class Deployment:
    folder: Path

    @property
    def predictions(self) -> Path:
        return self.folder / "lake" / "predictions"

    def production(self, role: str = "production") -> Path:
        return self.folder / "blobs" / role / "PLANT001" / "CIRCUIT01"

    def register(self, model: object) -> Path:
        """Put a model where Azure ML puts it."""
        path = self.folder / "model" / "forecast" / "model.pkl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(model))
        return path

    def file(self, name: str, values: Sequence[float | None] = (1.0, 2.0), **columns: Any) -> str:
        """Write a file whose first feature has the values; a column given as None is left out."""
        rows = len(values)
        table = {
            "plant_id": pa.array(["PLANT001"] * rows, pa.string()),
            "circuit_id": pa.array(["CIRCUIT01"] * rows, pa.string()),
            "timestamp": pa.array(
                [START + timedelta(minutes=row) for row in range(rows)], pa.timestamp("us", "UTC")
            ),
            **{name: pa.array(range(rows), pa.float64()) for name in DEFAULT_FEATURES},
            FIRST: pa.array(values, pa.float64()),
        } | columns
        path = self.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({k: v for k, v in table.items() if v is not None}), path)
        return str(path)

    def stored(self) -> list[dict[str, Any]]:
        """Read the table of predictions, in order of time and value."""
        rows = DeltaTable(self.predictions).to_pyarrow_table().to_pylist()
        return sorted(rows, key=lambda row: (row["target_time"], row["predicted_value"]))


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    made = Deployment(tmp_path)
    made.register(Doubling())
    shutil.copytree(ROOT / "config", tmp_path / "config")
    path = tmp_path / "config" / "environments" / "prod.yaml"
    text = path.read_text("utf-8")
    lake = "abfss://bronze@datalake.dfs.core.windows.net/predictions/"
    assert lake in text
    path.write_text(text.replace(lake, made.predictions.as_uri()), "utf-8")
    for name, value in {
        "AZUREML_MODEL_DIR": str(tmp_path / "model"),
        "MODEL_NAME": "forecast-p001-c01",
        "MODEL_VERSION": "3",
        "MLMON_CONFIG": str(tmp_path / "config"),
        "MLMON_DATASTORES": f"workspaceblobstore={tmp_path / 'blobs'}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("APPLICATIONINSIGHTS_CONNECTION_STRING", raising=False)
    yield made
    score.shutdown()


@pytest.fixture
def recording(deployment: Deployment) -> Recording:
    """Start the deployment, with telemetry that is kept."""
    score.init()
    assert score._mini_batches is not None
    score._mini_batches.sink = kept = Recording()
    return kept


def lines(output: Sequence[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output]


def told(recording: Recording, name: str) -> list[dict[str, Any]]:
    """Return the events or metrics of a name as rows of the workspace."""
    rows: list[Any] = [row for table in recording.rows(START).values() for row in table]
    return [row for row in rows if row["Name"] == name]
