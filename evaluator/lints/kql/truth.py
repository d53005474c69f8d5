"""Whether a condition holds whatever the rows are."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.constants import let_value, number, text
from evaluator.lints.kql.tree import arguments, bare, conjuncts, is_call, parts

_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "EqualExpression": operator.eq,
    "NotEqualExpression": operator.ne,
    "GreaterThanExpression": operator.gt,
    "GreaterThanOrEqualExpression": operator.ge,
    "LessThanExpression": operator.lt,
    "LessThanOrEqualExpression": operator.le,
}


def truth(node: Node, root: Node) -> bool | None:
    """Tell whether a condition holds for every row, or for none; none where rows decide."""
    node = bare(node)
    if isinstance(node.constant, bool):
        return node.constant
    if node.kind == "NameReference":
        value = let_value(node, root)
        return None if value is None else truth(value, root)
    if is_call(node, "not") and arguments(node):
        denied = truth(arguments(node)[0], root)
        return None if denied is None else not denied
    if node.kind in ("AndExpression", "OrExpression"):
        decides = node.kind == "OrExpression"
        known = {truth(part, root) for part in conjuncts(node, node.kind)}
        return decides if decides in known else None if None in known else not decides
    return _compared(node, root) if node.kind in _COMPARED else None


def _compared(comparison: Node, root: Node) -> bool | None:
    left, right = parts(comparison)
    numbers = number(left, root), number(right, root)
    if None not in numbers:
        return _COMPARED[comparison.kind](*numbers)
    words = text(left, root), text(right, root)
    if words[0] is None or words[1] is None:
        return None
    return _COMPARED[comparison.kind](words[0][0], words[1][0])
