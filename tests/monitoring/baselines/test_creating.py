"""A circuit's first baseline: what is written, that it is written once, and who is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pyarrow import parquet as pq

from monitoring.baselines import BaselineError, Outcome, Places, create
from monitoring.baselines import folder as folders
from monitoring.baselines.taking import Taking
from monitoring.sources import store as stores
from tests.conftest import read_tree
from tests.monitoring.baselines.conftest import (
    AS_OF,
    BROKEN,
    TAKING,
    WRONG,
    Data,
    created,
    folder_of,
)
from tests.monitoring.challenger import with_challenger


def test_the_mltable_file_names_parquet_with_the_features_and_nothing_else(
    data: Data, tmp_path: Path
) -> None:
    created(data, tmp_path)

    for circuit in data.circuits:
        folder = folder_of(tmp_path, circuit)
        table = yaml.safe_load((folder / "MLTable").read_text())
        assert table["type"] == "mltable"
        assert [list(each) for each in table["transformations"]] == [["read_parquet"]]
        (path,) = table["paths"]
        assert path["file"].startswith("./v-2026-10-01-")
        found = pq.read_table(folder / path["file"])
        assert found.column_names == list(circuit.features)
        assert {str(field.type) for field in found.schema} == {"double"}
        assert found.num_rows == 30 * 24


def test_a_baseline_says_what_it_was_made_of(data: Data, tmp_path: Path) -> None:
    (creation, *_) = created(data, tmp_path).creations

    found = creation.description
    assert found is not None
    assert (found.plant_id, found.circuit_id, found.model_version) == ("PLANT001", "CIRCUIT01", "1")
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-09-01T00:00:00+00:00",
        "2026-10-01T00:00:00+00:00",
    )
    assert (found.rows, found.source.delta_version) == (720, data.sensors.version)
    assert {each.coverage for each in found.features} == {1.0}
    assert found.quality is not None
    assert (found.quality.status, found.quality.overridden) == ("ok", False)


def test_the_same_again_changes_no_byte(data: Data, tmp_path: Path) -> None:
    first = created(data, tmp_path)
    before = read_tree(tmp_path)

    again = created(data, tmp_path)

    assert {each.outcome for each in first.creations} == {Outcome.WRITTEN}
    assert {each.outcome for each in again.creations} == {Outcome.UNCHANGED}
    assert read_tree(tmp_path) == before


def test_another_content_is_refused_and_the_old_one_stays(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    before = read_tree(tmp_path)
    places = Places.under(str(tmp_path))

    shorter = create(data.circuits, "inputs", data.sensors, places, replace(TAKING, days=28))

    assert {each.outcome for each in shorter.creations} == {Outcome.REFUSED}
    assert "another baseline is in force" in shorter.creations[0].reason
    assert "mlmon baseline accept" in shorter.creations[0].reason
    assert read_tree(tmp_path) == before


def test_predictions_have_a_baseline_of_one_column(data: Data, tmp_path: Path) -> None:
    places = Places.under(str(tmp_path))
    made = create(data.circuits, "outputs", data.predictions, places, TAKING)

    assert {each.outcome for each in made.creations} == {Outcome.WRITTEN}
    (file, *_) = sorted(tmp_path.glob("outputs/*/*/*/data.parquet"))
    assert pq.read_table(file).column_names == ["predicted_value"]


def test_predictions_of_another_model_are_not_in_a_baseline(data: Data, tmp_path: Path) -> None:
    both = with_challenger(data.predictions, tmp_path / "both")
    alone, beside = (
        create(data.circuits, "outputs", table, Places.under(str(tmp_path / name)), TAKING)
        for name, table in (("alone", data.predictions), ("beside", both))
    )

    digests = [
        [made.description and made.description.data_digest for made in created.creations]
        for created in (alone, beside)
    ]
    assert digests[0] == digests[1]
    assert all(digests[0])


def test_a_circuit_whose_predictions_are_all_of_another_model_has_no_baseline(
    data: Data, tmp_path: Path
) -> None:
    renamed = replace(data.circuits[0], model_name="renamed")

    [made] = create(
        [renamed], "outputs", data.predictions, Places.under(str(tmp_path)), TAKING
    ).creations

    assert made.outcome is Outcome.REFUSED
    assert "no prediction is of its model renamed, all are of" in made.reason


def test_what_is_missing_is_null_for_spark_and_nan_for_numpy(data: Data, tmp_path: Path) -> None:
    places = Places.under(str(tmp_path))
    circuit = data.circuits[BROKEN]
    create([circuit], "inputs", data.sensors, places, replace(WRONG, anyway=True))

    folder = folders.BaselineFolder(str(folder_of(tmp_path, circuit)))
    described = folder.in_force()
    (file,) = folder_of(tmp_path, circuit).glob("*/data.parquet")
    nulls = pq.read_table(file)["flow_rate"].null_count
    assert nulls > 100
    assert np.isnan(folder.load(described).values["flow_rate"]).sum() == nulls
    coverage = {each.feature: each.coverage for each in described.features}
    assert coverage["flow_rate"] == pytest.approx(1 - nulls / described.rows)


def test_data_that_fail_the_quality_gate_are_refused_unless_taken_anyway(
    data: Data, tmp_path: Path
) -> None:
    places = Places.under(str(tmp_path))

    refused = create(data.circuits, "inputs", data.sensors, places, WRONG)

    outcomes = [each.outcome for each in refused.creations]
    assert outcomes == [Outcome.WRITTEN, Outcome.WRITTEN, Outcome.REFUSED]
    assert "fail the quality gate" in refused.creations[BROKEN].reason
    assert "flow_rate" in refused.creations[BROKEN].reason

    taken = create(data.circuits, "inputs", data.sensors, places, replace(WRONG, anyway=True))

    found = taken.creations[BROKEN].description
    assert found is not None
    assert found.quality is not None
    assert found.quality.overridden
    assert any("flow_rate" in reason for reason in found.quality.reasons)


def test_a_circuit_without_rows_keeps_no_other_from_its_baseline(
    data: Data, tmp_path: Path
) -> None:
    stranger = replace(data.circuits[0], circuit_id="CIRCUIT99")

    made = created(data, tmp_path, [*data.circuits, stranger])

    assert made.creations[-1].outcome is Outcome.REFUSED
    assert "no row from 2026-09-01 to before 2026-10-01" in made.creations[-1].reason
    assert not folder_of(tmp_path, stranger).exists()


def test_a_window_before_all_data_makes_no_baseline(data: Data, tmp_path: Path) -> None:
    places = Places.under(str(tmp_path))
    early = Taking(AS_OF.replace(year=2020), 30, anyway=True)

    made = create(data.circuits, "inputs", data.sensors, places, early)

    assert {each.outcome for each in made.creations} == {Outcome.REFUSED}
    assert not list(tmp_path.rglob("MLTable"))


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_creation_that_was_killed_between_files_has_no_effect_and_can_be_repeated(
    after: int, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    write = stores.Store.write
    written: list[str] = []

    def die(store: stores.Store, name: str, content: bytes) -> None:
        if len(written) == after:
            raise Killed
        written.append(name)
        write(store, name, content)

    monkeypatch.setattr(stores.Store, "write", die)
    with pytest.raises(Killed):
        created(data, tmp_path / "killed", data.circuits[:1])
    monkeypatch.setattr(stores.Store, "write", write)
    folder = folder_of(tmp_path / "killed", data.circuits[0])
    assert folders.BaselineFolder(str(folder)).version_in_force() is None

    created(data, tmp_path / "killed", data.circuits[:1])
    created(data, tmp_path / "whole", data.circuits[:1])

    assert read_tree(tmp_path / "killed") == read_tree(tmp_path / "whole")


def test_a_file_of_somebody_else_is_not_replaced(data: Data, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, data.circuits[0])
    folder.mkdir(parents=True)
    theirs = "type: mltable\npaths:\n  - pattern: ./*.csv\ntransformations: [read_delimited]\n"
    (folder / "MLTable").write_text(theirs)

    made = created(data, tmp_path, data.circuits[:1])

    assert made.creations[0].outcome is Outcome.REFUSED
    assert "names no baseline of mlmon" in made.creations[0].reason
    assert (folder / "MLTable").read_text() == theirs


@pytest.mark.parametrize("hostile", ["..", "../../escape", "a/b", "", ".", "a\\b", "a\0b", "/etc"])
def test_an_id_cannot_lead_out_of_the_folder(hostile: str, data: Data, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for circuit in (
        replace(data.circuits[0], plant_id=hostile),
        replace(data.circuits[0], circuit_id=hostile),
    ):
        with pytest.raises(BaselineError, match="is no id"):
            Places.under(str(root)).folder(circuit, "inputs")
        made = created(data, root, [circuit])
        assert made.creations[0].outcome is Outcome.REFUSED
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "target", ["../../../etc/data.parquet", "./../v/data.parquet", "/etc/passwd", "./v-1/x", 7]
)
def test_an_mltable_file_cannot_lead_out_of_the_folder(target: object, tmp_path: Path) -> None:
    table = {"type": "mltable", "paths": [{"file": target}]}
    (tmp_path / "MLTable").write_text(json.dumps(table))

    with pytest.raises(BaselineError, match="names no baseline"):
        folders.BaselineFolder(str(tmp_path)).in_force()
