"""Puts a workbook's parameters into its queries, as the portal does at first sight.

Time ranges, such as `{TimeRange}`, come from their default, choices are `*`, the row for all. Each
stands where its name stands.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from evaluator.query_text import Piece, QueryText
from evaluator.sources.pieces import cut, whole_span
from generator.escape import kql_timespan
from generator.source import Value

PARAMETER: Final = re.compile(r"\{([A-Za-z_]\w*)\}")
_TIME_RANGE, _CHOICE = 4, 2  # the numbers of workbooks' parameter types
_MAX_MS: Final = 366 * 86_400_000


def parameter_values(value: Value | Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield each parameter of a workbook with the text that the portal puts in for it."""
    if isinstance(value, list):
        for child in value:
            yield from parameter_values(child)
    elif isinstance(value, Mapping):
        if value.get("version") == "KqlParameterItem/1.0":
            text = _parameter_value(value)
            if text is not None:
                yield str(value.get("name")), text
        for child in value.values():
            yield from parameter_values(child)


def _parameter_value(parameter: Mapping[str, Value]) -> str | None:
    """Tell what the portal puts in; None for what has no value before somebody chooses one."""
    if parameter.get("type") == _CHOICE:
        return "*"
    value = parameter.get("value")
    if parameter.get("type") == _TIME_RANGE:
        length = value.get("durationMs") if isinstance(value, dict) else None
        if not isinstance(length, int) or not 0 < length <= _MAX_MS:
            return None
        return f"> ago({kql_timespan(timedelta(milliseconds=length))})"
    return value if isinstance(value, str) else None


def put_in(query: QueryText, values: Mapping[str, str]) -> QueryText:
    """Put parameters' values in; an unknown name stays, as in the portal."""
    text, done = "", 0
    pieces: list[Piece] = []
    for match in PARAMETER.finditer(query.text):
        if match[1] not in values:
            continue
        pieces += cut(query.pieces, done, match.start(), len(text))
        text += query.text[done : match.start()]
        pieces.append(whole_span(query.locate(*match.span()), len(text)))
        text += values[match[1]]
        done = match.end()
    pieces += cut(query.pieces, done, len(query.text), len(text))
    return QueryText(text + query.text[done:], tuple(pieces))
