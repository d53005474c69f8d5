from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from monitoring.windows import Window, Windows


def test_the_windows_of_a_day_end_at_its_midnight_and_touch() -> None:
    windows = Windows.of(date(2026, 11, 23))

    assert windows.current == Window(
        datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert windows.reference == Window(
        datetime(2026, 10, 17, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)
    )
    assert windows.whole == Window(windows.reference.start, windows.current.end)


def test_a_window_knows_its_days_also_where_it_starts_within_one() -> None:
    window = Window(
        datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2026, 3, 2, 0, 1, tzinfo=UTC)
    )

    assert list(window.days) == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    assert list(Window.of_days(date(2026, 3, 1), date(2026, 3, 2)).days) == [date(2026, 3, 1)]


def test_microseconds_are_exact() -> None:
    window = Window(
        datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, 0, 1, tzinfo=UTC)
    )

    assert window.start_us == 0
    assert window.end_us == 1_795_392_000_000_001


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (datetime(2026, 1, 1), datetime(2026, 1, 2), "not in UTC"),  # noqa: DTZ001
        (
            datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 2, tzinfo=UTC),
            "not in UTC",
        ),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), "is empty"),
    ],
)
def test_a_window_that_is_none_is_refused(start: datetime, end: datetime, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Window(start, end)


def test_windows_without_days_or_before_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        Windows.of(date(2026, 1, 1), current_days=0)
    with pytest.raises(ValueError, match="not enough days before"):
        Windows.of(date(1, 1, 5))
