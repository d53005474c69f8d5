"""The value of an expression that no row can change."""

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import arguments, bare, is_call, lets, parts

CONVERSIONS = ("todecimal", "todouble", "toreal")


def unconverted(node: Node) -> Node:
    """Take off parentheses and conversions to a real number."""
    node = bare(node)
    while is_call(node, *CONVERSIONS) and len(arguments(node)) == 1:
        node = bare(arguments(node)[0])
    return node


def number(node: Node, root: Node) -> float | None:
    """Compute a number, or the microseconds of a timespan; none where rows or the clock decide."""
    node = unconverted(node)
    if isinstance(node.constant, (int, float)) and not isinstance(node.constant, bool):
        return float(node.constant)
    if node.kind == "NameReference":
        value = let_value(node, root)
        return None if value is None else number(value, root)
    numbers = [number(part, root) for part in parts(node)]
    operands = [operand for operand in numbers if operand is not None]
    if len(operands) != len(numbers):
        return None
    match node.kind, operands:
        case "UnaryMinusExpression", [operand]:
            return -operand
        case "AddExpression", [left, right]:
            return left + right
        case "SubtractExpression", [left, right]:
            return left - right
        case "MultiplyExpression", [left, right]:
            return left * right
        case "DivideExpression", [left, right] if right:
            return left / right
    return None


def let_value(name: Node, root: Node) -> Node | None:
    """Return what an earlier `let` statement made a name stand for."""
    value = lets(root).get(name.name)
    if value is None or name.symbol != "variable" or value.end > name.start:
        return None
    return value
