"""How many values a column can have among the circuits and plants of a configuration."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin, place_of
from evaluator.lints.kql.tree import arguments, is_call
from evaluator.lints.lint import FleetFacts

_COUNTS: Final = ("dcount", "dcountif", "count_distinct", "count_distinctif")


def identifiers(column: str, place: Place, root: Node) -> frozenset[str]:
    """Return the names of the stored columns, or of the properties in them, that make a column."""
    found = origin(column, place, root)
    if found.value is None or found.place is None:
        return frozenset({found.name})
    return frozenset(_names(found.value, found.place, root))


def most_counted(column: str, place: Place, root: Node, fleet: FleetFacts) -> int | None:
    """Tell how many distinct circuits or plants a column counts at the most, if it does that."""
    found = origin(column, place, root)
    if found.value is None or found.place is None or not is_call(found.value, *_COUNTS):
        return None
    counted = frozenset(_names(arguments(found.value)[0], found.place, root))
    if counted == {"plant_id"}:
        return fleet.plants or None
    return fleet.circuits if counted and counted <= {"plant_id", "circuit_id"} else None


def _names(node: Node, place: Place, root: Node) -> Iterator[str]:
    if node.kind == "PathExpression":
        yield node.children[-1].name
    elif node.kind == "ElementExpression":
        yield from (str(key.constant) for key in node.of_kind("StringLiteralExpression"))
    elif node.kind == "NameReference":
        if node.symbol == "column":
            yield from identifiers(node.name, place_of(node, root) or place, root)
    else:
        for child in node.children:
            yield from _names(child, place, root)
