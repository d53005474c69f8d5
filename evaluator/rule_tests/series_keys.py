"""How test files and reports write one combination of dimensions: `{circuit_id: c1}`."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from evaluator.evaluation.result import DimensionCombination
from generator.source import SourceError, parse

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
_WORDS = frozenset(("true", "false", "null"))
_ESCAPES = {"\\": "\\\\", '"': '\\"'}


class SeriesKeyError(ValueError):
    """A text that is no combination of dimensions."""


def parse_series_key(text: str) -> dict[str, str]:
    """Read `{name: value, ...}`.

    Raises:
        SeriesKeyError: it is none; the message says why.
    """
    if not (text.startswith("{") and text.endswith("}")):
        raise SeriesKeyError(f"`{text}` is no combination of dimensions")
    try:
        data = parse(text, "series").data
    except SourceError as error:
        raise SeriesKeyError(
            f"`{text}` is no combination of dimensions: {error.problems[0].message}"
        ) from None
    if not isinstance(data, dict):
        raise SeriesKeyError(f"`{text}` is no combination of dimensions")
    return {name: dimension_text(value) for name, value in data.items()}


def dimension_text(value: object) -> str:
    """Write a value of YAML the way Azure writes dimensions, which are all strings.

    Raises:
        SeriesKeyError: it is no scalar.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    raise SeriesKeyError("the value of a dimension is a text or a number")


def combination(values: Mapping[str, str], order: Iterable[str]) -> DimensionCombination:
    """Put values into the order of a rule's dimensions; each must be there."""
    return tuple((name, values[name]) for name in order)


def format_series(series: Iterable[tuple[str, str]]) -> str:
    """Write a combination such that it can be read back."""
    return "{" + ", ".join(f"{_scalar(n)}: {_scalar(v)}" for n, v in series) + "}"


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(_ESCAPES.get(c, c if c.isprintable() else _code(c)) for c in text) + '"'


def _code(character: str) -> str:
    return f"\\U{ord(character):08x}"
