"""A circuit's verdict, its streak of distinct runs, and what happens without enough labels."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.decision_table import Action
from monitoring.decisions import decide
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Ladder
from monitoring.performance.judging import judge_performance
from monitoring.performance.records import (
    CircuitPerformance,
    PerformanceStatus,
    performance_evidence,
)
from monitoring.quality import CircuitQuality
from tests.monitoring.performance.rows import (
    DAYS,
    HOURS,
    WINDOWS,
    actuals,
    circuit,
    judged,
    predictions,
    truth,
    with_limit,
)

OK, DEGRADED = PerformanceStatus.OK, PerformanceStatus.DEGRADED
INSUFFICIENT = PerformanceStatus.INSUFFICIENT_DATA


def wrong_by(*parts: tuple[int, float]) -> np.ndarray:
    """Return the error of each hour: `(days, error)` one after another up to the end, 0 before."""
    tail = np.concatenate([np.full(24 * days, error) for days, error in parts])
    return np.concatenate([np.zeros(HOURS - tail.size), tail])


def day_of(found: CircuitPerformance) -> date:
    assert found.window is not None
    return found.window.end.date()


def test_a_model_within_its_limits_is_ok_and_gives_no_reason() -> None:
    found = judged(wrong_by((7, 0.2)))

    assert (found.status, found.reason, found.streak) == (OK, "", 0)
    assert day_of(found) == date(2026, 11, 20)
    assert (found.labels, found.label_coverage) == (168, 1.0)
    assert found.metrics.mae == pytest.approx(0.2)
    assert len(found.history) == 31
    assert found.history[-1].mae == found.metrics.mae
    assert found.history[0].mae == 0


@pytest.mark.parametrize(
    ("error", "status", "metric"),
    [(0.24, OK, "mae"), (0.26, DEGRADED, "mae"), (-5.0, DEGRADED, "r2")],
)
def test_the_error_is_held_to_the_limit(
    error: float, status: PerformanceStatus, metric: str
) -> None:
    found = judged(wrong_by((7, error)))
    result = found.as_json()

    assert (found.status, result["metric"]) == (status, metric)
    assert result["exceedances"]["mae"] == pytest.approx(abs(error) / 0.25)
    if status is DEGRADED:
        assert f"MAE {abs(error):.3g} against 0.25 (default " in found.reason


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_each_limit_alone_degrades(name: str) -> None:
    of = with_limit(name, "0.1" if name == "rmse" else "0.999")

    found = judged(wrong_by((7, 0.2)), of=of)

    assert found.status is DEGRADED
    assert found.as_json()["metric"] == name
    assert found.streak == 0, "the streak is of the mean absolute error"


def test_an_r2_over_its_limit_exceeds_it_and_one_at_it_does_so_by_one() -> None:
    error = np.sqrt(0.25 * 2)  # the wave has a variance of 2, a quarter may be left unexplained
    of = replace(circuit(), limits={**circuit().limits, **with_limit("mae", "9").limits})

    exceedance = judged(wrong_by((7, error)), of=of).as_json()["exceedances"]["r2"]

    assert exceedance == pytest.approx(1.0)
    tight = judged(wrong_by((7, error)), of=with_limit("r2", "1")).as_json()
    assert tight["exceedances"]["r2"] > 1e8, "a limit of one leaves nothing, and is a number"


def test_the_error_of_the_training_is_compared_and_does_not_decide() -> None:
    of = replace(circuit(), training_mae=Decimal("0.1"))

    good, bad = judged(wrong_by((7, 0.2)), of=of), judged(wrong_by((7, 0.3)), of=of)

    assert good.status is OK
    assert good.as_json()["training"] == {"mae": 0.1, "ratio": pytest.approx(2.0)}
    assert bad.reason.endswith("; the MAE is 3 times that of the training, 0.1.")
    assert judged(wrong_by((7, 0.2))).as_json()["training"] is None


def test_weeks_share_no_day_and_end_with_the_newest_run() -> None:
    result = judged(wrong_by((7, 0.2))).as_json()

    ends = [date.fromisoformat(each["evaluated_at"][:10]) for each in result["weekly"]]
    assert ends[-1] == date(2026, 11, 20)
    assert {(later - before).days for before, later in pairwise(ends)} == {7}
    assert len(ends) == 5
    assert result["weekly"][-1]["mae"] == pytest.approx(0.2)
    assert result["weekly"][-2]["mae"] == pytest.approx(0.0)


def test_a_streak_counts_distinct_runs_and_ends_with_a_good_one() -> None:
    # An error of 1 for n of 7 days is a mean of n/7: over .25 from the second day on.
    assert judged(wrong_by((1, 1.0))).streak == 0
    assert judged(wrong_by((2, 1.0))).streak == 1
    assert judged(wrong_by((4, 1.0))).streak == 3
    assert judged(wrong_by((4, 1.0), (5, 0.0))).streak == 8
    assert judged(wrong_by((4, 1.0), (6, 0.0))).streak == 0
    assert judged(np.ones(HOURS)).streak == 31, "what the days that are looked at hold"


def test_a_circuit_without_new_labels_keeps_verdict_time_and_streak() -> None:
    hours = np.arange(HOURS)
    error = wrong_by((4, 1.0), (3, 0.0))
    then = judged(error, labelled=hours < HOURS - 72)

    # The three days since have predictions whose labels did not come.
    assert (then.status, then.streak, day_of(then)) == (DEGRADED, 3, date(2026, 11, 17))
    assert then.history[-1].evaluated_at.date() == date(2026, 11, 17)
    assert "judged on 2026-11-17 as too few labels came since" in then.reason
    assert judged(error).streak == 6, "labels that came late count"


def test_a_day_without_labels_is_no_run() -> None:
    hours = np.arange(HOURS)
    quiet = (hours >= HOURS - 72) & (hours < HOURS - 48)

    found = judged(wrong_by((7, 1.0)), labelled=~quiet)

    days = [run.evaluated_at.date() for run in found.history]
    assert date(2026, 11, 18) not in days
    assert days[-2:] == [date(2026, 11, 19), date(2026, 11, 20)]
    assert found.streak == 5


@pytest.mark.parametrize(
    ("labels", "of", "status"),
    [(24, 24, OK), (23, 23, INSUFFICIENT), (24, 48, OK), (24, 49, INSUFFICIENT)],
)
def test_a_verdict_takes_a_number_and_a_share_of_labels(
    labels: int, of: int, status: PerformanceStatus
) -> None:
    error = np.full(HOURS, nan)
    error[HOURS - of :] = 0.0
    known = np.arange(HOURS) >= HOURS - labels

    found = judged(error, labelled=known)

    assert found.status is status
    assert (found.labels, found.label_coverage) == (labels, labels / of)
    if status is INSUFFICIENT:
        assert f"{labels} of {of} predictions of the last 7 days have an actual" in found.reason
        assert found.window is None
        assert found.as_json()["metrics"]["mae"] is None


def test_no_labels_and_no_predictions_are_never_ok() -> None:
    hours = np.arange(HOURS)
    some, none = predictions(hours, truth(hours)), predictions([], [])

    unlabelled = judge_performance(circuit(), some, actuals([], []), WINDOWS)
    silent = judge_performance(circuit(), none, actuals(hours, truth(hours)), WINDOWS)

    for found, what in ((unlabelled, "actual"), (silent, "prediction")):
        assert found.status is INSUFFICIENT
        assert f"{circuit().key}: there is no {what} of the last 37 days." == found.reason
    assert unlabelled.label_coverage == 0
    assert isnan(silent.label_coverage)


def test_what_is_there_and_cannot_be_used_is_not_told_as_absent() -> None:
    hours = np.arange(HOURS)
    nothing, truths = np.full(HOURS, nan), truth(hours)
    sound, happened = predictions(hours, truths), actuals(hours, truths)

    no_number = judge_performance(circuit(), predictions(hours, nothing), happened, WINDOWS)
    no_label = judge_performance(circuit(), sound, actuals(hours, nothing), WINDOWS)

    lost = f"{HOURS} rows without a number"
    for found, what in ((no_number, "prediction"), (no_label, "actual")):
        told = f"no {what} of the last 37 days can be used; left out are {lost}"
        assert f"{circuit().key}: {told}." == found.reason


def test_what_was_left_out_is_counted_and_told_where_it_matters() -> None:
    hours = np.arange(HOURS)
    made = predictions(hours, truth(hours), issued=hours + 1.0)
    twice = actuals(np.repeat(hours, 2), np.arange(2 * HOURS))

    skewed = judge_performance(circuit(), made, actuals(hours, truth(hours)), WINDOWS)
    sound = predictions(hours, np.where(hours == 9, nan, truth(hours)))
    contradicted = judge_performance(circuit(), sound, twice, WINDOWS)

    assert f"{HOURS} rows issued after the time that they forecast" in skewed.reason
    assert f"{2 * HOURS} rows that contradict each other" in contradicted.reason
    left_out = contradicted.as_json()["left_out"]
    assert left_out["unusable_predictions"] == 1
    assert left_out["contradicting_labels"] == 2 * HOURS


@pytest.mark.parametrize(
    ("error", "every", "status"),
    [
        (0.1, 2, "insufficient_data"),
        (0.5, 2, "degraded"),
        (0.1, 19, "insufficient_data"),
        (0.1, 21, "ok"),
    ],
)
def test_an_error_within_its_limits_is_no_ok_of_a_model_that_often_gives_no_number(
    error: float, every: int, status: str
) -> None:
    hours = np.arange(HOURS)
    values = np.where(hours % every == 0, nan, truth(hours) + error)
    happened = actuals(hours, truth(hours))

    found = judge_performance(circuit(), predictions(hours, values), happened, WINDOWS)

    lost = sum(1 for each in range(HOURS - 168, HOURS) if each % every == 0)
    told = f"{lost} predictions of the last 7 days, {lost / 168:.1%} of them, have no usable number"
    assert found.status == status
    assert (told in found.reason) == (status != "ok")
    result = found.as_json()
    assert result["without_number"] == {"predictions": lost, "share": lost / 168}
    assert result["metrics"]["mae"] == pytest.approx(error)
    assert result["evaluated_at"] == "2026-11-20T00:00:00Z"


def test_a_model_that_gives_no_number_any_more_does_not_keep_its_ok() -> None:
    hours = np.arange(HOURS)
    values = np.where(hours < HOURS - 9 * 24, truth(hours), nan)
    happened = actuals(hours, truth(hours))

    found = judge_performance(circuit(), predictions(hours, values), happened, WINDOWS)

    assert (found.status, found.numberless.share) == (INSUFFICIENT, 1.0)
    assert "168 predictions of the last 7 days, 100.0% of them" in found.reason


def test_without_a_verdict_predictions_that_are_no_number_are_told() -> None:
    hours = np.arange(HOURS)
    values = np.where(hours % 24 < 2, truth(hours), nan)
    made, happened = predictions(hours, values), actuals(hours, truth(hours))

    found = judge_performance(circuit(), made, happened, WINDOWS)

    assert f"left out are {HOURS * 22 // 24} rows of predictions without a number" in found.reason


def test_each_horizon_is_told_the_unknown_one_last() -> None:
    hours = np.repeat(np.arange(HOURS), 3)
    horizons = np.tile([60.0, 1440.0, nan], HOURS)
    error = np.tile([0.1, 0.2, 0.3], HOURS)
    made = predictions(hours, truth(hours) + error, horizon=horizons)

    found = judge_performance(
        circuit(), made, actuals(np.arange(HOURS), truth(np.arange(HOURS))), WINDOWS
    )

    told = found.as_json()["horizons"]
    assert [each["horizon"] for each in told] == [60, 1440, None]
    assert [each["mae"] for each in told] == pytest.approx([0.1, 0.2, 0.3])
    assert [each["labels"] for each in told] == [168] * 3
    assert found.metrics.mae == pytest.approx(0.2)


def test_the_result_is_json_and_has_every_field_also_without_a_verdict() -> None:
    judgements = [judged(np.full(HOURS, each)) for each in (0.1, 1.0, nan)]
    texts = [json.dumps(found.as_json(), allow_nan=False) for found in judgements]

    assert len({tuple(json.loads(text)) for text in texts}) == 1
    for text in texts:
        result = json.loads(text)
        assert result["limits"] == {"mae": 0.25, "rmse": 0.35, "r2": 0.75}
        assert (result["evaluated_at"] is None) == (result["status"] == "insufficient_data")
    assert json.loads(texts[0])["evaluated_at"] == "2026-11-20T00:00:00Z"


def test_evidence_for_the_decision_is_the_worst_measure_or_none() -> None:
    bad, none = (judged(np.full(HOURS, each)).as_json() for each in (1.0, nan))

    evidence = performance_evidence(bad)
    assert evidence.metric == "mae"
    assert evidence.value == pytest.approx(1.0)
    assert evidence.exceedance == pytest.approx(4.0)
    assert evidence.origin.startswith("default")
    unknown = performance_evidence({**none, "last_verdict": None})
    assert isnan(unknown.value)

    old = performance_evidence({**none, "last_verdict": bad})
    assert (old.value, old.exceedance) == (evidence.value, evidence.exceedance)
    assert (old.last_known, evidence.last_known) == ("2026-11-20", "")

    quality = CircuitQuality("P1", "C1", 10_080, (), ())
    drift = DriftEvidence.without_verdict(
        "calibrated", DriftStatus.WARMING_UP, Ladder(1, 1.5), "no history"
    )
    assert decide(drift, quality, evidence).action is Action.SCHEDULE_RETRAINING
    assert decide(drift, quality, unknown).action is Action.MONITOR
    from_before = decide(drift, quality, old)
    assert from_before.action is Action.SCHEDULE_RETRAINING
    assert from_before.reason.endswith("mae is the last known, of 2026-11-20.")


@given(
    st.lists(st.sampled_from([0.0, 0.3, 2.0]), min_size=DAYS, max_size=DAYS),
    st.lists(st.booleans(), min_size=DAYS, max_size=DAYS),
)
def test_runs_are_those_of_a_plain_loop_over_the_days(
    errors: list[float], labelled: list[bool]
) -> None:
    known = np.repeat(labelled, 24)

    found = judged(np.repeat(errors, 24), labelled=known)

    expected = []
    for end in range(7, DAYS + 1):
        kept = [errors[d] for d in range(end - 7, end) if labelled[d]]
        if labelled[end - 1] and len(kept) / 7 >= 0.5:
            expected.append(sum(kept) / len(kept))
    assert [run.mae for run in found.history] == pytest.approx(expected)
    streak = 0
    for mae in reversed(expected):
        if mae <= 0.25:
            break
        streak += 1
    assert found.streak == streak
    assert found.status is (INSUFFICIENT if not expected else found.status)
