"""Pictures of a circuit: the same bytes for the same content, whatever the data are."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from generator.project import ROOT
from monitoring.drift.records import RECORDS
from monitoring.plots.circuit import CircuitPicture, Sample, render, write_picture
from monitoring.plots.history import Point, read_history
from monitoring.results.records_table import merge_records
from monitoring.sensors import FloatArray
from monitoring.sources import SourceError
from monitoring.windows import Windows
from tests.conftest import Mlmon
from tests.monitoring.baselines.conftest import Data
from tests.monitoring.baselines.conftest import data as data

WINDOWS = Windows.of(date(2026, 11, 20))
NORMAL = np.random.default_rng(0).normal(50, 3, 2000)
NOTHING = np.full(100, np.nan)


def picture(
    reference: FloatArray, current: FloatArray, *, title: str = "P/C", feature: str = "voltage"
) -> CircuitPicture:
    points = tuple(Point(date(2026, 11, day), day / 10, day > 10) for day in range(1, 20))
    return CircuitPicture(
        title,
        (feature,),
        (
            Sample("reference", WINDOWS.reference, {feature: reference}),
            Sample("current", WINDOWS.current, {feature: current}),
        ),
        {feature: "to reference: Wn 0.10"},
        {(feature, "rolling"): points},
    )


def test_the_same_picture_has_the_same_bytes() -> None:
    one, two = (render(picture(NORMAL, NORMAL + 1), "svg") for _ in range(2))

    assert one == two
    assert b"<dc:date>" not in one
    assert render(picture(NORMAL, NORMAL + 2), "svg") != one


@pytest.mark.parametrize(
    "values",
    [
        (NORMAL, NOTHING),
        (NOTHING, NOTHING),
        (np.empty(0), np.empty(0)),
        (np.full(100, 7.0), np.full(100, 7.0)),
        (np.zeros(100), np.full(10, 1e300)),
        (np.round(NORMAL), np.round(NORMAL) * 10),
        (np.append(NORMAL, [np.inf, -np.inf]), NORMAL),
    ],
)
def test_any_readings_can_be_drawn(values: Sequence[FloatArray]) -> None:
    assert render(picture(*values), "svg").startswith(b"<?xml")


def test_names_are_drawn_as_they_are_written() -> None:
    hostile = "$\\frac{1}$<script>&\x1b[2J\u202e"

    drawn = render(picture(NORMAL, NORMAL, title=hostile, feature=hostile), "svg").decode()

    assert "<script>" not in drawn
    assert not re.search("[\x00-\x08\x1b\u202e]", drawn)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"neither in \.svg nor in \.png"):
        write_picture(picture(NORMAL, NORMAL), tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def _record(circuit: str, day: int, **changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "run_date": f"2026-11-{day:02}",
        "run_id": "r",
        "plant_id": "P",
        "circuit_id": circuit,
        "model_name": "m",
        "feature": "voltage",
        "space": "raw",
        "reference": "rolling",
        "exceedance": day / 10,
        "rule": "calibrated",
        "status": "ok",
        "reason": "",
    }
    return {**plain, **changes}


def test_the_history_is_that_of_one_circuit_in_order_of_time(tmp_path: Path) -> None:
    uri = str(tmp_path / "records")
    for day in (3, 1, 2):
        rows = [
            _record("C1", day),
            _record("C1", day, space="residual", exceedance=None),
            _record("C1", day, reference="training", status="warming_up"),
            _record("C2", day, exceedance=99.0),
        ]
        merge_records(uri, RECORDS, date(2026, 11, day), rows)

    found = read_history(uri, "P", "C1")

    days = [date(2026, 11, day) for day in (1, 2, 3)]
    assert found["voltage", "rolling"] == tuple(Point(d, d.day / 10, True) for d in days)
    assert [p.is_judged for p in found["voltage", "training"]] == [False] * 3
    assert read_history(uri, "P", "C9' OR '1'='1") == {}


def test_a_folder_without_records_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no Delta table"):
        read_history(str(tmp_path), "P", "C")


def test_the_command_draws_a_circuit_with_its_baseline_and_history(
    data: Data, mlmon: Mlmon
) -> None:
    config = ("--config", str(ROOT / "config"), "--env", "prod")
    sensors = data.sensors.uri
    one = "PLANT001/CIRCUIT01"
    mlmon(
        *("baseline", "create", "--data", sensors, "--as-of", "2026-10-01", "--circuit", one),
        *("--out", "b", "--anyway", *config),
    )
    merge_records(
        "records", RECORDS, date(2026, 10, 30), [_record("C1", 30, run_date="2026-10-30")]
    )
    draw = ("drift", "plot", one, "--data", sensors, "--as-of", "2026-10-31", *config)

    result = mlmon(*draw, "--out", "a.svg", "--baselines", "b", "--records", "records")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "a.svg\n", "")
    assert mlmon(*draw, "--out", "b.png").exit_code == 0
    assert Path("b.png").read_bytes().startswith(b"\x89PNG")
    without = mlmon(*draw, "--out", "c.svg", "--baselines", "nowhere")
    assert without.exit_code == 0
    assert f"{one} is drawn without its baseline: there is no baseline" in without.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("P/NONE", "--out", "a.svg"), "there is no circuit 'P/NONE'"),
        (("PLANT001/CIRCUIT01", "--out", "a.gif"), "neither in .svg nor in .png"),
        (("PLANT001/CIRCUIT09", "--out", "a.svg"), "has no row in the 37 days"),
        (("PLANT001/CIRCUIT01", "--out", "a.svg", "--records", "none"), "there is no Delta table"),
        (("PLANT001/CIRCUIT01", "--out", "a.svg", "--datastore", "a=b"), "--baselines configured"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    arguments: tuple[str, ...], told: str, data: Data, mlmon: Mlmon
) -> None:
    config = ("--config", str(ROOT / "config"), "--env", "prod")

    result = mlmon(
        *("drift", "plot", *arguments, "--data", data.sensors.uri),
        *("--as-of", "2026-10-31", *config),
    )

    assert result.exit_code == 2
    assert told in result.stderr
    assert not Path("a.svg").exists()
