"""Which metrics and events a query asks for: what the column Name of a table is compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import origin, place_of
from evaluator.lints.kql.constants import texts
from evaluator.lints.kql.tree import ancestors, bare, is_call, parts

_WANTED: Final = ("EqualExpression", "EqualTildeExpression", "InExpression", "InCsExpression")
_UNWANTED: Final = (
    "NotEqualExpression",
    "BangTildeExpression",
    "NotInExpression",
    "NotInCsExpression",
)


@dataclass(frozen=True, slots=True)
class NameRead:
    """A text that the column Name of a table is compared with."""

    text: str
    table: str
    node: Node
    """Where the text is written, in a `let` statement for one."""
    wanted: bool
    """Whether rows of this name are asked for, and not those of the others."""


@lru_cache(maxsize=64)
def names_read(root: Node) -> tuple[NameRead, ...]:
    """List the names that a query compares Name with, anywhere."""
    return tuple(_names_read(root))


def names_wanted(root: Node, table: str) -> frozenset[str]:
    """Return the names of a table's rows that a query asks for; empty if it asks for none."""
    return frozenset(n.text for n in names_read(root) if n.wanted and n.table == table)


def _names_read(root: Node) -> Iterator[NameRead]:
    for comparison in root.of_kind(*_WANTED, *_UNWANTED):
        left, right = parts(comparison)
        for column, value in ((left, right), (right, left)):
            table = _table_of_name(bare(column), root)
            known = texts(value, root) if table else None
            denied = sum(is_call(above, "not") for above in ancestors(comparison, root)) % 2 == 1
            for text, node in known or ():
                yield NameRead(text, table, node, (comparison.kind in _WANTED) != denied)


def _table_of_name(column: Node, root: Node) -> str:
    """Return the table that stores a column as Name; empty if none does."""
    place = place_of(column, root) if column.symbol == "column" else None
    if place is None:
        return ""
    found = origin(column.name, place, root)
    stored = found.value is not None and found.value.symbol == "table" and found.name == "Name"
    return found.value.name if stored and found.value else ""
