"""The value of an expression that no row can change."""

import json
from collections.abc import Mapping
from dataclasses import replace

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import arguments, bare, is_call, items, lets, parts

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
    body = called_value(node, root)
    if body is not None:
        return number(body, root)
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


def text(node: Node, root: Node) -> tuple[str, Node] | None:
    """Tell a text and where it is written; none where rows decide."""
    node = bare(node)
    if isinstance(node.constant, str) and node.type == "string":
        return node.constant, node
    value = let_value(node, root) if node.kind == "NameReference" else None
    return None if value is None else text(value, root)


def texts(node: Node, root: Node) -> tuple[tuple[str, Node], ...] | None:
    """Tell the texts of one, or of a list such as `("a", "b")`; none where some are not known."""
    found: list[tuple[str, Node]] = []
    for item in items(node) if node.kind == "ExpressionList" else (node,):
        value = let_value(item, root) if item.kind == "NameReference" else None
        known = _listed(bare(value or item))
        if known is None:
            one = text(item, root)
            known = None if one is None else [one]
        if known is None:
            return None
        found += known
    return tuple(found)


def _listed(node: Node) -> list[tuple[str, Node]] | None:
    """Tell the texts of an array, or of a `datatable` with one column."""
    if node.kind == "DynamicExpression" and isinstance(node.constant, str):
        try:
            array = json.loads(node.constant)
        except ValueError:
            return None
        known = isinstance(array, list) and all(isinstance(element, str) for element in array)
        return [(element, node) for element in array] if known else None
    if node.kind == "DataTableExpression" and len(node.columns) == 1:
        cells = [(cell.constant, cell) for cell in items(node)]
        found = [(value, cell) for value, cell in cells if isinstance(value, str)]
        return found if len(found) == len(cells) else None
    return None


def called_value(call: Node, root: Node) -> Node | None:
    """Return the body of a `let` function with a call's arguments in the place of its parameters.

    None for other functions, and for a body that has statements of its own.
    """
    function = lets(root).get(call.name) if call.kind == "FunctionCallExpression" else None
    if function is None or function.kind != "FunctionDeclaration" or function.end > call.start:
        return None
    body = [part for c in function.children if c.kind == "FunctionBody" for part in parts(c)]
    if len(body) != 1 or body[0].kind == "List":
        return None
    names = [p.name for p in function.of_kind("NameAndTypeDeclaration")]
    given = dict(zip(names, arguments(call), strict=False))
    return _put_in(body[0], given) if given else body[0]


def _put_in(node: Node, given: Mapping[str, Node]) -> Node:
    if node.kind == "NameReference" and node.symbol == "parameter" and node.name in given:
        return given[node.name]
    return replace(node, children=tuple(_put_in(child, given) for child in node.children))


def let_value(name: Node, root: Node) -> Node | None:
    """Return what an earlier `let` statement made a name stand for."""
    value = lets(root).get(name.name)
    if value is None or name.symbol != "variable" or value.end > name.start:
        return None
    return value
