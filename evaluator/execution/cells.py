"""Cells of rows as DuckDB takes them in bulk: JSON texts of whole columns."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NoReturn, cast
from uuid import UUID

from evaluator.execution.errors import RowError
from evaluator.tables import ColumnType

_MAX_TICKS: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DYNAMIC: Final = json.JSONEncoder(allow_nan=False, ensure_ascii=False)

Encoded = str | int | float | bool | None


def microseconds(moment: datetime) -> int:
    """Count the microseconds since 1970 of an aware time.

    Raises:
        RowError: the time has no time zone.
    """
    if moment.tzinfo is None:
        raise RowError(f"the time {moment} has no time zone; write it in UTC")
    return (moment - _EPOCH) // _MICROSECOND


def encode(kind: ColumnType, value: object) -> Encoded:
    """Write a cell as JSON has it; None is null, and the empty text for a string.

    Raises:
        RowError: the value is not of the column's type.
    """
    if value is None:
        return "" if kind == "string" else None
    return _ENCODERS[kind](value)


def sql_type(kind: ColumnType) -> str:
    """Tell the DuckDB type of a column; there are no null strings in Kusto.

    `int` is kept in 64 bits because Kusto calculates with ints as longs.
    """
    return _SQL_TYPES[kind]


def decoded(kind: ColumnType, parameter: str) -> str:
    """Write the SQL that makes a list of cells from a parameter with their JSON text."""
    if kind in ("datetime", "timespan"):
        function = "make_timestamp" if kind == "datetime" else "to_microseconds"
        return f"{function}(unnest(from_json({parameter}, '[\"BIGINT\"]')))"
    if kind in ("bool", "int", "long"):
        return f"unnest(from_json({parameter}, '[\"{_SQL_TYPES[kind]}\"]'))"
    return f"CAST(unnest(from_json({parameter}, '[\"VARCHAR\"]')) AS {_SQL_TYPES[kind]})"


def column_text(cells: Sequence[Encoded]) -> str:
    """Write a column's cells as one JSON text."""
    return json.dumps(cells, separators=(",", ":"))


_SQL_TYPES: Final[dict[ColumnType, str]] = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "decimal": "DECIMAL(38,9)",
    "dynamic": "JSON",
    "guid": "UUID",
    "int": "BIGINT",
    "long": "BIGINT",
    "real": "DOUBLE",
    "string": "VARCHAR",
    "timespan": "INTERVAL",
}


def _wrong(value: object, expected: str) -> NoReturn:
    raise RowError(f"{value!r} is not {expected}")


def _string(value: object) -> str:
    if not isinstance(value, str):
        _wrong(value, "a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        _wrong(value, "valid Unicode")
    return value


def _real(value: object) -> str:
    # As text: JSON has neither NaN nor infinities, and repr() loses nothing.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _wrong(value, "a number")
    return repr(float(value))


def _integer(bits: int) -> Callable[[object], int]:
    limit = 2 ** (bits - 1)

    def encoder(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            _wrong(value, "a whole number")
        if not -limit <= value < limit:
            _wrong(value, f"a number of {bits} bits")
        return value

    return encoder


def _bool(value: object) -> bool:
    return value if isinstance(value, bool) else _wrong(value, "true or false")


def _datetime(value: object) -> int:
    return microseconds(value) if isinstance(value, datetime) else _wrong(value, "a time")


def _timespan(value: object) -> int:
    if not isinstance(value, timedelta):
        _wrong(value, "a duration")
    if not -_MAX_TICKS <= value // _MICROSECOND * 10 < _MAX_TICKS:
        _wrong(value, "a duration that Kusto can hold, which ends at 10,675,199 days")
    return value // _MICROSECOND


def _dynamic(value: object) -> str | None:
    try:
        return _DYNAMIC.encode(value)
    except (TypeError, ValueError) as error:
        raise RowError(f"{value!r} cannot be written as JSON: {error}") from None
    except RecursionError:
        raise RowError("the value is nested too deeply") from None


def _guid(value: object) -> str:
    try:
        return str(value if isinstance(value, UUID) else UUID(cast("str", value)))
    except (AttributeError, TypeError, ValueError):
        _wrong(value, "a GUID")


def _decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        _wrong(value, "a decimal")
    if isinstance(value, Decimal) and not math.isfinite(value):
        _wrong(value, "a finite decimal")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_ENCODERS: Final[dict[ColumnType, Callable[[object], Encoded]]] = {
    "bool": _bool,
    "datetime": _datetime,
    "decimal": _decimal,
    "dynamic": _dynamic,
    "guid": _guid,
    "int": _integer(32),
    "long": _integer(64),
    "real": _real,
    "string": _string,
    "timespan": _timespan,
}
