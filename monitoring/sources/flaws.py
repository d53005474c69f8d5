"""Rows that lack what places them: counted while rows are read, told as one issue a kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitoring.sources.errors import Issue, RowFlaw
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.tables import DATE, StoredFile, StoredTable


@dataclass(frozen=True, slots=True)
class Flaw:
    """Rows of one circuit, or of none, that lack the same."""

    kind: RowFlaw
    rows: int
    key: CircuitKey | None = None
    """None where plant or circuit is missing."""


_TOLD: Final[Mapping[RowFlaw, Callable[[Layout], tuple[str, str]]]] = {
    "rows-without-circuit": lambda layout: (
        f"without `{layout.plant}` or `{layout.circuit}` are left out",
        "write both ids with every row",
    ),
    "rows-without-time": lambda layout: (
        f"without `{layout.timestamp}` are left out",
        "write the instant of every row",
    ),
    "rows-without-day": lambda layout: (
        f"have a `{DATE}` that is no day; they are placed by `{layout.timestamp}`, and whether "
        "they came late is unknown",
        "write it as a date such as 2026-12-31",
    ),
}
"""What is wrong with rows, and what to do, in the order in which it is told."""


def flaw_issues(
    table: StoredTable,
    layout: Layout,
    files: Sequence[StoredFile],
    found: Iterable[tuple[int, Flaw]],
) -> Iterator[Issue]:
    """Tell what was found, each kind with the file of the first rows and the circuits concerned.

    Args:
        table: the table.
        layout: its columns.
        files: in the order in which their rows follow each other.
        found: flaws, each with the position of its file.
    """
    every = list(found)
    for kind, told in _TOLD.items():
        members = [(position, flaw) for position, flaw in every if flaw.kind == kind]
        if not members:
            continue
        what, fix = told(layout)
        first = files[min(position for position, _ in members)]
        yield Issue(
            kind,
            f"{sum(flaw.rows for _, flaw in members)} rows {what}",
            f"{table.uri}, file {first.path}",
            fix,
            circuits=tuple(sorted({flaw.key for _, flaw in members if flaw.key is not None})),
        )
