"""The component that monitors read production data with, on the Spark that it runs on."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake
from pyarrow import parquet as pq

from generator.models.environments import PreprocessingComponent
from generator.project import ROOT
from monitoring.engine.spark import running_session
from monitoring.engine.task import EngineError
from tests.conftest import skip, write_tree

FOLDER = ROOT / "monitoring" / "azureml" / "preprocessing"
START = datetime(2026, 11, 20, tzinfo=UTC)
OUTPUTS = ("preprocessed_data", "preprocessed_input_data")
WINDOW = ("2026-11-20T01:00:00.000Z", "2026-11-20T03:00:00Z")
Preprocess = Callable[..., list[dict[str, Any]]]


def test_the_component_is_the_one_that_monitors_name() -> None:
    """Its signature is documented: a monitor cannot give it anything else."""
    component = yaml.safe_load((FOLDER / "component.yml").read_text("utf-8"))
    named = PreprocessingComponent()

    assert (component["name"], component["version"]) == (named.name, named.version)
    assert component["inputs"].keys() == {"data_window_start", "data_window_end", "input_data"}
    assert component["inputs"]["input_data"]["type"] == "uri_folder"
    assert {name: each["type"] for name, each in component["outputs"].items()} == dict.fromkeys(
        OUTPUTS, "mltable"
    )
    assert (FOLDER / component["entry"]["file"]).is_file()
    bound = re.findall(r"--(\w+) \$\{\{(?:in|out)puts\.(\w+)\}\}", component["args"])
    assert [(name, name) for name in (*component["inputs"], *component["outputs"])] == bound


@pytest.fixture(scope="session")
def spark() -> Iterator[None]:
    try:
        with running_session(1, "1g") as session:
            session.sparkContext.setLogLevel("OFF")
            yield
    except EngineError as error:
        skip(str(error))


@pytest.fixture
def preprocess(spark: None, tmp_path: Path) -> Preprocess:
    from monitoring.azureml.preprocessing.preprocess import main

    def run(folder: Path, window: tuple[str, str] = WINDOW) -> list[dict[str, Any]]:
        outputs = [tmp_path / name for name in OUTPUTS]
        arguments = ["--data_window_start", window[0], "--data_window_end", window[1]]
        for name, output in zip(OUTPUTS, outputs, strict=True):
            arguments += [f"--{name}", f"{output}/"]
        main([*arguments, "--input_data", f"{folder}/"])
        first, second = (_read_mltable(output) for output in outputs)
        assert first == second
        return first

    return run


def _read_mltable(folder: Path) -> list[dict[str, Any]]:
    """Read what an MLTable file names, as Azure ML does: relative to the file."""
    table = yaml.safe_load((folder / "MLTable").read_text("utf-8"))
    [path] = table["paths"]
    assert table["transformations"] == [{"read_parquet": {"include_path_column": False}}]
    rows = [row for file in folder.glob(path["pattern"]) for row in pq.read_table(file).to_pylist()]
    return sorted(rows, key=str)


def _rows(**columns: Any) -> pa.Table:
    times = [START + timedelta(hours=hour) for hour in range(4)]
    return pa.table(
        {
            "plant_id": ["PLANT001"] * 4,
            "circuit_id": ["CIRCUIT01"] * 4,
            "timestamp": pa.array(times, pa.timestamp("us", "UTC")),
            "temperature": [1.0, 2.0, None, 4.0],
            "starts": pa.array([1, 2, 3, 4], pa.int32()),
            "note": ["a"] * 4,
        }
        | columns
    )


EXPECTED = [{"temperature": 2.0, "starts": 2.0}, {"temperature": None, "starts": 3.0}]


@pytest.mark.slow
def test_parquet_files_become_a_table_of_features_within_the_window(
    preprocess: Preprocess, tmp_path: Path
) -> None:
    for part in range(4):
        path = tmp_path / "in" / f"part={part}" / "rows.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(_rows().slice(part, 1), path)

    assert preprocess(tmp_path / "in") == EXPECTED


@pytest.mark.slow
def test_a_delta_table_is_read_in_its_newest_version(
    preprocess: Preprocess, tmp_path: Path
) -> None:
    """Files of older versions lie beside those of the newest."""
    folder = tmp_path / "in"
    dated = _rows(date=pa.array([date(2026, 11, 20)] * 4))
    write_deltalake(folder, dated, partition_by=["date"])
    write_deltalake(folder, dated, mode="overwrite")
    DeltaTable(folder).create_checkpoint()

    assert len(list(folder.rglob("*.parquet"))) > 2
    assert preprocess(folder) == EXPECTED


@pytest.mark.slow
def test_predictions_are_of_the_time_they_were_made(preprocess: Preprocess, tmp_path: Path) -> None:
    times = pa.array([START, START + timedelta(hours=2)], pa.timestamp("us"))
    (tmp_path / "in").mkdir()
    outputs = pa.table({"issued_at": times, "horizon": [60, 60], "predicted_value": [1.0, 2.0]})
    pq.write_table(outputs, tmp_path / "in" / "a.parquet")

    assert preprocess(tmp_path / "in") == [{"predicted_value": 2.0}]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "window", "reason"),
    [
        (_rows(), ("2026-12-01", "2026-12-02"), "no row of the data is of 2026-12-01 00:00 to"),
        (_rows(), ("yesterday", "2026-12-02"), "'yesterday' is no moment in ISO 8601"),
        (_rows().drop_columns("timestamp"), WINDOW, "says when a row is of"),
        (_rows().drop_columns(["temperature", "starts"]), WINDOW, "no column is a feature"),
        (None, WINDOW, "Unable to infer schema"),
    ],
)
def test_what_is_no_table_is_said(
    table: pa.Table | None,
    window: tuple[str, str],
    reason: str,
    preprocess: Preprocess,
    tmp_path: Path,
) -> None:
    (tmp_path / "in").mkdir()
    if table is not None:
        pq.write_table(table, tmp_path / "in" / "a.parquet")

    with pytest.raises(SystemExit, match=reason):
        preprocess(tmp_path / "in", window)

    assert not (tmp_path / "preprocessed_data").exists()


@pytest.mark.slow
@pytest.mark.parametrize("log", ["", "{", '{"commitInfo": {}}'])
def test_a_damaged_log_is_said(log: str, preprocess: Preprocess, tmp_path: Path) -> None:
    write_tree(tmp_path, {"in/_delta_log/00000000000000000000.json": log})

    with pytest.raises(SystemExit, match="the log of the Delta table cannot be read: "):
        preprocess(tmp_path / "in")
