"""A baseline after a retraining: the old one is kept, the change is logged before it counts."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from monitoring.baselines import Acceptance, BaselineError, Creation, Places, accept
from monitoring.baselines import folder as folders
from monitoring.sources import store as stores
from tests.conftest import read_tree
from tests.monitoring.baselines.conftest import (
    BROKEN,
    LATER,
    TAKING,
    WRONG,
    Data,
    acceptance,
    created,
    folder_of,
)


def accepted(data: Data, root: Path, number: int = 0, **changes: Any) -> list[Creation]:
    asked: dict[str, Any] = {"taking": LATER, "acceptance": acceptance(), **changes}
    return accept(
        data.circuits[number],
        {"inputs": data.sensors},
        Places.under(str(root)),
        asked["taking"],
        asked["acceptance"],
    )


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "accepted.jsonl").read_text().splitlines()]


def test_the_new_baseline_is_in_force_and_the_old_one_is_kept(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    folder = folder_of(tmp_path, data.circuits[0])
    store = folders.BaselineFolder(str(folder))
    old = store.in_force()
    before = read_tree(folder)

    (creation,) = accepted(data, tmp_path)

    new = store.in_force()
    assert new == creation.description
    assert (new.model_version, new.supersedes, new.rows) == ("2", old.baseline, 28 * 24)
    assert new.streak_starts == date(2026, 11, 1)
    after = read_tree(folder)
    assert {name: after[name] for name in before if name != "MLTable"} == {
        name: content for name, content in before.items() if name != "MLTable"
    }
    assert store.load(store.describe(old.baseline)).values


def test_the_log_tells_who_when_and_why(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    folder = folder_of(tmp_path, data.circuits[0])
    accepted(data, tmp_path)
    third = replace(LATER, days=14)
    accepted(data, tmp_path, taking=third, acceptance=acceptance("3", "a valve was replaced"))

    first, second = log_of(folder)

    assert (first["by"], first["at"]) == ("ana", "2026-11-02T08:00:00+00:00")
    assert first["reason"] == "retrained on the autumn"
    assert (first["from_model_version"], first["to_model_version"]) == ("1", "2")
    assert (second["from"], second["reason"]) == (first["to"], "a valve was replaced")
    assert second["quality"] == {"status": "ok", "reasons": [], "overridden": False}


@pytest.mark.parametrize("after", range(4))
def test_an_acceptance_that_was_killed_between_files_leaves_the_old_baseline_in_force(
    after: int, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    created(data, tmp_path, data.circuits[:1])
    folder = folder_of(tmp_path, data.circuits[0])
    store = folders.BaselineFolder(str(folder))
    old = store.in_force()
    write = stores.Store.write
    written: list[str] = []

    def die(each: stores.Store, name: str, content: bytes) -> None:
        if len(written) == after:
            raise Killed
        written.append(name)
        write(each, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(stores.Store, "write", die)
        with pytest.raises(Killed):
            accepted(data, tmp_path)
    assert store.in_force() == old
    assert store.load(old).values

    accepted(data, tmp_path)

    assert store.in_force().model_version == "2"
    assert len(log_of(folder)) == 1, "the change that was logged and not made is not logged twice"


def test_predictions_change_before_features_so_that_a_killed_command_can_be_repeated(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    created(data, tmp_path, data.circuits[:1])
    places = Places.under(str(tmp_path))
    tables: Any = {"inputs": data.sensors, "outputs": data.predictions}
    put = folders.BaselineFolder.put_in_force
    calls: list[str] = []

    def die(folder: folders.BaselineFolder, version: str) -> None:
        calls.append(folder.uri)
        if len(calls) == 2:
            raise Killed
        put(folder, version)

    with monkeypatch.context() as patch:
        patch.setattr(folders.BaselineFolder, "put_in_force", die)
        with pytest.raises(Killed):
            accept(data.circuits[0], tables, places, LATER, acceptance())

    done = accept(data.circuits[0], tables, places, LATER, acceptance())

    assert [(each.role, each.outcome.value) for each in done] == [
        ("outputs", "unchanged"),
        ("inputs", "written"),
    ]


def test_what_is_not_there_cannot_be_replaced(data: Data, tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="there is no baseline to replace"):
        accepted(data, tmp_path)


def test_the_same_model_version_is_refused(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    before = read_tree(tmp_path)

    with pytest.raises(BaselineError, match="is of model version 1 already"):
        accepted(data, tmp_path, acceptance=acceptance("1"))

    assert read_tree(tmp_path) == before


@pytest.mark.parametrize("empty", ["", "  ", "two\nlines", "\x1b[2J"])
def test_what_says_nothing_is_no_reason(empty: str) -> None:
    moment = datetime(2026, 11, 2, tzinfo=UTC)
    with pytest.raises(BaselineError, match="--reason"):
        Acceptance("2", empty, "ana", moment)
    with pytest.raises(BaselineError, match="--by"):
        Acceptance("2", "why", empty, moment)
    with pytest.raises(BaselineError, match="--model-version"):
        Acceptance(empty, "why", "ana", moment)


def test_wrong_data_are_refused_and_taken_anyway_they_are_recorded(
    data: Data, tmp_path: Path
) -> None:
    created(data, tmp_path)
    folder = folder_of(tmp_path, data.circuits[BROKEN])
    with pytest.raises(BaselineError, match=r"fail the quality gate: .*flow_rate"):
        accepted(data, tmp_path, BROKEN, taking=WRONG)
    assert not (folder / "accepted.jsonl").exists()

    accepted(data, tmp_path, BROKEN, taking=replace(WRONG, anyway=True))

    (entry,) = log_of(folder)
    assert entry["quality"]["overridden"] is True
    assert entry["quality"]["reasons"]


@pytest.mark.parametrize("file", ["data.parquet", "baseline.json"])
def test_a_damaged_baseline_is_replaced_without_a_new_model(
    file: str, data: Data, tmp_path: Path
) -> None:
    created(data, tmp_path)
    folder = folder_of(tmp_path, data.circuits[0])
    (damaged,) = folder.glob(f"*/{file}")
    damaged.write_bytes(damaged.read_bytes() + b" x")

    accepted(data, tmp_path, acceptance=acceptance("1"))

    problem = log_of(folder)[0]["from_problem"]
    assert file in problem
    assert ("was changed" if file == "data.parquet" else "is no JSON") in problem
    new = folders.BaselineFolder(str(folder)).in_force()
    assert new.model_version == "1"
    assert new.streak_starts == (None if file == "data.parquet" else date(2026, 11, 1))


def test_a_log_that_cannot_be_read_is_not_written_anew(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    folder = folder_of(tmp_path, data.circuits[0])
    (folder / "accepted.jsonl").write_text('{"from": "a"}\nnot json\n')

    with pytest.raises(BaselineError, match=r"accepted.jsonl:2"):
        accepted(data, tmp_path)

    assert (folder / "accepted.jsonl").read_text() == '{"from": "a"}\nnot json\n'
    assert folders.BaselineFolder(str(folder)).in_force().model_version == "1"


def test_the_same_data_of_another_model_are_another_baseline(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)

    accepted(data, tmp_path, taking=TAKING)

    names = sorted(p.name for p in folder_of(tmp_path, data.circuits[0]).glob("v-2026-10-01-*"))
    assert len(names) == 2
