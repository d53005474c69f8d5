"""The commands `mlmon drift`: what they print, how they end."""

import json
import shutil
from pathlib import Path

import pytest

from monitoring.sources import open_table
from tests.conftest import Mlmon, read_tree
from tests.monitoring.challenger import with_challenger
from tests.monitoring.conftest import AS_OF


def run(mlmon: Mlmon, data: Path, *more: str, results: str = "results"):  # type: ignore[no-untyped-def]
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))
    return mlmon("drift", "run", *sensors, *config, *AS_OF, "--results", results, *more)


def test_a_run_says_what_it_came_to_and_goes_on_where_it_was(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    first = run(mlmon, data)
    again = run(mlmon, data, "--format", "json")

    assert first.exit_code == 0
    assert "9 circuits" in first.stdout
    content = json.loads(again.stdout)
    assert sum(content["statuses"].values()) == 9
    assert len(content["decisions"]) == 9
    assert (tmp_path / "results" / "manifest.json").is_file()


def test_what_the_configuration_lacks_is_told_and_not_judged(mlmon: Mlmon, data: Path) -> None:
    circuits = data / "config" / "circuits.yaml"
    whole = circuits.read_text()
    circuits.write_text(whole.replace("PLANT009", "PLANT010"))
    try:
        result = run(mlmon, data)
    finally:
        circuits.write_text(whole)

    assert "in the data and not in the configuration, so not judged: PLANT009/CIRCUIT01" in (
        result.stderr
    )
    assert "without any row in the windows: PLANT010/CIRCUIT01" in result.stderr
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--as-of", "2999-01-01"), "--as-of 2999-01-01 is in the future"),
        (("--as-of", "yesterday"), "--as-of 'yesterday' is not a day"),
        (("--data", "nowhere"), "no Delta table and no Parquet file"),
        (("--env", "prd"), "there is no environment 'prd'; known are prod"),
        (("--calibration", "none.json"), "none.json: cannot be read"),
        (("--rule", "document", "--calibration", "x"), "the document's rule has no calibration"),
    ],
)
def test_wrong_usage_ends_with_a_sentence(
    more: tuple[str, ...], told: str, mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    result = run(mlmon, data, *more)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not (tmp_path / "results").exists()


def test_limits_of_predictions_are_those_of_the_circuits_own_model(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    config = ("--config", str(data / "config"))
    alone = open_table(str(data / "data" / "predictions"))
    limits = []
    for table in (alone, with_challenger(alone, tmp_path / "both")):
        predictions = ("--predictions", "--data", table.uri)
        out = ("--out", "limits.json", "--days", "60")
        assert mlmon("drift", "calibrate", *predictions, *config, *AS_OF, *out).exit_code == 0
        limits.append((tmp_path / "limits.json").read_text())

    assert limits[0] == limits[1]


def test_predictions_that_are_all_of_another_model_are_told(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    shutil.copytree(data / "config", config)
    circuits = config / "circuits.yaml"
    circuits.write_text(circuits.read_text().replace("model_name: m1,", "model_name: renamed,"))
    chosen = ("--config", str(config), *AS_OF)
    predictions = str(data / "data" / "predictions")
    told = (
        "PLANT001/CIRCUIT01 has no limits: no prediction is of its model renamed, all are of m1; "
        "write the deployed model's name into `model_name` in circuits.yaml"
    )

    limits = ("--out", "limits.json", "--days", "60")
    made = mlmon("drift", "calibrate", "--predictions", "--data", predictions, *chosen, *limits)
    sensors = ("--data", str(data / "data" / "sensors"), "--predictions", predictions)
    mlmon("drift", "run", *sensors, *chosen, "--results", "results")

    assert made.stderr == f"mlmon: {told}\n"
    found = json.loads((tmp_path / "results" / "drift_results_20261120.json").read_text())
    reasons = [each["prediction_drift"]["reason"] for each in found]
    assert reasons[0] == told.replace(" has no limits", "") + "."
    assert not any("no prediction is of" in reason for reason in reasons[1:])


def test_limits_of_later_days_are_refused(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))
    made = mlmon(
        "drift", "calibrate", *sensors, *config, *AS_OF, "--out", "limits.json", "--days", "60"
    )
    early = ("--as-of", "2026-11-19", "--calibration", "limits.json")

    result = run(mlmon, data, *early)

    assert made.exit_code == 0
    assert "0 have 300 past runs, the others warm up" in made.stdout
    assert result.exit_code == 2
    assert "the calibration is as of 2026-11-20" in result.stderr


@pytest.mark.parametrize("kind", ["sensors", "predictions"])
def test_limits_of_something_else_are_refused(
    mlmon: Mlmon, data: Path, tmp_path: Path, kind: str
) -> None:
    config = ("--config", str(data / "config"))
    made = ("--predictions",) if kind == "predictions" else ()
    made = (*made, "--data", str(data / "data" / kind), "--out", "limits.json", "--days", "60")
    assert mlmon("drift", "calibrate", *config, *AS_OF, *made).exit_code == 0
    right, wrong = "--calibration", "--prediction-calibration"
    if kind == "predictions":
        right, wrong = wrong, right
    predictions = ("--predictions", str(data / "data" / "predictions"))

    result = run(mlmon, data, *predictions, wrong, "limits.json")

    told = " ".join(result.stderr.split())
    assert result.exit_code == 2
    assert "of nothing that is held to them" in told
    assert "those of predictions to --prediction-calibration" in told
    assert not (tmp_path / "results").exists()
    assert run(mlmon, data, *predictions, right, "limits.json").exit_code == 0


@pytest.mark.parametrize("out", [".", "/proc/limits.json"])
def test_limits_that_cannot_be_written_are_told_before_data_are_read(
    mlmon: Mlmon, data: Path, out: str
) -> None:
    config = ("--config", str(data / "config"))

    result = mlmon("drift", "calibrate", "--data", "nowhere", *config, *AS_OF, "--out", out)

    assert result.exit_code == 2
    assert f"{out} cannot be written: " in result.stderr


def test_what_a_killed_run_left_aside_is_removed(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    run(mlmon, data)
    before = read_tree(tmp_path / "results")
    for name in ("circuits/PLANT003/.CIRCUIT01.json.ab_12xyz", ".manifest.json.ab_12xyz"):
        (tmp_path / "results" / name).touch()

    run(mlmon, data)

    assert read_tree(tmp_path / "results") == before


def test_only_circuits_that_were_judged_are_told_as_kept(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "results" / "circuits").mkdir(parents=True)
    nothing = run(mlmon, data, "--data", "nowhere")
    shutil.rmtree(tmp_path / "results")
    run(mlmon, data)
    some = run(mlmon, data, "--data", "nowhere")

    assert (nothing.exit_code, some.exit_code) == (2, 2)
    assert "are kept" not in nothing.stderr
    told = " ".join(some.stderr.split())
    assert "; circuits that were judged are kept: run it again to go on" in told


def test_a_corrupt_file_is_named_and_the_run_is_partial(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data / "data", tmp_path / "data")
    shutil.copytree(data / "config", tmp_path / "config")
    day = next((tmp_path / "data" / "sensors" / "date=2026-11-10").glob("*.parquet"))
    day.write_bytes(b"PAR1 nothing PAR1")

    result, again = run(mlmon, tmp_path), run(mlmon, tmp_path)

    assert (result.exit_code, again.exit_code) == (3, 3)
    assert day.name in result.stderr
    assert again.stderr == result.stderr
    assert "9 circuits" in result.stdout
    for file in ("drift", "quality"):
        content = (tmp_path / "results" / f"{file}_results_20261120.json").read_text()
        assert content.count(day.name) >= 9
    quality = json.loads((tmp_path / "results" / "quality_results_20261120.json").read_text())
    assert not any(each["status"] == "ok" for each in quality)


def test_a_folder_of_files_that_changed_is_another_run(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(data / "data" / "sensors", folder, ignore=lambda *_: ["_delta_log"])
    config = ("--config", str(data / "config"))
    command = ("drift", "run", "--data", str(folder), *config, *AS_OF, "--results", "results")

    first = mlmon(*command)
    same = mlmon(*command)
    file = next((folder / "date=2026-11-10").glob("*.parquet"))
    file.write_bytes(file.read_bytes() + b"")
    changed = mlmon(*command)

    assert (first.exit_code, same.exit_code) == (0, 0)
    assert changed.exit_code == 2
    assert "differs in data_version" in changed.stderr


def test_a_reference_of_a_few_days_is_no_reference(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "plain"
    shutil.copytree(data / "data" / "sensors", folder, ignore=lambda *_: ["_delta_log"])
    for day in folder.glob("date=*"):
        if day.name < "date=2026-11-05":
            shutil.rmtree(day)
    config = ("--config", str(data / "config"))
    command = ("drift", "run", "--data", str(folder), *config, *AS_OF, "--results", "results")

    result = mlmon(*command, "--format", "json")

    assert json.loads(result.stdout)["statuses"].keys() <= {"insufficient_data", "stale"}


def test_calibrating_nothing_keeps_the_limits_that_are_there(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "limits.json").write_text("kept")
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))
    early = ("--as-of", "2020-01-01", "--out", "limits.json")

    result = mlmon("drift", "calibrate", *sensors, *config, *early)

    assert result.exit_code == 2
    assert (tmp_path / "limits.json").read_text() == "kept"


@pytest.mark.parametrize("day", ["0001-01-05", "1970-01-01"])
def test_days_before_all_data_are_wrong_usage(day: str, mlmon: Mlmon, data: Path) -> None:
    result = run(mlmon, data, "--as-of", day)

    assert result.exit_code == 2
    assert "before there were sensors" in result.stderr


def test_quality_is_judged_alone_too(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))
    command = ("quality", "run", *sensors, *config, *AS_OF, "--results", "quality")

    result = mlmon(*command)
    as_json = json.loads(mlmon(*command, "--format", "json").stdout)

    assert result.exit_code == 0
    assert result.stdout.startswith("9 circuits: ")
    assert "failed" in result.stdout
    assert json.loads((tmp_path / "quality" / "quality_results_20261120.json").read_text()) == (
        as_json
    )
    assert len(as_json) == 9


def test_quality_names_what_could_not_be_read(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "sensors"
    shutil.copytree(data / "data" / "sensors", broken)
    file = sorted(broken.rglob("*.parquet"))[-1]
    file.write_bytes(file.read_bytes()[:-100])
    config = ("--config", str(data / "config"))

    result = mlmon("quality", "run", "--data", str(broken), *config, *AS_OF, "--results", "q")

    assert result.exit_code == 3
    assert file.name in result.stderr
    found = json.loads((tmp_path / "q" / "quality_results_20261120.json").read_text())
    assert not any(each["status"] == "ok" for each in found)
    assert all(any(file.name in reason for reason in each["reasons"]) for each in found)


def test_quality_alone_leaves_the_results_of_drift_as_they_are(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    run(mlmon, data)
    before = read_tree(tmp_path / "results")
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))

    result = mlmon("quality", "run", *sensors, *config, *AS_OF, "--results", "results")

    assert result.exit_code == 2
    assert "holds another run, which differs in job: drift there, quality here" in result.stderr
    assert read_tree(tmp_path / "results") == before


@pytest.mark.parametrize("damage", ["of another circuit", "torn", "of another shape"])
def test_a_circuit_whose_file_is_not_its_own_is_judged_again(
    damage: str, mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    run(mlmon, data)
    before = read_tree(tmp_path / "results")
    one, other = sorted((tmp_path / "results" / "circuits").rglob("*.json"))[:2]
    contents = {
        "of another circuit": one.read_bytes(),
        "torn": other.read_bytes()[:200],
        "of another shape": b"[]",
    }
    other.write_bytes(contents[damage])

    result = run(mlmon, data)

    assert result.exit_code == 0
    assert read_tree(tmp_path / "results") == before


def test_what_was_met_is_named_if_it_is_not_of_the_run(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    run(mlmon, data)
    (tmp_path / "results" / "met.json").write_text("{}")

    result = run(mlmon, data)

    assert result.exit_code == 2
    assert "met.json is not of this run" in result.stderr
