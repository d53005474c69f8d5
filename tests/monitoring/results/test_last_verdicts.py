"""A circuit without a verdict has the newest of the nights before that is about its model."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.results.days import results_name
from monitoring.results.folder import as_json
from monitoring.results.last_verdicts import last_verdicts, missing_verdicts

AS_OF = date(2026, 11, 20)
KEY = "PLANT001/CIRCUIT01"


def circuit(version: str | None = "1", name: str = "forecast") -> dict[str, Any]:
    return {
        "plant_id": "PLANT001",
        "circuit_id": "CIRCUIT01",
        "model_name": name,
        "model_version": version,
    }


def verdict(of: Mapping[str, Any], mae: float, day: date) -> dict[str, Any]:
    return {
        **of,
        "status": "degraded" if mae > 0.25 else "ok",
        "evaluated_at": f"{day}T00:00:00Z",
        "metrics": {"mae": mae},
        "limits": {"mae": 0.25},
        "limit_origin": {"mae": "default"},
        "metric": "mae",
        "exceedance": mae / 0.25,
        "streak": 2,
    }


def no_verdict(of: Mapping[str, Any]) -> dict[str, Any]:
    return {**verdict(of, 0.0, AS_OF), "evaluated_at": None}


def write(nights: Path, days_ago: int, *found: Mapping[str, Any]) -> Path:
    day = AS_OF - timedelta(days=days_ago)
    file = nights / str(day) / results_name("performance", day)
    file.parent.mkdir()
    file.write_text(as_json(list(found)))
    return file


def test_the_newest_night_that_has_one_counts(tmp_path: Path) -> None:
    write(tmp_path, 3, verdict(circuit(), 0.1, date(2026, 11, 17)))
    write(tmp_path, 2, verdict(circuit(), 0.5, date(2026, 11, 18)))
    write(tmp_path, 1, no_verdict(circuit()))
    write(tmp_path, 0, verdict(circuit(), 0.2, AS_OF))

    found, problems = last_verdicts(tmp_path / str(AS_OF), AS_OF, [circuit()])

    assert (found[KEY]["evaluated_at"], found[KEY]["streak"]) == ("2026-11-18T00:00:00Z", 2)
    assert (found[KEY]["status"], found[KEY]["exceedance"]) == ("degraded", 2.0)
    assert problems == []


@pytest.mark.parametrize(("days_ago", "is_found"), [(37, True), (38, False)])
def test_nights_count_as_far_back_as_a_night_itself_looks(
    tmp_path: Path, days_ago: int, is_found: bool
) -> None:
    write(tmp_path, days_ago, verdict(circuit(), 0.5, date(2026, 10, 13)))

    found, _ = last_verdicts(tmp_path / str(AS_OF), AS_OF, [circuit()])

    assert (KEY in found) is is_found


@pytest.mark.parametrize(
    ("now", "is_found"),
    [
        (circuit("1"), True),
        (circuit(None), True),
        (circuit("2"), False),
        (circuit("1", "another"), False),
    ],
)
def test_a_verdict_on_another_model_is_not_the_circuits(
    tmp_path: Path, now: Mapping[str, Any], is_found: bool
) -> None:
    write(tmp_path, 1, verdict(circuit("1"), 0.5, date(2026, 11, 19)))

    found, _ = last_verdicts(tmp_path / str(AS_OF), AS_OF, [now])

    assert (KEY in found) is is_found


@pytest.mark.parametrize("content", ["[{", "{}", '[{"plant_id": "PLANT001"}]', "[1]"])
def test_a_night_that_cannot_be_read_is_told_and_does_not_hide_an_older_one(
    tmp_path: Path, content: str
) -> None:
    write(tmp_path, 2, verdict(circuit(), 0.5, date(2026, 11, 18)))
    damaged = write(tmp_path, 1)
    damaged.write_text(content)

    found, [problem] = last_verdicts(tmp_path / str(AS_OF), AS_OF, [circuit()])

    assert KEY in found
    assert str(damaged) in problem


LAST = {**circuit(), "evaluated_at": None, "last_verdict": {"status": "degraded"}}
NEVER = {**circuit(), "circuit_id": "NEW", "evaluated_at": None, "last_verdict": None}
JUDGED = {**circuit(), "circuit_id": "C2", "evaluated_at": str(AS_OF), "last_verdict": None}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([], ""),
        ([JUDGED], ""),
        ([JUDGED, NEVER], ""),
        ([JUDGED, NEVER, LAST], "1 of 3 circuits had a verdict"),
        ([NEVER], "None of 1 circuits has a verdict"),
        ([NEVER, LAST], "arrive. 1 of 2 circuits had a verdict"),
    ],
)
def test_a_verdict_that_is_gone_is_missing_and_one_that_never_was_is_not(
    found: list[Mapping[str, Any]], told: str
) -> None:
    said = missing_verdicts(found)

    assert told in said
    assert bool(told) is bool(said)


def test_a_circuit_that_never_had_one_has_none(tmp_path: Path) -> None:
    write(tmp_path, 1, no_verdict(circuit()))

    assert last_verdicts(tmp_path / str(AS_OF), AS_OF, [circuit()]) == ({}, [])
