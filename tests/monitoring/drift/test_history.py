from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitoring.drift.history import (
    MICROSECONDS_A_DAY,
    DailySeries,
    day_date,
    day_number,
    replay,
)
from monitoring.drift.scores import measure
from tests.monitoring.drift.circuits import FEATURES, FIRST_DAY, HOUR, coupled


def test_a_replayed_run_has_the_scores_of_that_day() -> None:
    series = coupled(45)

    history = replay(series)

    assert history.days.tolist() == list(range(FIRST_DAY + 37, FIRST_DAY + 46))
    expected = measure(FEATURES, series.values[:, 48:768], series.values[:, 768:936])
    np.testing.assert_array_equal(history.scores[2], expected.scores)


def test_what_comes_later_does_not_change_a_run() -> None:
    series = coupled(45)
    later = series.values.copy()
    later[:, 40 * 24 :] *= 5
    changed = DailySeries(series.features, series.timestamps, later)

    np.testing.assert_array_equal(replay(changed).scores[:4], replay(series).scores[:4])
    assert (replay(changed).scores[4] != replay(series).scores[4]).any()


def test_rows_may_come_in_any_order() -> None:
    series = coupled(40)
    order = np.random.default_rng(1).permutation(series.timestamps.size)
    shuffled = DailySeries.of(
        series.timestamps[order], dict(zip(FEATURES, series.values[:, order], strict=True))
    )

    np.testing.assert_array_equal(replay(shuffled).scores, replay(series).scores)


def test_a_last_day_that_has_not_ended_is_no_run() -> None:
    series = coupled(40)
    cut = DailySeries(FEATURES, series.timestamps[:-12], series.values[:, :-12])

    assert replay(cut).days[-1] == FIRST_DAY + 39


def test_a_run_without_readings_has_no_scores() -> None:
    series = coupled(60)
    keep = (series.timestamps < (FIRST_DAY + 40) * 24 * HOUR) | (
        series.timestamps >= (FIRST_DAY + 50) * 24 * HOUR
    )
    holed = DailySeries(FEATURES, series.timestamps[keep], series.values[:, keep])

    history = replay(holed, [FIRST_DAY + 40, FIRST_DAY + 48])

    assert np.isfinite(history.scores[0]).all()
    assert np.isnan(history.scores[1]).all()


def test_runs_that_see_a_day_of_maintenance_are_excluded() -> None:
    history = replay(coupled(60), excluded_days=[FIRST_DAY + 45])

    days = history.days[history.excluded] - FIRST_DAY

    assert days.tolist() == [46, 47, 48, 49, 50, 51, 52]


def test_a_run_ends_at_midnight_in_utc() -> None:
    assert day_date(day_number(datetime(2026, 3, 4, tzinfo=UTC))).isoformat() == "2026-03-04"
    with pytest.raises(ValueError, match=r"2026-03-04T01:00:00\+00:00 is not midnight"):
        day_number(datetime(2026, 3, 4, tzinfo=UTC) + timedelta(hours=1))


def test_rows_without_a_time_are_no_history() -> None:
    times = np.array([np.iinfo(np.int64).min, MICROSECONDS_A_DAY, -5, 2 * MICROSECONDS_A_DAY])
    series = DailySeries.of(times, {"a": np.array([1.0, 2.0, 3.0, 4.0])})

    assert series.values.tolist() == [[2.0, 4.0]]
