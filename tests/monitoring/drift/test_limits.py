from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.drift.limits import (
    FLOORS,
    LimitSettings,
    block_limits,
    fleet_limits,
    own_limits,
    past_runs,
    replay_verdicts,
    smallest_sample,
    upper_quantile,
)
from tests.monitoring.drift.circuits import FIRST_DAY, coupled, random_history

SETTINGS = LimitSettings()


@given(st.integers(0, 500), st.integers(7, 30), st.integers(99, 330))
@settings(max_examples=50, deadline=None)
def test_a_limit_never_uses_a_run_within_the_gap(ahead: int, gap: int, runs: int) -> None:
    chosen = LimitSettings(gap_days=gap, runs=runs, minimum_runs=99)
    history, day = random_history(400), FIRST_DAY + ahead

    used = history.days[past_runs(history, day, chosen)]

    assert (used <= day - gap).all()
    assert used.size == min(runs, max(0, min(400, ahead - gap + 1)))


def test_what_happens_within_the_gap_changes_no_limit() -> None:
    history, day = random_history(400), FIRST_DAY + 400
    late = history.scores.copy()
    late[394:] = 1e9  # ends 6 days before
    changed = replace(history, scores=late)

    expected, _ = own_limits(history, day, SETTINGS)
    found, runs = own_limits(changed, day, SETTINGS)

    np.testing.assert_array_equal(found, expected)
    assert runs == 330
    late[393] = 1e9  # 7 days before: the first that may be used
    assert own_limits(changed, day, SETTINGS)[0].max() < 1  # one of 330 is above the quantile
    late[390:393] = 1e9
    assert own_limits(changed, day, SETTINGS)[0].min() == 1e9


def test_excluded_runs_and_those_of_long_ago_are_not_used() -> None:
    history = random_history(500)
    history.scores[:100] = 1e9
    history.scores[200:220] = 1e9
    excluded = np.zeros(500, np.bool_)
    excluded[200:220] = True

    limits, runs = own_limits(replace(history, excluded=excluded), FIRST_DAY + 500, SETTINGS)

    assert runs == 330
    assert limits.max() < 1


@pytest.mark.parametrize("count", [99, 330, 1000])
def test_the_next_of_exchangeable_values_exceeds_the_quantile_in_at_most_one_per_cent(
    count: int,
) -> None:
    rng = np.random.default_rng(count)
    values = rng.standard_exponential((count, 4_000))

    over = (rng.standard_exponential(4_000) > upper_quantile(values, 0.99)).mean()

    assert over < 0.01 + 3 * np.sqrt(0.01 * 0.99 / 4_000)
    assert over > 0.003


def test_too_few_values_have_no_quantile() -> None:
    values = np.arange(98.0)[:, np.newaxis]

    assert smallest_sample(0.99) == 99
    assert np.isnan(upper_quantile(values, 0.99)).all()
    assert upper_quantile(np.arange(99.0)[:, np.newaxis], 0.99) == 98
    assert np.isnan(upper_quantile(np.empty((0, 2)), 0.99)).all()


def test_missing_scores_count_as_missing_runs() -> None:
    history = random_history(400)
    history.scores[50:, 2, 3] = np.nan

    limits, _ = own_limits(history, FIRST_DAY + 400, SETTINGS)

    assert np.isnan(limits[2, 3])
    assert np.isnan(limits).sum() == 1


def test_infinite_scores_are_a_limit_only_where_they_are_usual() -> None:
    history = random_history(400)
    history.scores[100, 0, 0] = np.inf
    history.scores[100:120, 1, 0] = np.inf

    limits, _ = own_limits(history, FIRST_DAY + 400, SETTINGS)

    assert np.isfinite(limits[0, 0])
    assert np.isinf(limits[1, 0])


def test_a_quiet_history_is_limited_by_the_floors() -> None:
    history = random_history(400)
    history.scores[:] *= 1e-6

    limits, _ = own_limits(history, FIRST_DAY + 400, SETTINGS)

    np.testing.assert_array_equal(limits, np.broadcast_to(FLOORS, limits.shape))


def test_the_fleet_lends_limits_by_feature() -> None:
    short = [random_history(30, seed, ("flow", "current")) for seed in range(5)]
    other = random_history(30, 9, ("pressure",))

    limits = fleet_limits([*short, other], FIRST_DAY + 60, SETTINGS)

    pooled = np.sort(np.concatenate([h.scores[:, 0] for h in short]), axis=0)
    np.testing.assert_array_equal(limits["flow"], pooled[149])  # ceil(151 * .99) is 150
    assert np.isnan(limits["pressure"]).all()


def test_a_fleet_without_history_takes_limits_from_the_weeks_of_the_reference() -> None:
    series = coupled(37)

    limits = block_limits(series, FIRST_DAY + 37)
    changed = series.values.copy()
    changed[:, 30 * 24 :] += 1e6  # the current window has no say
    again = block_limits(replace(series, values=changed), FIRST_DAY + 37)

    assert np.isfinite(limits).all()
    np.testing.assert_array_equal(again, limits)
    assert np.isnan(block_limits(coupled(8), FIRST_DAY + 14)).all()


def test_a_severe_run_does_not_raise_the_limits_after_it() -> None:
    history = random_history(700)
    history.scores[400:440] = 50.0

    kept = replay_verdicts(history, SETTINGS)
    screened = replay_verdicts(history, SETTINGS, exclude_above=1.5)

    assert (screened.of_circuit[400:440] > 1.5).all()
    assert kept.limits[500].min() == 50
    assert screened.limits[500].max() < 1


def test_independent_runs_alarm_as_often_as_the_quantile_says() -> None:
    history = random_history(3_000)
    over = replay_verdicts(history, SETTINGS).exceedance

    # Two statistics that are independent here have to be over together, in one of two spaces.
    assert np.isnan(over[:306]).all()
    assert np.isfinite(over[306:]).all()
    assert (over[306:] > 1).mean() < 0.002


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quantile": 1.0}, "quantile is 1.0, not between 0 and 1"),
        ({"gap_days": 6}, "gap_days is 6: below 7"),
        ({"minimum_runs": 98}, "minimum_runs is 98, not between 99"),
        ({"runs": 200}, "minimum_runs is 300, not between 99"),
    ],
)
def test_settings_that_would_not_hold_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LimitSettings(**wrong)  # type: ignore[arg-type]
