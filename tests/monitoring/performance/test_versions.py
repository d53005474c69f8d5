"""Forecasts of several models and versions: one is judged, and no error is of two models."""

from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.model_predictions import by_name
from monitoring.performance.judging import judge_performance
from monitoring.performance.versions import VERSION, by_version, judged_version
from monitoring.sensors import CircuitReadings
from tests.monitoring.performance.rows import (
    HOURS,
    WINDOWS,
    actuals,
    circuit,
    hour,
    predictions,
    truth,
)

Part = tuple[str | None, range, float]
"""Version, target hours and error of some forecasts."""
GOOD, BAD = 0.1, 0.5
WEEK, DAY = 7 * 24, 24


def last(hours: int, *, until: int = 0) -> range:
    """Return the hours before the run, up to so many before it."""
    return range(HOURS - hours, HOURS - until)


def stored(*parts: Part) -> CircuitReadings:
    """Make the rows of a table, one part behind the other."""
    hours = np.concatenate([np.array(part[1]) for part in parts])
    errors = np.concatenate([np.full(len(part[1]), part[2]) for part in parts])
    versions = [version for version, own, _ in parts for _ in own]
    return predictions(hours, truth(hours) + errors, version=versions)


def result(*parts: Part, configured: str | None = "1") -> dict[str, Any]:
    """Judge a circuit whose every hour has an actual."""
    hours = np.arange(HOURS)
    of = replace(circuit(), model_version=configured)
    found = judge_performance(of, stored(*parts), actuals(hours, truth(hours)), WINDOWS)
    return found.as_json()


def others(found: dict[str, Any]) -> list[tuple[str | None, int, float | None]]:
    return [
        (each["model_version"], each["labels"], each["mae"] and round(each["mae"], 6))
        for each in found["other_versions"]
    ]


@pytest.mark.parametrize("configured", ["1", "2"])
def test_of_a_canary_and_a_champion_each_has_its_own_error(configured: str) -> None:
    found = result(("1", range(HOURS), GOOD), ("2", last(3 * DAY), BAD), configured=configured)

    assert found["model_version"] == configured
    error, other = (GOOD, ("2", 72, BAD)) if configured == "1" else (BAD, ("1", 168, GOOD))
    assert found["metrics"]["mae"] == pytest.approx(error)
    assert found["status"] == ("ok" if configured == "1" else "degraded")
    assert others(found) == [other]


def test_a_new_version_inherits_neither_streak_nor_history() -> None:
    before = result(("1", range(HOURS), BAD))
    found = result(
        ("1", last(HOURS, until=2 * DAY), BAD), ("2", last(2 * DAY), GOOD), configured="2"
    )

    assert (before["streak"], before["status"]) == (31, "degraded")
    assert (found["model_version"], found["streak"], found["status"]) == ("2", 0, "ok")
    assert [run["evaluated_at"] for run in found["history"]] == [
        "2026-11-19T00:00:00Z",
        "2026-11-20T00:00:00Z",
    ]
    assert found["labels"] == 48
    assert found["label_coverage"] == 1.0
    assert others(found) == [("1", WEEK - 48, BAD)]
    assert found["other_versions"][0]["first_target_time"] == "2026-10-14T00:00:00Z"
    assert found["other_versions"][0]["last_target_time"] == "2026-11-17T23:00:00Z"


def test_on_its_first_day_a_version_has_no_verdict_yet_and_the_old_one_does_not_lend_it_one() -> (
    None
):
    found = result(("1", last(HOURS, until=5), BAD), ("2", last(5), GOOD), configured="2")

    assert (found["status"], found["streak"], found["metric"]) == ("insufficient_data", 0, None)
    assert found["reason"].endswith("; version 2 is judged, from 2026-11-19 on.")
    assert others(found) == [("1", WEEK - 5, BAD)]


def test_a_degraded_version_is_named_where_there_are_several() -> None:
    found = result(("1", range(HOURS), GOOD), ("2", last(WEEK), BAD), configured="2")
    alone = result(("2", range(HOURS), BAD), configured="2")

    assert "; version 2 is judged, from 2026-11-13 on" in found["reason"]
    assert "is judged" not in alone["reason"]
    assert alone["other_versions"] == []


@pytest.mark.parametrize("configured", [None, "1", "9"])
def test_without_a_configured_version_that_forecasts_still_the_newest_is_judged(
    configured: str | None,
) -> None:
    found = result(
        ("1", last(HOURS, until=WEEK), BAD), ("2", last(WEEK), GOOD), configured=configured
    )

    assert (found["model_version"], found["status"]) == ("2", "ok")
    assert others(found) == [("1", 0, None)]
    told = f"as version {configured} of the configuration has no forecast of the last 7 days"
    assert (told in found["reason"]) == (configured is not None)


def test_a_configured_version_that_nobody_forecasts_with_is_told_also_of_a_model_that_is_well() -> (
    None
):
    found = result(("1", range(HOURS), GOOD), configured="9")
    as_configured = result(("1", range(HOURS), GOOD), configured="1")

    assert (found["status"], found["other_versions"]) == ("ok", [])
    assert found["reason"] == (
        f"{circuit().key}: version 1 is judged, from 2026-10-14 on, as version 9 of the "
        "configuration has no forecast of the last 7 days."
    )
    assert as_configured["reason"] == ""


def test_a_configured_version_is_judged_as_long_as_it_forecasts_in_the_current_window() -> None:
    found = result(("1", last(HOURS, until=6 * DAY), GOOD), ("2", last(6 * DAY), BAD))

    assert (found["model_version"], found["status"]) == ("1", "ok")


def test_interleaved_rows_are_told_apart_whatever_their_order() -> None:
    hours = np.repeat(np.arange(HOURS), 2)
    versions = ["1", "2"] * HOURS
    made = predictions(hours, truth(hours) + np.tile([GOOD, BAD], HOURS), version=versions)
    order = np.random.default_rng(1).permutation(hours.size)
    shuffled = replace(
        made,
        timestamps=made.timestamps[order],
        values={name: values[order] for name, values in made.values.items()},
    )
    happened = actuals(np.arange(HOURS), truth(np.arange(HOURS)))

    found, again = (judge_performance(circuit(), r, happened, WINDOWS) for r in (made, shuffled))

    assert found.metrics.mae == pytest.approx(GOOD)
    assert found.left_out.repeated_predictions == 0
    assert others(found.as_json()) == others(again.as_json()) == [("2", WEEK, BAD)]
    assert again.metrics.mae == pytest.approx(GOOD)


def test_rows_without_a_version_are_those_of_a_version_of_their_own() -> None:
    found = result(("1", last(HOURS, until=DAY), GOOD), (None, last(DAY), BAD))

    assert (found["model_version"], found["status"]) == ("1", "ok")
    assert others(found) == [(None, 24, BAD)]
    assert found["without"][VERSION] == 24


def test_without_any_version_all_are_judged_as_of_one() -> None:
    found = result((None, range(HOURS), GOOD))

    assert (found["model_version"], found["status"], found["labels"]) == (None, "ok", WEEK)
    assert (others(found), found["without"][VERSION]) == ([], HOURS)


def test_a_circuit_without_predictions_has_the_version_of_the_configuration() -> None:
    found = result(("1", range(0), GOOD), configured="3")

    assert (found["model_version"], found["status"]) == ("3", "insufficient_data")


def test_a_wrong_clock_makes_no_version_the_newest() -> None:
    times = np.array([*last(WEEK), HOURS - 1])
    issued = [*(times[:-1] - 1), HOURS + 50]
    made = predictions(times, truth(times), version=["2"] * WEEK + ["3"], issued=issued)

    assert judged_version(by_version(made, WINDOWS.whole), None, WINDOWS.current) == "2"


def test_of_versions_that_forecast_the_same_hours_the_one_that_began_last_is_the_newest() -> None:
    made = stored(("b", range(HOURS), 0), ("a", last(WEEK), 0))

    assert judged_version(by_version(made, WINDOWS.whole), None, WINDOWS.current) == "a"


def test_without_issue_times_the_newest_target_decides() -> None:
    made = stored(("2", last(HOURS, until=2), 0), ("1", last(5), 0))
    made.values["issued_at"][:] = nan

    assert judged_version(by_version(made, WINDOWS.whole), None, WINDOWS.current) == "1"


NAMED = circuit().model_name


def of_models(
    *parts: tuple[str | None, range, float], configured: str | None = "1"
) -> dict[str, Any]:
    """Judge forecasts of models that all have version 1."""
    hours = np.concatenate([np.array(part[1]) for part in parts])
    errors = np.concatenate([np.full(len(part[1]), part[2]) for part in parts])
    names = [name for name, own, _ in parts for _ in own]
    made = predictions(hours, truth(hours) + errors, model=names)
    of = replace(circuit(), model_version=configured)
    happened = actuals(np.arange(HOURS), truth(np.arange(HOURS)))
    return judge_performance(of, made, happened, WINDOWS).as_json()


def test_another_model_with_the_same_version_is_told_beside_and_never_mixed() -> None:
    alone = of_models((NAMED, range(HOURS), GOOD))
    found = of_models((NAMED, range(HOURS), GOOD), ("new-model", last(5 * DAY), BAD))

    [other] = found.pop("other_versions")
    assert found == {name: value for name, value in alone.items() if name != "other_versions"}
    assert (found["status"], found["left_out"]["repeated_predictions"]) == ("ok", 0)
    assert (other["model_name"], other["model_version"]) == ("new-model", "1")
    assert (other["labels"], other["mae"]) == (5 * DAY, pytest.approx(BAD))


def test_a_degraded_model_is_named_where_there_are_several() -> None:
    found = of_models((NAMED, range(HOURS), BAD), ("new-model", last(WEEK), GOOD))

    assert found["reason"].endswith(f"; of {NAMED}, version 1 is judged, from 2026-10-14 on.")


def test_forecasts_of_other_models_alone_are_no_verdict_on_the_configured_one() -> None:
    found = of_models(("new-model", range(HOURS), BAD))

    assert (found["status"], found["labels"], found["newest_forecast"]) == (
        "insufficient_data",
        0,
        None,
    )
    assert f"is of its model {NAMED}, and those of new-model are not judged" in found["reason"]
    assert [each["model_name"] for each in found["other_versions"]] == ["new-model"]


def test_rows_that_name_no_model_count_as_the_circuits_own() -> None:
    found = of_models((None, last(HOURS, until=WEEK), GOOD), (NAMED, last(WEEK), GOOD))

    assert (found["labels"], len(found["history"]), found["other_versions"]) == (WEEK, 31, [])


@given(st.lists(st.sampled_from(["a", "b", NAMED, None]), max_size=20))
def test_models_are_those_of_a_plain_dictionary(names: list[str | None]) -> None:
    expected: dict[str, list[int]] = {NAMED: []}
    for at, name in enumerate(names):
        expected.setdefault(name or NAMED, []).append(hour(at))

    found = by_name(predictions(range(len(names)), [0.0] * len(names), model=names), NAMED)

    assert {name: own.timestamps.tolist() for name, own in found.items()} == expected
    assert list(found) == [NAMED, *sorted(set(expected) - {NAMED})]


ROWS = st.lists(
    st.tuples(st.integers(-2, HOURS + 1), st.sampled_from(["1", "2", None])), max_size=30
)


@given(ROWS)
def test_versions_are_those_of_a_plain_dictionary(rows: list[tuple[int, str | None]]) -> None:
    expected: dict[str | None, list[int]] = {}
    for at, version in rows:
        if 0 <= at < HOURS:
            expected.setdefault(version, []).append(hour(at))

    made = predictions([r[0] for r in rows], [0.0] * len(rows), version=[r[1] for r in rows])
    found = by_version(made, WINDOWS.whole)

    assert {version: own.timestamps.tolist() for version, own in found.items()} == expected
    assert [version or "" for version in found] == sorted(version or "" for version in expected)
