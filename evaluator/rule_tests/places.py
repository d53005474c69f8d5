"""Where a part of a text in a YAML file stands."""

from evaluator.query_text import QueryText
from evaluator.sources.yaml_text import scalar_pieces
from generator.diagnostics import Location
from generator.source import Path_, Source


def text_at(source: Source, path: Path_, text: str) -> QueryText | None:
    """Make a text that remembers its places of the scalar at `path`; None if it is not found."""
    pieces = tuple(scalar_pieces(source, source.locate(path), text, 0))
    return QueryText(text, pieces) if pieces else None


def locate_within(source: Source, path: Path_, start: int, end: int) -> Location:
    """Find the characters from `start` to `end` (exclusive) of the text at `path`.

    Where they are not found the whole value is the place.
    """
    value = _value(source, path)
    text = text_at(source, path, value) if isinstance(value, str) else None
    return text.locate(start, end) if text else source.locate(path)


def _value(source: Source, path: Path_) -> object:
    value: object = source.data
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
