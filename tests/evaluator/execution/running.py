"""One engine for queries that bring their own rows, and comparison of what they return."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from evaluator.analysis.language_service import language_service
from evaluator.execution.engine import Engine
from evaluator.execution.rows import Rows
from evaluator.tables import Table
from tests.evaluator.execution.parity_cases import NOW

SENSOR = Table(
    "Sensor",
    {
        "TimeGenerated": "datetime",
        "Name": "string",
        "Value": "real",
        "Count": "long",
        "Small": "int",
        "Properties": "dynamic",
        "Span": "timespan",
        "Ok": "bool",
        "Id": "guid",
        "Price": "decimal",
    },
)


def answer(
    text: str,
    rows: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    tables: Mapping[str, Table] | None = None,
    *,
    alert: bool = False,
    now: datetime = NOW,
    query_range: timedelta | None = None,
) -> Rows:
    """Run a query in an engine of its own."""
    known = {SENSOR.name: SENSOR} if tables is None else tables
    with Engine(known) as engine:
        for table, cells in (rows or {}).items():
            engine.add_rows(table, cells)
        prepared = engine.prepare(language_service(known).analyse(text), alert=alert)
        return engine.run(prepared, now, query_range)


def is_same(one: object, other: object) -> bool:
    """Tell whether two cells are the same, in type as well, NaN included."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and one == other


def are_same(
    some: Sequence[Sequence[object]], others: Sequence[Sequence[object]], *, ordered: bool
) -> bool:
    """Tell whether two results are the same."""
    left, right = list(some), list(others)
    if not ordered:
        left, right = sorted(left, key=repr), sorted(right, key=repr)
    return len(left) == len(right) and all(
        len(one) == len(other) and all(map(is_same, one, other))
        for one, other in zip(left, right, strict=True)
    )
