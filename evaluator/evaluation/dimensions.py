"""How rows become series, E6 of docs/how-azure-evaluates-your-rule.md: the rule's dimensions."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from evaluator.analysis.syntax import Column
from evaluator.evaluation.result import DimensionCombination
from evaluator.rules import Dimension

NUMERIC_TYPES: Final = frozenset(("int", "long", "real", "decimal"))
DIMENSION_TYPES: Final = NUMERIC_TYPES | {"string"}
"""Others have to be converted in the query:
https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule#dimensions."""

Row = Sequence[object]
EVERY_VALUE: Final = "*"
_FIRST_EXPONENT_OF_DOTNET: Final = 1e15


def dimension_value(value: object) -> str:
    """Write a dimension's value as the response does, which has only strings.

    Inferred: Microsoft does not say how numbers are written. Whole numbers are written without a
    point, other reals as briefly as they can be read back (as .NET does), a null as empty text.
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _real(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < _FIRST_EXPONENT_OF_DOTNET:
        return str(int(value))
    return repr(value).upper()


def splitter(
    dimensions: Sequence[Dimension], columns: Sequence[Column]
) -> Callable[[Row], DimensionCombination | None]:
    """Make what tells a row's series; None for a row that the dimensions' values leave out.

    Every dimension must be among the columns. Values are compared exactly (inferred: the case
    matters), and `*` is every value, future ones too.
    """
    names = [column.name for column in columns]
    parts = [(d.name, names.index(d.name), _chosen(d)) for d in dimensions]

    def series(row: Row) -> DimensionCombination | None:
        combination = []
        for name, index, chosen in parts:
            value = dimension_value(row[index])
            if not chosen(value):
                return None
            combination.append((name, value))
        return tuple(combination)

    return series


def _chosen(dimension: Dimension) -> Callable[[str], bool]:
    values, include = frozenset(dimension.values), dimension.operator == "Include"
    if EVERY_VALUE in values:
        return lambda _value: include
    return lambda value: (value in values) is include
