"""Cells of test files as values of KQL types."""

import math
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from pydantic_core import PydanticCustomError

from evaluator.rule_tests.offsets import parse_offset, point_in_time
from evaluator.tables import ColumnType
from generator.models.base import shorten


class CellError(ValueError):
    """A value that a column's type does not take."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


_NOT_FINITE: Final = {"NaN": "nan", "Inf": "inf", "+Inf": "inf", "-Inf": "-inf"}
"""Reals that YAML has no plain word for, as promtool writes them."""


def cell(value: object, kind: ColumnType, start: datetime) -> object:
    """Make the value of a column's type; null is None, an offset counts from `start`.

    Raises:
        CellError: the type does not take it.
    """
    if value is None:
        if kind == "string":
            raise CellError("a string of KQL is never null", "write '' or leave the cell out")
        return None
    return _READERS[kind](value, start)


def number(value: object) -> int | Decimal | float | None:
    """Read a number of YAML, or NaN, Inf or -Inf; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(_NOT_FINITE[value]) if value in _NOT_FINITE else None
    return value if isinstance(value, int | Decimal | float) else None


def _string(value: object, _start: datetime) -> object:
    if isinstance(value, str):
        return value
    raise CellError("the column is a string", "put quotes around the value")


def _bool(value: object, _start: datetime) -> object:
    if isinstance(value, bool):
        return value
    raise CellError("the column is a bool", "write true or false without quotes")


def _whole(bits: int) -> Callable[[object, datetime], object]:
    def read(value: object, _start: datetime) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            raise CellError("the column holds whole numbers", "write digits without quotes")
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise CellError(f"the number does not fit into {bits} bits", "write a smaller number")
        return value

    return read


def _real(value: object, _start: datetime) -> object:
    read = number(value)
    if read is None:
        raise CellError("the column is a number", "write digits without quotes, or NaN")
    try:
        real = float(read)
    except OverflowError:
        real = math.inf
    if math.isinf(real) and not isinstance(value, str | float):
        raise CellError("the number does not fit into a real", "write Inf if that is meant")
    return real


def _decimal(value: object, _start: datetime) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise CellError("the column is a number", "write digits without quotes")
    return Decimal(value)


def _datetime(value: object, start: datetime) -> object:
    try:
        point = point_in_time(value)
    except PydanticCustomError as error:
        context = error.context or {}
        raise CellError(context["message"], context["fix"]) from None
    return point if isinstance(point, datetime) else start + point


def _timespan(value: object, _start: datetime) -> object:
    read: timedelta | None = parse_offset(value) if isinstance(value, str) else None
    if read is None:
        raise CellError("the column is a timespan", "write one such as 1h30m or 2d")
    return read


def _guid(value: object, _start: datetime) -> object:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        message = f"`{shorten(str(value))}` is no guid"
        raise CellError(message, "write one such as 7a1c5b0e-3d52-4f1b-9a64-2f0f2f3b6c11") from None


def _dynamic(value: object, _start: datetime) -> object:
    return plain(value)


def plain(value: object) -> object:
    """Make JSON's values of YAML's: decimals become numbers."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    return value


_READERS: Final[dict[ColumnType, Callable[[object, datetime], object]]] = {
    "bool": _bool,
    "datetime": _datetime,
    "decimal": _decimal,
    "dynamic": _dynamic,
    "guid": _guid,
    "int": _whole(32),
    "long": _whole(64),
    "real": _real,
    "string": _string,
    "timespan": _timespan,
}
