"""The same file scored again, by the same worker or by two at once, changes nothing."""

import shutil
import threading
from concurrent.futures import wait
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyarrow import parquet as pq

from generator.models.circuits import DEFAULT_FEATURES
from monitoring.prediction_table import PREDICTIONS
from monitoring.sources import SourceError, open_table
from monitoring.telemetry.recorded import Recording
from scoring import score
from scoring.collector import Collector
from tests.conftest import read_tree
from tests.scoring.conftest import FIRST, START, Deployment, told


def test_the_table_has_the_columns_of_the_contract(
    deployment: Deployment, recording: Recording
) -> None:
    score.run([deployment.file("a.parquet")])

    table = open_table(str(deployment.predictions))
    assert table.schema is not None
    assert table.schema.names == PREDICTIONS.names
    assert table.schema.types == PREDICTIONS.types


def test_a_mini_batch_that_is_scored_again_changes_nothing(
    deployment: Deployment, recording: Recording
) -> None:
    files = [deployment.file("a.parquet"), deployment.file("b.parquet", [5.0, None])]
    first = score.run(files)
    before = deployment.stored(), read_tree(deployment.folder / "blobs")

    again = score.run(files)

    assert len(again) == len(first) == 2
    assert (deployment.stored(), read_tree(deployment.folder / "blobs")) == before
    table = DeltaTable(deployment.predictions)
    table.create_checkpoint()
    score.run(files)
    assert deployment.stored() == before[0]
    assert len(open_table(str(deployment.predictions)).files) == 2
    [counter] = told(recording, "model_predictions")
    assert counter["Sum"] == 3, "predictions are counted once"
    assert len(told(recording, "prediction_completed")) == 6


def test_a_file_among_others_is_known_by_its_rows(
    deployment: Deployment, recording: Recording
) -> None:
    score.run([deployment.file("a.parquet")])

    score.run([deployment.file("b.parquet", [5.0]), deployment.file("copy-of-a.parquet")])
    score.run([deployment.file("c.parquet", [7.0]), deployment.file("copy-of-c.parquet", [7.0])])

    assert [row["predicted_value"] for row in deployment.stored()] == [2.0, 10.0, 14.0, 4.0]
    [counter] = told(recording, "model_predictions")
    assert counter["Sum"] == 4


def test_corrected_readings_and_another_version_are_stored_beside(
    deployment: Deployment, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    score.run([deployment.file("a.parquet", [1.0])])
    score.run([deployment.file("a.parquet", [9.0])])
    monkeypatch.setenv("MODEL_VERSION", "4")
    score.init()
    score.run([deployment.file("a.parquet", [9.0])])

    stored = sorted((row["model_version"], row["predicted_value"]) for row in deployment.stored())
    assert stored == [("3", 2.0), ("3", 18.0), ("4", 18.0)]


def test_corrected_readings_of_which_the_model_says_the_same_replace_the_old_ones(
    deployment: Deployment, recording: Recording
) -> None:
    """Else its monitor would count them twice."""
    score.run([deployment.file("a.parquet", [1.0], pressure=pa.array([5.0]))])
    score.run([deployment.file("a.parquet", [1.0], pressure=pa.array([6.0]))])

    assert pq.read_table(deployment.production())["pressure"].to_pylist() == [6.0]
    assert len(deployment.stored()) == 1


def test_readers_can_choose_rows_by_circuit_and_time(
    deployment: Deployment, recording: Recording
) -> None:
    """Without the least and the largest value of these columns they would read every file."""
    score.run([deployment.file("a.parquet")])

    [path] = deployment.predictions.glob("*.parquet")
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    known = {each.path_in_schema for each in columns if each.is_stats_set}
    assert known == {"plant_id", "circuit_id", "issued_at", "target_time"}


def test_workers_at_once_store_every_file_once(
    deployment: Deployment, recording: Recording
) -> None:
    """They start together on a table that is not there yet; each file is scored by four of them."""
    batches = score._mini_batches
    assert batches is not None
    files = [Path(deployment.file(f"{i}.parquet", [float(i)])) for i in range(6)]
    forecasts = [batches.scorer.score(file) for file in files]
    start = threading.Barrier(8)
    broken: list[Exception] = []

    def work(share: slice) -> None:
        collector = Collector({"workspaceblobstore": str(deployment.folder / "blobs")})
        kept = [collector.keep(forecast) for forecast in forecasts[share]]
        wait(kept)
        start.wait()
        try:
            for each in kept:
                collector.commit([each])
        except SourceError as error:
            broken.append(error)

    shares = [slice(0, 3), slice(3, 6)] * 4
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not broken
    assert sorted(row["predicted_value"] for row in deployment.stored()) == [0, 2, 4, 6, 8, 10]


def test_what_was_written_before_a_crash_is_named_when_it_is_scored_again(
    deployment: Deployment, recording: Recording
) -> None:
    """The files are there, and the log does not know them."""
    file = deployment.file("a.parquet")
    score.run([file])
    stored = deployment.stored()
    shutil.rmtree(deployment.predictions / "_delta_log")
    score.init()

    score.run([file])

    assert deployment.stored() == stored


def test_monitors_find_features_and_predictions_by_time(
    deployment: Deployment, recording: Recording
) -> None:
    readings = pa.array(["1.5", "broken"])
    score.run([deployment.file("a.parquet", [1.0, None], pressure=readings)])

    features = pq.read_table(deployment.production())
    outputs = pq.read_table(deployment.production("production-outputs"))
    assert features.column_names == ["timestamp", *DEFAULT_FEATURES]
    assert features[FIRST].to_pylist() == [1.0, None]
    assert features["pressure"].to_pylist() == [1.5, None]
    assert outputs.to_pylist() == [{"timestamp": START, "predicted_value": 2.0}]


def test_circuits_without_monitors_keep_their_predictions_only(deployment: Deployment) -> None:
    path = deployment.folder / "config" / "environments" / "prod.yaml"
    text = path.read_text("utf-8")
    without = [line for line in text.splitlines() if not line.startswith("    production")]
    path.write_text("\n".join(without), "utf-8")
    score.init()

    assert len(score.run([deployment.file("a.parquet")])) == 1

    assert not (deployment.folder / "blobs").exists()
    assert len(deployment.stored()) == 2
