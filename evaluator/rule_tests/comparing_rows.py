"""Compares the rows and columns that a query returns with what is expected of it."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Final, cast

from pydantic import ValidationError

from evaluator.analysis.syntax import Column
from evaluator.rule_tests.cells import CellError, cell, number, plain
from evaluator.rule_tests.findings import did_you_mean
from evaluator.rule_tests.models import Approximate
from evaluator.rule_tests.offsets import format_offset
from evaluator.rule_tests.plan import QueryExpected, Tolerance, exactly
from evaluator.rule_tests.results import Comparison, Difference
from evaluator.tables import COLUMN_TYPES, ColumnType

Row = Sequence[object]
NUMERIC: Final = frozenset(("int", "long", "real", "decimal"))
_MOST_ROWS: Final = 20


def compare_rows(
    expected: QueryExpected, columns: Sequence[Column], rows: Sequence[Row], start: datetime
) -> list[Difference]:
    """Tell what differs; nothing if the expectation holds."""
    known = {column.name: column for column in columns}
    named = dict.fromkeys([*expected.columns, *(n for r in expected.rows or () for n in r)])
    unknown = [name for name in named if name not in known]
    if unknown:
        return [
            Difference(
                expected.location,
                f"the result has no column `{name}`; {did_you_mean(name, known, 'column')}",
            )
            for name in unknown
        ]
    differences = list(_types(expected, known))
    if expected.rows is not None:
        picked = [n for n in named if any(n in row for row in expected.rows)] or list(known)
        positions = [[c.name for c in columns].index(name) for name in picked]
        got = [tuple(row[p] for p in positions) for row in rows]
        matcher = _Matcher(tuple(known[name] for name in picked), start)
        differences += matcher.compare(expected, got)
    return differences


def _types(expected: QueryExpected, known: Mapping[str, Column]) -> Iterator[Difference]:
    wrong = [
        Comparison(name, kind, known[name].type)
        for name, kind in expected.columns.items()
        if known[name].type != kind
    ]
    if wrong:
        yield Difference(expected.location, "columns have other types than expected", tuple(wrong))


class _Matcher:
    """Compares rows by some columns."""

    def __init__(self, columns: tuple[Column, ...], start: datetime) -> None:
        self._columns = columns
        self._start = start

    def compare(self, expected: QueryExpected, got: Sequence[Row]) -> Iterator[Difference]:
        wanted = [dict(row) for row in expected.rows or ()]
        if expected.ordered:
            both = zip_longest(wanted, got)
            pairs = [(w, g) for w, g in both if w is None or g is None or not self._equal(w, g)]
        else:
            pairs = self._unpaired(wanted, got)
        if not pairs:
            return
        comparisons = [
            Comparison(
                "row",
                self._wanted(w) if w is not None else "-",
                self._got(g) if g is not None else "-",
            )
            for w, g in pairs[:_MOST_ROWS]
        ]
        missing = sum(w is not None for w, _ in pairs)
        extra = sum(g is not None for _, g in pairs)
        order = " in this order" if expected.ordered else ""
        yield Difference(
            expected.location,
            f"the result has {len(got)} rows, expected were {len(wanted)}{order}; "
            f"{missing} are missing, {extra} were not expected",
            tuple(comparisons),
        )

    def _unpaired(
        self, wanted: list[dict[str, object]], got: Sequence[Row]
    ) -> list[tuple[dict[str, object] | None, Row | None]]:
        """Leave the rows that have no partner; those most alike stand beside each other."""
        left = list(got)
        missing = []
        for row in wanted:
            partner = next((i for i, other in enumerate(left) if self._equal(row, other)), None)
            if partner is None:
                missing.append(row)
            else:
                del left[partner]
        pairs: list[tuple[dict[str, object] | None, Row | None]] = []
        for row in missing:
            likeness = [self._likeness(row, other) for other in left]
            closest = likeness.index(max(likeness)) if likeness else None
            if closest is None or not likeness[closest]:
                pairs.append((row, None))
            else:
                pairs.append((row, left.pop(closest)))
        return [*pairs, *((None, row) for row in left)]

    def _likeness(self, wanted: Mapping[str, object], got: Row) -> int:
        pairs = zip(self._columns, got, strict=True)
        return sum(c.name in wanted and self._same(wanted[c.name], v, c) for c, v in pairs)

    def _equal(self, wanted: Mapping[str, object], got: Row) -> bool:
        pairs = zip(self._columns, got, strict=True)
        return all(c.name not in wanted or self._same(wanted[c.name], v, c) for c, v in pairs)

    def _same(self, wanted: object, got: object, column: Column) -> bool:
        if wanted is None or got is None:
            return wanted is None and got is None
        if column.type in NUMERIC:
            tolerance = _tolerance(wanted)
            return tolerance is not None and tolerance.holds(float(cast("float", got)))
        if column.type == "dynamic":
            return plain(wanted) == got
        if column.type not in COLUMN_TYPES:
            return wanted == got
        try:
            return cell(wanted, cast("ColumnType", column.type), self._start) == got
        except CellError:
            return False

    def _wanted(self, row: Mapping[str, object]) -> str:
        return (
            ", ".join(f"{name}: {show(plain(value))}" for name, value in row.items())
            or "an empty row"
        )

    def _got(self, row: Row) -> str:
        pairs = zip(self._columns, row, strict=True)
        return ", ".join(f"{column.name}: {show(value)}" for column, value in pairs)


def _tolerance(wanted: object) -> Tolerance | None:
    if isinstance(wanted, Mapping):
        try:
            approximate = Approximate.model_validate(wanted)
        except ValidationError:
            return None
        return Tolerance(float(approximate.approx), float(approximate.tol))
    value = number(wanted)
    return None if value is None else exactly(float(value))


def show(value: object) -> str:
    """Write a cell for people."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if value and value.isprintable() else json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if math.isfinite(value) and value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return format_offset(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
