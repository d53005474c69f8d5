"""The expanding notation of sample values, that of promtool with two additions.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series

    item     = samples [ "!" n ]          n rows at each step instead of one
    samples  = a                          one sample
             | a "+" b "x" n              n + 1 samples: a, a + b, ... a + n * b
             | a "-" b "x" n              n + 1 samples: a, a - b, ... a - n * b
             | a "x" n                    n + 1 samples: a, a, ...
             | "~" a ".." b [ "x" n ]     1 or n + 1 samples, uniformly random between a and b
             | "_" [ "x" n ]              1 or n steps without a row

Items are separated by white space. Randomness is seeded: the same text and seed give the same
samples. Sums are exact decimals, so that `0.1+0.1x2` ends in 0.3.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from typing import Final

MAX_SAMPLES: Final = 1_000_000
"""Rows that one column may hold."""

Sample = int | float
Step = tuple[Sample, ...] | None
"""The samples of one step, one a row; None where there is no row."""

_NUMBER = r"[-+]?(?:(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?|Inf|NaN)"
_COUNT = r"\d{1,9}"
_ITEM = re.compile(
    rf"(?:(?P<gap>_)(?:x(?P<gaps>{_COUNT}))?"
    rf"|~(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})(?:x(?P<draws>{_COUNT}))?"
    rf"|(?P<first>{_NUMBER})(?:(?P<sign>[-+])(?P<increment>{_NUMBER[5:]}))?"
    rf"(?:x(?P<times>{_COUNT}))?"
    rf")(?:!(?P<rows>{_COUNT}))?"
)


class NotationError(ValueError):
    """A text that is no sequence of samples; the place is that of the wrong item."""

    def __init__(self, message: str, fix: str, start: int, end: int) -> None:
        super().__init__(message)
        self.fix = fix
        self.start = start
        """Offset in the text, 0-based."""
        self.end = end
        """Exclusive."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A matched item, and the place its errors name."""

    match: re.Match[str]
    start: int

    def count(self, group: str) -> int | None:
        text = self.match[group]
        return None if text is None else int(text)

    def error(self, message: str, fix: str) -> NotationError:
        return NotationError(message, fix, self.start, self.start + len(self.match[0]))


def expand(text: str, seed: str) -> list[Step]:
    """Write a sequence out, step by step.

    Raises:
        NotationError: an item is none, or the sequence has more than `MAX_SAMPLES`.
    """
    steps: list[Step] = []
    total = 0
    for index, item in enumerate(_items(text)):
        length = _length(item)
        rows = _rows(item)
        total += length * rows
        if total > MAX_SAMPLES:
            raise item.error(
                f"the sequence has {total:,} samples up to here, "
                f"more than the {MAX_SAMPLES:,} that are made",
                "write fewer samples, or read them from a file",
            )
        steps += _steps(item, length, rows, f"{seed} {index}")
    if not steps:
        raise NotationError("there is no sample", "write some, such as 0.1x9", 0, len(text))
    return steps


def _items(text: str) -> Iterator[_Item]:
    for token in re.finditer(r"\S+", text):
        match = _ITEM.fullmatch(token[0])
        if match is None:
            raise NotationError(
                f"`{token[0]}` is no sample",
                "write a, a+bxn, a-bxn, axn, ~a..bxn, _ or _xn, with !n for n rows a step",
                token.start(),
                token.end(),
            )
        yield _Item(match, token.start())


def _length(item: _Item) -> int:
    """Count an item's steps; `x0` is one step, as in promtool, but no step of a gap."""
    if item.match["gap"]:
        gaps = item.count("gaps")
        return 1 if gaps is None else gaps
    if item.match["increment"] and item.count("times") is None:
        raise item.error(
            f"`{item.match[0]}` does not say how often to go on", "write xn behind it, such as x9"
        )
    return 1 + (item.count("draws") or item.count("times") or 0)


def _rows(item: _Item) -> int:
    rows = item.count("rows")
    if rows is None:
        return 1
    if item.match["gap"]:
        raise item.error("a gap has no rows to repeat", "leave !n out, or write a value")
    if rows == 0:
        raise item.error("`!0` leaves no row", "write _ for a step without rows")
    return rows


def _steps(item: _Item, length: int, rows: int, seed: str) -> Iterator[Step]:
    if item.match["gap"]:
        yield from repeat(None, length)
    elif item.match["low"]:
        low, high = _finite(item, "low"), _finite(item, "high")
        if low > high:
            raise item.error("the lower end is above the upper end", "exchange them")
        generator = random.Random(seed)  # noqa: S311 - test data, not secrets
        for _ in range(length):
            yield tuple(generator.uniform(float(low), float(high)) for _ in range(rows))
    elif item.match["increment"]:
        first, increment = _finite(item, "first"), _finite(item, "increment")
        signed = -increment if item.match["sign"] == "-" else increment
        for index in range(length):
            yield (_sample(first + signed * index),) * rows
    else:
        yield from repeat((_sample(Decimal(item.match["first"])),) * rows, length)


def _finite(item: _Item, group: str) -> Decimal:
    number = Decimal(item.match[group])
    if not number.is_finite():
        raise item.error(f"`{item.match[group]}` cannot be added to or drawn from", "use a number")
    return number


def _sample(number: Decimal) -> Sample:
    """Keep whole numbers whole: a column of type long takes no others."""
    if number.is_finite() and number == number.to_integral_value():
        return int(number)
    return float(number)
