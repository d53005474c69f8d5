"""A query's text that remembers which file, line and column each character came from."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from generator.diagnostics import Location, Span

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a query that stands in one line of a file.

    `verbatim` pieces stand there character by character; of others, such as what the generator
    puts in, every character is placed on the whole span from `column` to `end_column`.
    """

    start: int
    """Offset in the query of its first character, 0-based."""
    file: str
    line: int
    column: int
    end_column: int
    """Exclusive."""
    source_line: str
    verbatim: bool = True


@dataclass(frozen=True, slots=True)
class QueryText:
    """A query as it runs, and where its characters stand."""

    text: str
    pieces: tuple[Piece, ...]
    """In the order of `start`; the first starts at 0."""

    def locate(self, start: int, end: int) -> Location:
        """Find the characters from `start` to `end` (exclusive); on the first line of several."""
        index = self._index(start)
        first = self.pieces[index]
        inside = start - first.start if first.verbatim else 0
        column = min(first.column + inside, first.end_column)
        end_column = self._end_column(index, end)
        span = Span(first.line, column, first.line, max(end_column, column + 1))
        return Location(first.file, span, first.source_line)

    def _end_column(self, index: int, end: int) -> int:
        """Tell where the characters up to `end` end in the line of a piece."""
        line = (self.pieces[index].file, self.pieces[index].line)
        here = takewhile(lambda p: (p.file, p.line) == line and p.start < end, self.pieces[index:])
        *_, last = self.pieces[index], *here
        if not last.verbatim:
            return last.end_column
        return min(last.column + end - last.start, last.end_column)

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self.pieces, offset, key=lambda p: p.start) - 1)


def of_file(file: str, text: str) -> QueryText:
    """Make the text of a whole `.kql` file."""
    return QueryText(text, tuple(file_pieces(file, text)))


def file_pieces(file: str, text: str, *, offset: int = 0, first_line: int = 1) -> Iterator[Piece]:
    """Cut consecutive lines of a file into pieces; `offset` is where they begin in the query."""
    # A form feed or a line separator ends a line of KQL, and none of the file as editors count.
    lines = _LINE.findall(text) or [""]
    for number, line in enumerate(lines, first_line):
        content = line.rstrip("\r\n")
        yield Piece(offset, file, number, 1, len(content) + 1, content)
        offset += len(line)
