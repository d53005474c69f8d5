"""A query's text that remembers which file, line and column each character came from."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from generator.diagnostics import Location, Span


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
        first = self._piece(start)
        if not first.verbatim:
            span = Span(first.line, first.column, first.line, first.end_column)
            return Location(first.file, span, first.source_line)
        column = min(first.column + start - first.start, first.end_column)
        last = self._piece(max(start, end - 1))
        if last.verbatim and (last.file, last.line) == (first.file, first.line):
            end_column = min(last.column + end - last.start, last.end_column)
        else:
            end_column = first.end_column
        span = Span(first.line, column, first.line, max(end_column, column + 1))
        return Location(first.file, span, first.source_line)

    def _piece(self, offset: int) -> Piece:
        return self.pieces[max(0, bisect_right(self.pieces, offset, key=lambda p: p.start) - 1)]


def of_file(file: str, text: str) -> QueryText:
    """Make the text of a whole `.kql` file."""
    return QueryText(text, tuple(file_pieces(file, text)))


def file_pieces(file: str, text: str, *, offset: int = 0, first_line: int = 1) -> Iterator[Piece]:
    """Cut consecutive lines of a file into pieces; `offset` is where they begin in the query."""
    lines = text.splitlines(keepends=True) or [""]
    for number, line in enumerate(lines, first_line):
        content = line.rstrip("\r\n")
        yield Piece(offset, file, number, 1, len(content) + 1, content)
        offset += len(line)
