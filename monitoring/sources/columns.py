"""Arrow columns as arrays: ids, microseconds, and numbers with what could not be read as one."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from monitoring.sensors import FloatArray, MicrosecondArray

NO_TIMESTAMP: Final = int(np.iinfo(np.int64).min)
"""The microseconds of a row that has no timestamp: before every window."""
NO_DAY: Final = int(np.iinfo(np.int32).min)
"""The day of a row that has none."""
Mask: TypeAlias = NDArray[np.bool_]
ArrowArray: TypeAlias = "pa.Array[Any]"
ArrowColumn: TypeAlias = "pa.ChunkedArray[Any]"

_NUMBER: Final = re.compile(
    r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf(inity)?|nan)",
    re.IGNORECASE | re.ASCII,
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def whole(column: ArrowColumn) -> ArrowArray:
    """Return a column in one piece, without a copy where it is in one already."""
    chunks: list[Any] = column.chunks or [pa.array([], column.type)]
    joined: ArrowArray = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
    return joined


def is_instant(kind: pa.DataType) -> bool:
    """Tell whether a type says when: with a time zone, or without one, which is read as UTC."""
    return pa.types.is_timestamp(kind)


def microseconds(column: ArrowArray) -> MicrosecondArray:
    """Return timestamps as microseconds since 1970 in UTC, `NO_TIMESTAMP` for null.

    Parts of a microsecond are dropped. A timestamp without a time zone is taken as UTC.
    """
    exact = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
    since = exact.cast(pa.int64())
    filled = since.fill_null(NO_TIMESTAMP) if since.null_count else since
    return filled.to_numpy(zero_copy_only=False)


def instants(column: ArrowArray) -> tuple[FloatArray, Mask | None]:
    """Return a column of times as `numbers` does: microseconds since 1970, NaN for null.

    float64 has each microsecond until the year 2255. What is no timestamp is no number.
    """
    if is_instant(column.type):
        since = microseconds(column)
        return np.where(since == NO_TIMESTAMP, np.nan, since), None
    wrong = column.is_valid().to_numpy(zero_copy_only=False)
    return np.full(len(column), np.nan), wrong if wrong.any() else None


def texts(column: ArrowArray) -> tuple[FloatArray, tuple[str, ...], Mask | None]:
    """Return a column of short texts as positions in a list of them, NaN for null or blank.

    Whole numbers are the texts that they are written as, also where a null made floats of them.
    The mask tells which other cells are not null and yet no text; None where there is none.
    """
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    places, found = codes(column)
    written = [None if text is None else _text_of(text, column.type) for text in found]
    listed = tuple(dict.fromkeys(text for text in written if text))
    position = {text: float(place) for place, text in enumerate(listed)}
    values = np.array([position.get(text or "", np.nan) for text in written])[places]
    wrong = np.array([text is None for text in written])[places]
    wrong &= column.is_valid().to_numpy(zero_copy_only=False)
    return values, listed, wrong if wrong.any() else None


def _text_of(stored: str, kind: pa.DataType) -> str | None:
    if _is_text(kind):
        return stored.strip()
    if pa.types.is_integer(kind):
        return stored
    if pa.types.is_floating(kind) and stored.endswith(".0"):
        return stored.removesuffix(".0")
    return None


def days(column: ArrowArray) -> tuple[NDArray[np.int32], Mask | None]:
    """Return dates, also written as text, as days since 1970, `NO_DAY` for null or no date.

    The mask tells which cells are not null and yet no date; None where there is none.
    """
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    given = column.is_valid()
    if _is_text(column.type):
        column = _days_of_text(column)
    elif not (pa.types.is_date(column.type) or is_instant(column.type)):
        column = pa.nulls(len(column), pa.date32())
    since = pc.cast(column, pa.date32(), safe=False).cast(pa.int32())
    wrong = pc.and_not(given, column.is_valid()).to_numpy(zero_copy_only=False)
    filled = since.fill_null(NO_DAY).to_numpy(zero_copy_only=False)
    return filled, wrong if wrong.any() else None


def _days_of_text(column: ArrowArray) -> ArrowArray:
    """Read dates as ISO 8601 writes them, 2026-12-31; null for any other text."""
    try:
        return pc.cast(column, pa.date32())
    except pa.ArrowInvalid:
        encoded = column.dictionary_encode()
        read = pa.array(
            [_day_of(str(text)) for text in encoded.dictionary.to_pylist()], pa.date32()
        )
        return read.take(encoded.indices)


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def codes(column: ArrowArray) -> tuple[NDArray[np.int32], Sequence[str | None]]:
    """Return ids as positions in a list of texts whose last is None, for null."""
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    texts = [None if text is None else str(text) for text in encoded.dictionary.to_pylist()]
    indices = encoded.indices
    if indices.null_count:
        indices = indices.fill_null(len(texts))
    return indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), [*texts, None]


def numbers(column: ArrowArray) -> tuple[FloatArray, Mask | None]:
    """Return a column as float64 and which cells are not null and yet no number.

    Integers and decimals are converted, text is parsed, anything else, truth values included, is
    no number. The mask is None where every cell that is not null is one.
    """
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _floats(column), None
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if _is_text(column.type):
        try:
            return _floats(column), None
        except pa.ArrowInvalid:
            return _parsed(column)
    nothing = np.full(len(column), np.nan)
    wrong = column.is_valid().to_numpy(zero_copy_only=False)
    return nothing, wrong if wrong.any() else None


def _floats(column: ArrowArray) -> FloatArray:
    floats = column if column.type == pa.float64() else pc.cast(column, pa.float64(), safe=False)
    return floats.to_numpy(zero_copy_only=False)


def _parsed(column: ArrowArray) -> tuple[FloatArray, Mask | None]:
    encoded = column.dictionary_encode()
    texts = [str(text).strip() for text in encoded.dictionary.to_pylist()]
    good = np.array([_NUMBER.fullmatch(text) is not None for text in texts], dtype=bool)
    values = np.array([float(t) if g else np.nan for t, g in zip(texts, good, strict=True)])
    # One more entry for null, which is no error.
    places = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    wrong = np.append(~good, False)[places]
    return np.append(values, np.nan)[places], wrong if wrong.any() else None


def _is_text(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )
