"""Aligns columns of text for a terminal."""

from collections.abc import Sequence
from typing import Final

from generator.diagnostics import printable

_WIDEST: Final = 60
"""Characters of a cell before it is cut; the last column is not."""


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], indent: str) -> list[str]:
    """Write rows under their header, each column as wide as its widest cell."""
    lines = [list(header), *([printable(cell) for cell in row] for row in rows)]
    for line in lines:
        line[:-1] = [
            cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…" for cell in line[:-1]
        ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return [
        (indent + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]
