"""Puts pieces of queries together."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from evaluator.query_text import Piece
from generator.diagnostics import Location


def whole_span(location: Location, offset: int) -> Piece:
    """Make a piece of what stands nowhere character by character; it is placed on `location`."""
    span = location.span
    end_column = max(span.end_column, span.column + 1)
    return Piece(
        offset,
        location.file,
        span.line,
        span.column,
        end_column,
        location.source_line,
        verbatim=False,
    )


def cut(pieces: Iterable[Piece], start: int, end: int, offset: int) -> Iterator[Piece]:
    """Cut the pieces of the characters from `start` to `end`, which move to `offset`."""
    for piece, after in pairwise((*pieces, None)):
        if piece is None or piece.start >= end or (after and after.start <= start):
            continue
        skipped = max(0, start - piece.start)
        column = piece.column + (skipped if piece.verbatim else 0)
        yield replace(piece, start=piece.start + skipped - start + offset, column=column)
