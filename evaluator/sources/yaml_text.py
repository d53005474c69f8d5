"""Where the characters of a YAML scalar stand in its file.

Exact for block scalars (`|` and `>`), for plain and for quoted scalars, over several lines too: in
all of them each line's content is part of the value, in order. An escape is placed as a whole.
Approximate is what follows a backslash at the end of a line: it is placed on the first line.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from evaluator.query_text import Piece
from evaluator.sources.pieces import whole_span
from generator.diagnostics import Location
from generator.source import Source

_PROPERTIES = re.compile(r"([&!]\S*\s+)*")
_ESCAPES = {
    '"': re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)"),
    "'": re.compile("''"),
}


class _Stretch(NamedTuple):
    """Characters of one line that are part of the value, or one escape."""

    line: int
    column: int
    text: str
    escape: bool = False


def scalar_pieces(source: Source, location: Location, value: str, offset: int) -> Iterator[Piece]:
    """Cut a scalar that stands at `location` into pieces; it begins at `offset` of a query."""
    found = 0
    for stretch in _stretches(source, location, value):
        start, length = _aligned(stretch, value, found)
        if not length:
            break
        if start and not found:
            yield whole_span(location, offset)
        width = len(stretch.text) if stretch.escape else length
        yield Piece(
            offset + start,
            location.file,
            stretch.line,
            stretch.column,
            stretch.column + width,
            source.lines[stretch.line - 1],
            verbatim=not stretch.escape,
        )
        found = start + length
    if value[found:].strip(" \n") or not found:
        yield whole_span(location, offset + found)


def _aligned(stretch: _Stretch, value: str, found: int) -> tuple[int, int]:
    """Find a stretch in the value from `found` on: start and length, which is 0 for none."""
    if stretch.escape:
        return found, min(1, len(value) - found)
    start = value.find(stretch.text, found)
    if start >= 0 and not value[found:start].strip(" \n"):
        return start, len(stretch.text)
    rest = value[found:].lstrip(" \n")
    ends_here = rest and stretch.text.startswith(rest)  # what follows is a comment or a bracket
    return len(value) - len(rest), len(rest) if ends_here else 0


def _stretches(source: Source, location: Location, value: str) -> Iterator[_Stretch]:
    number, column = location.span.line, location.span.column - 1
    first = source.lines[number - 1]
    match = _PROPERTIES.match(first, column)
    column = match.end() if match else column
    style = first[column : column + 1]
    if style in {"|", ">"}:
        stretches = _block(source, number, value)
    elif style in _ESCAPES:
        stretches = _quoted(source, number, column + 1, style)
    else:
        stretches = _plain(source, number, column)
    return (s for s in stretches if s.text)


def _block(source: Source, number: int, value: str) -> Iterator[_Stretch]:
    """Yield the lines of a block scalar without their indentation."""
    following = source.lines[number:]
    indentation = max(0, _first_indentation(following) - _first_indentation(value.split("\n")))
    for line, text in enumerate(following, number + 1):
        yield _Stretch(line, indentation + 1, text[indentation:])


def _first_indentation(lines: Iterable[str]) -> int:
    return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)


def _plain(source: Source, number: int, column: int) -> Iterator[_Stretch]:
    for line, text in enumerate(source.lines[number - 1 :], number):
        begin = column if line == number else len(text) - len(text.lstrip())
        yield _Stretch(line, begin + 1, text[begin:].rstrip())


def _quoted(source: Source, number: int, column: int, quote: str) -> Iterator[_Stretch]:
    for line, text in enumerate(source.lines[number - 1 :], number):
        end = column if line == number else len(text) - len(text.lstrip())
        for match in _ESCAPES[quote].finditer(text, end):
            if quote in text[end : match.start()]:
                break
            yield _Stretch(line, end + 1, text[end : match.start()])
            yield _Stretch(line, match.start() + 1, match[0], escape=True)
            end = match.end()
        rest, closing, _ = text[end:].partition(quote)
        yield _Stretch(line, end + 1, rest if closing else rest.rstrip())
        if closing:
            return
