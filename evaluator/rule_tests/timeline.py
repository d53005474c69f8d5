"""Timelines: the state of a series at every evaluation, run-length encoded.

    timeline = state | run { "," run }
    run      = time [ ".." time ] state

such as `0m..1h10m NoAlert, 1h15m Fired, 1h20m..1h35m Firing`. A state alone holds throughout.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from evaluator.evaluation.result import AlertState
from evaluator.rule_tests.offsets import PointInTime, point_in_time


class TimelineError(ValueError):
    """A text that is no timeline; the place is that of the wrong run."""

    def __init__(self, message: str, fix: str, start: int, end: int) -> None:
        super().__init__(message)
        self.fix = fix
        self.start = start
        """Offset in the text, 0-based."""
        self.end = end
        """Exclusive."""


@dataclass(frozen=True, slots=True)
class Run:
    """A state from one time to another, both inclusive; throughout without times."""

    first: PointInTime | None
    last: PointInTime | None
    state: AlertState
    start: int
    """Offset in the text, 0-based."""
    end: int
    """Exclusive."""


STATES = {state.value: state for state in AlertState}
_RUN = re.compile(r"(?:(?P<first>[^\s.]+)(?:\s*\.\.\s*(?P<last>[^\s.]+))?\s+)?(?P<state>[A-Za-z]+)")


def parse_timeline(text: str) -> tuple[Run, ...]:
    """Read a timeline; whether its times follow each other is not looked at.

    Raises:
        TimelineError: it is none.
    """
    runs = tuple(_runs(text))
    alone = next((run for run in runs if run.first is None), None)
    if alone is not None and len(runs) > 1:
        raise TimelineError(
            f"`{alone.state.value}` has no time",
            "write the times of every state; a state alone holds throughout",
            alone.start,
            alone.end,
        )
    return runs


def _runs(text: str) -> Iterator[Run]:
    start = 0
    for part in text.split(","):
        content = part.strip()
        begin = start + len(part) - len(part.lstrip())
        yield _run(content, begin)
        start += len(part) + 1


def _run(content: str, start: int) -> Run:
    end = start + max(1, len(content))
    match = _RUN.fullmatch(content)
    if match is None:
        raise TimelineError(
            f"`{content}` is no part of a timeline",
            "write a time and a state such as 1h15m Fired, or 0m..1h10m NoAlert",
            start,
            end,
        )
    name = match["state"]
    if name not in STATES:
        close = difflib.get_close_matches(name, STATES, 1)
        fix = f"did you mean `{close[0]}`?" if close else f"states: {', '.join(STATES)}"
        offset = start + match.start("state")
        raise TimelineError(f"`{name}` is no state", fix, offset, offset + len(name))
    first = _point(match, "first", start)
    last = _point(match, "last", start)
    return Run(first, first if last is None else last, STATES[name], start, end)


def _point(match: re.Match[str], group: str, start: int) -> PointInTime | None:
    if match[group] is None:
        return None
    try:
        return point_in_time(match[group])
    except PydanticCustomError as error:
        context = error.context or {}
        raise TimelineError(
            context["message"],
            context["fix"],
            start + match.start(group),
            start + match.end(group),
        ) from None
