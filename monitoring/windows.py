"""The stretches of time that a daily run compares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

CURRENT_DAYS = 7
REFERENCE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time [start, end), in UTC.

    Raises:
        ValueError: a bound is not in UTC, or the window is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound.utcoffset() != timedelta(0):
                raise ValueError(f"{bound.isoformat()} is not in UTC")
        if self.start >= self.end:
            raise ValueError(
                f"the window from {self.start.isoformat()} to {self.end.isoformat()} is empty"
            )

    @classmethod
    def of_days(cls, start: date, end: date) -> Self:
        """Return the whole UTC days from `start`, `end` excluded."""
        return cls(_midnight(start), _midnight(end))

    @property
    def days(self) -> Iterator[date]:
        """Every UTC day of which the window has a part."""
        day = self.start.date()
        while _midnight(day) < self.end:
            yield day
            day += timedelta(days=1)

    @property
    def start_us(self) -> int:
        """The start in microseconds since 1970."""
        return _microseconds(self.start)

    @property
    def end_us(self) -> int:
        """The end in microseconds since 1970, exclusive."""
        return _microseconds(self.end)


@dataclass(frozen=True, slots=True)
class Windows:
    """The current window and, right before it, the rolling reference."""

    reference: Window
    current: Window

    @classmethod
    def of(
        cls,
        as_of: date,
        current_days: int = CURRENT_DAYS,
        reference_days: int = REFERENCE_DAYS,
    ) -> Self:
        """Return the windows of a day: D is the midnight, exclusive, that ends the last day.

        By default the current window is [D-7, D) and the reference [D-37, D-7), whole UTC days.

        Raises:
            ValueError: a number of days is less than one, or the calendar has no such day.
        """
        if min(current_days, reference_days) < 1:
            raise ValueError("a window has at least one day")
        try:
            middle = as_of - timedelta(days=current_days)
            first = middle - timedelta(days=reference_days)
        except OverflowError as error:
            raise ValueError(f"there are not enough days before {as_of}") from error
        return cls(Window.of_days(first, middle), Window.of_days(middle, as_of))

    @property
    def whole(self) -> Window:
        """Both windows as one."""
        return Window(self.reference.start, self.current.end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
