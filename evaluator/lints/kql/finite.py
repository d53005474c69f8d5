"""Whether the query asks if a number is finite before it relies on it."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import place_of
from evaluator.lints.kql.guards import Guard, guards_of
from evaluator.lints.kql.tree import ancestors, arguments, comparable, is_call, items, parts


def says_finite(guard: Guard, expression: str) -> bool:
    """Say whether a condition makes sure that an expression is a number that can be compared."""
    name = "isfinite" if guard.holds else "isnan"
    if not is_call(guard.condition, name):
        return False
    return any(comparable(argument) == expression for argument in arguments(guard.condition))


def is_checked(node: Node, root: Node) -> bool:
    """Say whether a value is asked to be finite where it stands, or later as a column."""
    if any(is_call(above, "isfinite", "isnan", "isinf") for above in ancestors(node, root)):
        return True
    if any(says_finite(guard, comparable(node)) for guard in guards_of(node, root)):
        return True
    return any(says_finite(guard, name) for name, guard in _later_filters(node, root))


def _later_filters(node: Node, root: Node) -> Iterator[tuple[str, Guard]]:
    """Go through the later filters, each with the name of the column that the value is in."""
    place = place_of(node, root)
    if place is None:
        return
    named = [i for i in items(place.step) if i.kind == "SimpleNamedExpression"]
    name = next((i.name for i in named if i.start <= node.start and node.end <= i.end), "")
    for step in place.steps[place.number + 1 :]:
        if step.kind == "FilterOperator":
            for guard in Guard(parts(step)[-1], holds=True).atoms():
                yield name, guard
        elif any(item.name == name for item in step.of_kind("NameDeclaration")):
            return
