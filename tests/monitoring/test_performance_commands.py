"""The command `mlmon performance run`: what it prints, how it ends, and what it makes of bad data.

The fleet is made of three circuits; each test writes tables that are wrong in one way.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from generator.project import ROOT
from monitoring.performance.run_records import RECORDS
from tests.conftest import Mlmon

AS_OF = ("--as-of", "2026-11-20")
START = datetime(2026, 10, 14, tzinfo=UTC)
HOURS = 37 * 24
INSTANT = pa.timestamp("us", "UTC")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("performance") / "config"
    shutil.copytree(ROOT / "config", folder)
    circuits = "\n".join(
        f"  - {{plant_id: PLANT001, circuit_id: CIRCUIT0{n}, model_name: m{n}}}" for n in range(3)
    )
    (folder / "circuits.yaml").write_text(f"circuits:\n{circuits}\n")
    thresholds = (folder / "thresholds.yaml").read_text()
    (folder / "thresholds.yaml").write_text(thresholds.partition("classes:")[0])
    (folder / "environments" / "test.yaml").unlink()
    return folder


def targets(circuit: int) -> dict[str, Any]:
    times = [START + timedelta(hours=n) for n in range(HOURS)]
    return {
        "plant_id": pa.array(["PLANT001"] * HOURS),
        "circuit_id": pa.array([f"CIRCUIT0{circuit}"] * HOURS),
        "target_time": pa.array(times, INSTANT),
    }


def forecasts(circuit: int, **columns: Any) -> pa.Table:
    """Make a circuit's predictions, wrong by .1; a column of None is left away."""
    times = targets(circuit)
    issued = [START + timedelta(hours=n - 1) for n in range(HOURS)]
    made = {
        **times,
        "issued_at": pa.array(issued, INSTANT),
        "horizon": pa.array([60] * HOURS),
        "model_version": pa.array(["1"] * HOURS),
        "predicted_value": pa.array([n % 24 + 0.1 for n in range(HOURS)]),
    }
    made.update(columns)
    return pa.table({name: column for name, column in made.items() if column is not None})


def happened(circuit: int) -> pa.Table:
    values = pa.array([float(n % 24) for n in range(HOURS)])
    return pa.table({**targets(circuit), "actual_value": values})


def store(folder: Path, *tables: pa.Table) -> None:
    for table in tables:
        write_deltalake(folder, table, mode="append")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Tables without a fault."""
    store(tmp_path / "predictions", *map(forecasts, range(3)))
    store(tmp_path / "actuals", *map(happened, range(3)))
    return tmp_path


def run(mlmon: Mlmon, config: Path, data: Path, *more: str) -> Any:
    tables = (f"--{name}={data / name}" for name in ("predictions", "actuals"))
    options = ("--config", str(config), "--results", "day")
    return mlmon("performance", "run", *tables, *options, *AS_OF, *more)


def circuits(result: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(result.stdout)["circuits"]
    return found


def test_a_run_says_what_it_came_to_and_says_it_again(
    mlmon: Mlmon, config: Path, sound: Path
) -> None:
    first = run(mlmon, config, sound)
    again = run(mlmon, config, sound, "--format", "json")

    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout == "day: 3 circuits: 3 ok\nevery model is within its limits\n"
    stored = json.loads((sound / "day" / "performance_results_20261120.json").read_text())
    assert circuits(again) == stored
    assert (sound / "day" / "performance" / "circuits" / "PLANT001" / "CIRCUIT00.json").is_file()


def test_the_worst_circuits_come_first(mlmon: Mlmon, config: Path, tmp_path: Path) -> None:
    bad = [pa.array([n % 24 + off for n in range(HOURS)]) for off in (0.5, 3.0)]
    store(tmp_path / "predictions", forecasts(0, predicted_value=bad[0]))
    store(tmp_path / "predictions", forecasts(1, predicted_value=bad[1]), forecasts(2))
    store(tmp_path / "actuals", *map(happened, range(3)))

    result = run(mlmon, config, tmp_path)

    assert result.exit_code == 0
    head, _, columns, *rows = result.stdout.splitlines()
    assert head == "day: 3 circuits: 2 degraded, 1 ok"
    assert columns.split() == ["circuit", "status", "exceedance", "streak", "labels", "why"]
    assert [row.split()[:5] for row in rows if row.startswith("PLANT")] == [
        ["PLANT001/CIRCUIT01", "degraded", "12.00", "31", "168"],
        ["PLANT001/CIRCUIT00", "degraded", "2.00", "31", "168"],
    ]
    assert "MAE 3 against 0.25 (default " in result.stdout


def test_before_the_first_actual_nobody_is_ok(mlmon: Mlmon, config: Path, sound: Path) -> None:
    shutil.rmtree(sound / "actuals")
    write_deltalake(sound / "actuals", happened(0).slice(0, 0))

    result = run(mlmon, config, sound, "--format", "json")

    assert result.exit_code == 3, "a fleet without any verdict is not watched"
    lack = json.loads(result.stdout)["lack"]
    assert lack.startswith("None of 3 circuits has a verdict on its model's error")
    assert {each["status"] for each in circuits(result)} == {"insufficient_data"}
    assert "there is no actual of the last 37 days" in circuits(result)[0]["reason"]


def test_actuals_that_come_twice_count_once(mlmon: Mlmon, config: Path, sound: Path) -> None:
    once = circuits(run(mlmon, config, sound, "--format", "json"))
    shutil.rmtree(sound / "day")
    store(sound / "actuals", *map(happened, range(3)))

    twice = circuits(run(mlmon, config, sound, "--format", "json"))

    assert [each["left_out"]["repeated_labels"] for each in twice] == [HOURS] * 3
    assert [{**each, "left_out": 0} for each in twice] == [{**e, "left_out": 0} for e in once]


def test_a_clock_that_runs_ahead_gives_no_forecasts(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    ahead = [START + timedelta(hours=n, minutes=1) for n in range(HOURS)]
    store(tmp_path / "predictions", forecasts(0, issued_at=pa.array(ahead, INSTANT)), forecasts(1))
    store(tmp_path / "actuals", *map(happened, range(2)))

    skewed, sound, _ = circuits(run(mlmon, config, tmp_path, "--format", "json"))

    assert (skewed["status"], sound["status"]) == ("insufficient_data", "ok")
    assert skewed["left_out"]["skewed_predictions"] == HOURS
    assert "issued after the time that they forecast" in skewed["reason"]


def test_an_enormous_error_does_not_widen_the_table(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    values = [1e14, *(n % 24 + 0.1 for n in range(1, HOURS))][::-1]
    store(tmp_path / "predictions", forecasts(0, predicted_value=pa.array(values)))
    store(tmp_path / "actuals", happened(0))

    row = run(mlmon, config, tmp_path).stdout.splitlines()[3]

    assert row.split()[:3] == ["PLANT001/CIRCUIT00", "degraded", "5.0e+24"]


def test_predictions_that_are_no_number_are_left_out(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    values = [float("nan") if n % 2 else n % 24 + 0.1 for n in range(HOURS)]
    store(tmp_path / "predictions", forecasts(0, predicted_value=pa.array(values)))
    store(tmp_path / "actuals", happened(0))

    result = run(mlmon, config, tmp_path, "--format", "json")

    found = circuits(result)[0]
    assert (found["status"], found["labels"]) == ("insufficient_data", 84)
    assert found["left_out"]["unusable_predictions"] == HOURS // 2
    told = "84 predictions of the last days of 1 circuits, the first PLANT001/CIRCUIT00, have no"
    assert result.exit_code == 3
    assert told in result.stderr
    assert told in found["issues"][0]


def test_without_a_column_of_horizons_all_is_one_horizon_and_it_is_told(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    store(tmp_path / "predictions", *(forecasts(n, horizon=None) for n in range(3)))
    store(tmp_path / "actuals", *map(happened, range(3)))

    result = run(mlmon, config, tmp_path, "--format", "json")

    assert result.exit_code == 3
    assert "the column `horizon` is missing in 3 of 3 files" in result.stderr
    for each in circuits(result):
        assert each["status"] == "ok"
        assert [(h["horizon"], h["labels"]) for h in each["horizons"]] == [(None, 168)]
        assert len(each["issues"]) == 1


@pytest.mark.parametrize(
    ("column", "values", "rows"),
    [
        ("horizon", pa.nulls(HOURS, pa.int64()), HOURS),
        ("horizon", pa.array(["1h"] * HOURS), HOURS),
        ("horizon", pa.array([None] * 3 + [60] * (HOURS - 3)), 3),
        ("issued_at", pa.nulls(HOURS, INSTANT), HOURS),
        ("issued_at", pa.array(["yesterday"] * HOURS), HOURS),
        ("model_version", pa.nulls(HOURS, pa.string()), HOURS),
        ("model_version", pa.array([" "] * HOURS), HOURS),
        ("model_version", pa.array([True] * HOURS), HOURS),
    ],
)
def test_a_column_without_a_usable_value_is_told_like_one_that_is_missing(
    column: str, values: Any, rows: int, mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    store(tmp_path / "predictions", *(forecasts(n, **{column: values}) for n in range(3)))
    store(tmp_path / "actuals", *map(happened, range(3)))

    first, again = (run(mlmon, config, tmp_path, "--format", "json") for _ in range(2))

    assert (first.exit_code, again.exit_code) == (3, 3)
    told = f"{3 * rows:,} predictions of 3 circuits, the first PLANT001/CIRCUIT00"
    assert f"{told}, have no usable `{column}`" in first.stderr
    assert again.stdout == first.stdout
    for each in circuits(first):
        assert each["status"] == "ok"
        assert each["without"][column] == rows
        assert len(each["issues"]) == 1


def test_without_a_column_of_versions_all_are_of_one_version_and_it_is_told(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    store(tmp_path / "predictions", *(forecasts(n, model_version=None) for n in range(3)))
    store(tmp_path / "actuals", *map(happened, range(3)))

    result = run(mlmon, config, tmp_path, "--format", "json")

    assert result.exit_code == 3
    assert "the column `model_version` is missing in 3 of 3 files" in result.stderr
    for each in circuits(result):
        assert (each["status"], each["labels"], each["model_version"]) == ("ok", 168, None)
        assert each["other_versions"] == []


def test_versions_of_interleaved_files_are_told_apart(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    canary = pa.array([n % 24 + 0.5 for n in range(HOURS)])
    last = [pa.array([version] * HOURS) for version in ("4", "5")]
    store(tmp_path / "predictions", forecasts(0, model_version=last[0]))
    store(tmp_path / "predictions", forecasts(0, model_version=last[1], predicted_value=canary))
    store(tmp_path / "predictions", forecasts(0, model_version=last[0]))
    store(tmp_path / "actuals", happened(0))
    file = config / "circuits.yaml"
    named = file.read_text().replace("model_name: m0", 'model_name: m0, model_version: "4"')
    shutil.copytree(config, tmp_path / "config")
    (tmp_path / "config" / "circuits.yaml").write_text(named)

    found = circuits(run(mlmon, tmp_path / "config", tmp_path, "--format", "json"))[0]

    assert (found["model_version"], found["status"]) == ("4", "ok")
    assert found["metrics"]["mae"] == pytest.approx(0.1)
    assert found["left_out"]["repeated_predictions"] == HOURS
    [other] = found["other_versions"]
    assert (other["model_version"], other["labels"]) == ("5", 168)
    assert other["mae"] == pytest.approx(0.5)


def test_a_second_model_with_the_same_version_is_kept_beside_the_configured_one(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    names = [pa.array([name] * HOURS) for name in ("m0", "m9")]
    worse = pa.array([n % 24 + 5.0 for n in range(HOURS)])
    store(tmp_path / "predictions", forecasts(0, model_name=names[0]))
    store(tmp_path / "predictions", forecasts(0, model_name=names[1], predicted_value=worse))
    store(tmp_path / "actuals", happened(0))

    for _ in range(2):
        result = run(mlmon, config, tmp_path, "--records", "records", "--format", "json")

    found = circuits(result)[0]
    assert (found["status"], found["metrics"]["mae"]) == ("ok", pytest.approx(0.1))
    rows = [
        (r["model_name"], r["model_version"], r["is_judged"]) for r in kept(tmp_path / "records")
    ]
    assert rows[:2] == [("m0", "1", True), ("m9", "1", False)]


def kept(uri: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = DeltaTable(uri).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: [str(row[name]) for name in RECORDS.key])


def test_records_are_those_of_the_results_and_a_rerun_replaces_them(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    canary = pa.array([n % 24 + 0.5 for n in range(HOURS)])
    new = pa.array(["2"] * HOURS)
    store(tmp_path / "predictions", *(forecasts(n, model_version=new) for n in range(2)))
    store(tmp_path / "predictions", forecasts(0, predicted_value=canary))
    store(tmp_path / "actuals", *map(happened, range(3)))
    keep = ("--records", "records")

    found = circuits(run(mlmon, config, tmp_path, *keep, "--format", "json"))
    first = kept(tmp_path / "records")
    run(mlmon, config, tmp_path, *keep)
    again = kept(tmp_path / "records")
    shutil.rmtree(tmp_path / "day")
    run(mlmon, config, tmp_path, *keep)
    anew = kept(tmp_path / "records")

    assert first == again == anew
    told = [(r["circuit_id"], r["model_version"], r["is_judged"], r["status"]) for r in first]
    assert told == [
        ("CIRCUIT00", "1", False, None),
        ("CIRCUIT00", "2", True, "ok"),
        ("CIRCUIT01", "2", True, "ok"),
        ("CIRCUIT02", "", True, "insufficient_data"),
    ]
    other, judged = first[:2]
    assert (other["labels"], other["mae"]) == (168, pytest.approx(0.5))
    assert judged["mae"] == found[0]["metrics"]["mae"]
    assert (judged["metric"], judged["exceedance"]) == (found[0]["metric"], found[0]["exceedance"])
    assert judged["window_end"] == other["window_end"] == datetime(2026, 11, 20, tzinfo=UTC)
    assert (first[3]["window_end"], first[3]["mae"], first[3]["limit"]) == (None, None, None)


def test_records_of_another_day_and_another_fleet_stay(
    mlmon: Mlmon, config: Path, sound: Path
) -> None:
    keep = ("--records", "records")
    run(mlmon, config, sound, *keep)
    run(mlmon, config, sound, *keep, "--as-of", "2026-11-19", "--results", "before")
    small = (config / "circuits.yaml").read_text().splitlines()[:2]
    shutil.copytree(config, sound / "config")
    (sound / "config" / "circuits.yaml").write_text("\n".join(small))
    run(mlmon, sound / "config", sound, *keep, "--results", "small")

    rows = kept(sound / "records")

    days = [(str(row["run_date"]), row["circuit_id"]) for row in rows]
    assert days == [(f"2026-11-{d}", f"CIRCUIT0{n}") for d in (19, 20) for n in range(3)]
    assert len({row["run_id"] for row in rows if row["run_date"].day == 20}) == 2


def test_a_version_that_is_gone_from_a_rerun_is_gone_from_its_records(
    mlmon: Mlmon, config: Path, sound: Path
) -> None:
    run(mlmon, config, sound, "--records", "records")
    shutil.rmtree(sound / "day")
    shutil.rmtree(sound / "predictions")
    renamed = pa.array(["1b"] * HOURS)
    store(sound / "predictions", *(forecasts(n, model_version=renamed) for n in range(3)))

    run(mlmon, config, sound, "--records", "records")

    assert [row["model_version"] for row in kept(sound / "records")] == ["1b"] * 3


def test_records_do_not_go_into_a_table_of_something_else(
    mlmon: Mlmon, config: Path, sound: Path
) -> None:
    before = sorted(sound.glob("actuals/**/*"))

    result = run(mlmon, config, sound, "--records", str(sound / "actuals"))

    assert result.exit_code == 3
    assert "other columns than these records: `run_date` is missing" in result.stderr
    assert sorted(sound.glob("actuals/**/*")) == before
    assert (sound / "day" / "performance_results_20261120.json").exists()


def test_a_circuit_without_predictions_is_named(mlmon: Mlmon, config: Path, tmp_path: Path) -> None:
    store(tmp_path / "predictions", forecasts(0), forecasts(7))
    store(tmp_path / "actuals", *map(happened, range(3)))

    result = run(mlmon, config, tmp_path)

    assert result.exit_code == 0
    assert "without any row in the windows: PLANT001/CIRCUIT01, PLANT001/CIRCUIT02" in result.stderr
    assert "not in the configuration, so not judged: PLANT001/CIRCUIT07" in result.stderr
    assert "there is no prediction of the last 37 days" in result.stdout


@pytest.mark.parametrize("table", ["predictions", "actuals"])
def test_a_corrupt_file_is_named_and_the_run_is_partial(
    table: str, mlmon: Mlmon, config: Path, sound: Path
) -> None:
    file = max((sound / table).glob("*.parquet"))
    file.write_bytes(b"PAR1 nothing PAR1")

    result, again = (run(mlmon, config, sound, "--format", "json") for _ in range(2))

    assert (result.exit_code, again.exit_code) == (3, 3)
    assert file.name in result.stderr
    assert again.stdout == result.stdout
    assert sorted(each["status"] for each in circuits(result)) == ["insufficient_data", "ok", "ok"]
    assert all(file.name in each["issues"][0] for each in circuits(result))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--as-of", "2999-01-01"), "--as-of 2999-01-01 is in the future"),
        (("--predictions", "nowhere"), "no Delta table and no Parquet file"),
        (("--actuals", "nowhere"), "no Delta table and no Parquet file"),
        (("--env", "prd"), "there is no environment 'prd'; known are prod"),
    ],
)
def test_wrong_usage_ends_with_a_sentence(
    more: tuple[str, ...], told: str, mlmon: Mlmon, config: Path, sound: Path
) -> None:
    result = run(mlmon, config, sound, *more)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
    assert "are kept" not in result.stderr
    assert result.stdout == ""
    assert not (sound / "day").exists()


def test_actuals_without_their_column_cannot_be_judged(
    mlmon: Mlmon, config: Path, tmp_path: Path
) -> None:
    store(tmp_path / "predictions", forecasts(0))
    store(tmp_path / "actuals", happened(0).rename_columns([*targets(0), "value"]))

    result = run(mlmon, config, tmp_path)

    assert result.exit_code == 2
    assert "the column `actual_value` is missing" in result.stderr
    assert "are kept" not in result.stderr


def test_circuits_that_were_judged_are_told_as_kept(
    mlmon: Mlmon, config: Path, sound: Path
) -> None:
    run(mlmon, config, sound)

    result = run(mlmon, config, sound, "--actuals", "nowhere")

    assert result.exit_code == 2
    told = " ".join(result.stderr.split())
    assert "; circuits that were judged are kept: run it again to go on" in told


def test_a_folder_takes_one_run(mlmon: Mlmon, config: Path, sound: Path) -> None:
    run(mlmon, config, sound)

    result = run(mlmon, config, sound, "--as-of", "2026-11-19")

    assert result.exit_code == 2
    assert "differs in as_of" in result.stderr
