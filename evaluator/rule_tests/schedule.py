"""Numbers the evaluations of a rule, and finds the one at a time of a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evaluator.rule_tests.offsets import PointInTime, format_offset

MAX_EVALUATIONS: Final = 50_000
"""Evaluations of one rule in one test: a month every minute."""


class NotEvaluated(ValueError):  # noqa: N818 - says what the time is not
    """A time at which a rule is not evaluated; `fix` names the nearest."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Schedule:
    """Evaluations at start + phase + k * frequency, k = 0, 1, ... (E1)."""

    start: datetime
    phase: timedelta
    frequency: timedelta

    def time(self, number: int) -> datetime:
        """Tell when an evaluation is."""
        return self.start + self.phase + self.frequency * number

    def offset(self, number: int) -> str:
        """Write when an evaluation is, from the start."""
        return format_offset(self.phase + self.frequency * number)

    def number(self, point: PointInTime) -> int:
        """Find the evaluation at a time.

        Raises:
            NotEvaluated: there is none.
        """
        offset = point - self.start if isinstance(point, datetime) else point
        written = (
            point.isoformat().replace("+00:00", "Z")
            if isinstance(point, datetime)
            else format_offset(point)
        )
        since_first = offset - self.phase
        if since_first < timedelta(0):
            raise NotEvaluated(
                f"`{written}` is before the first evaluation",
                f"the first evaluation is at {self.offset(0)}",
            )
        number, rest = divmod(since_first, self.frequency)
        if rest:
            raise NotEvaluated(
                f"the rule is not evaluated at `{written}`, but every "
                f"{format_offset(self.frequency)}",
                f"write {self.offset(number)} or {self.offset(number + 1)}",
            )
        if number >= MAX_EVALUATIONS:
            raise NotEvaluated(
                f"there are {number:,} evaluations until `{written}`, "
                f"more than the {MAX_EVALUATIONS:,} of a test",
                "write an earlier time, or a later start",
            )
        return number

    def first_after(self, moment: datetime) -> int:
        """Find the first evaluation later than a time, the first of all if the time is before."""
        since_first = moment - self.start - self.phase
        return max(0, since_first // self.frequency + 1)
