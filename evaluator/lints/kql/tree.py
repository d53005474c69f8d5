"""Ways around the syntax tree that several lints need."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from evaluator.analysis.syntax import Node


@lru_cache(maxsize=64)
def parents(root: Node) -> Mapping[Node, Node]:
    """Map every node below `root` to the node that it is a child of."""
    return {child: node for node in root.walk() for child in node.children}


def ancestors(node: Node, root: Node) -> Iterator[Node]:
    """Go from a node's parent up to the root."""
    above = parents(root)
    while node in above:
        node = above[node]
        yield node


def is_token(node: Node) -> bool:
    """Say whether a node is punctuation or a key word, which has no meaning of its own."""
    return node.kind.endswith(("Token", "Keyword"))


def parts(node: Node) -> tuple[Node, ...]:
    """List the children that are no tokens, such as the operands of an expression."""
    return tuple(child for child in node.children if not is_token(child))


def bare(node: Node) -> Node:
    """Take off the parentheses around an expression."""
    while node.kind == "ParenthesizedExpression":
        node = parts(node)[0]
    return node


def items(node: Node) -> tuple[Node, ...]:
    """List the items of an operator, clause or parenthesised list, such as `a, b = c`."""
    # An operator's parameters, such as `kind=inner`, are a list without separated elements.
    lists = (
        [element for element in child.children if element.kind == "SeparatedElement"]
        for child in node.children
        if child.kind == "List"
    )
    elements = next((found for found in lists if found), [])
    return tuple(part for element in elements for part in parts(element)[:1])


def parameter_names(operator: Node) -> frozenset[str]:
    """Return the names of an operator's own parameters, not of those of operators inside it."""
    lists = (child for child in operator.children if child.kind == "List")
    return frozenset(p.name for each in lists for p in each.children if p.kind == "NamedParameter")


def arguments(call: Node) -> tuple[Node, ...]:
    """List the arguments of a function call."""
    return next((items(c) for c in call.children if c.kind == "ExpressionList"), ())


def is_call(node: Node, *names: str) -> bool:
    """Say whether a node calls one of some functions or aggregates."""
    return node.kind == "FunctionCallExpression" and node.name in names


def item_value(item: Node) -> Node:
    """Return the expression of an item `name = expression`; the item itself if it has no name."""
    return parts(item)[-1] if item.kind == "SimpleNamedExpression" else item


def conjuncts(condition: Node, kind: str = "AndExpression") -> Iterator[Node]:
    """Take a condition apart at `and`, or at `or` with `kind="OrExpression"`."""
    waiting = [condition]
    while waiting:
        part = bare(waiting.pop())
        if part.kind == kind:
            waiting.extend(reversed(parts(part)))
        else:
            yield part


@lru_cache(maxsize=64)
def lets(root: Node) -> Mapping[str, Node]:
    """Map the names of the query's `let` statements to what they stand for."""
    return {let.name: parts(let)[-1] for let in root.of_kind("LetStatement")}


def main_expression(root: Node) -> Node | None:
    """Return what the query's result is made by: its last statement, if it is no `let`."""
    statements = [n for n in root.of_kind("ExpressionStatement") if n.children]
    return parts(statements[-1])[0] if statements else None


def steps(expression: Node) -> tuple[Node, ...]:
    """Take a tabular expression apart at its bars: the source, then the operators."""
    operators: list[Node] = []
    source = bare(expression)
    while source.kind == "PipeExpression":
        left, operator = parts(source)
        operators.append(operator)
        source = bare(left)
    return (source, *reversed(operators))


@lru_cache(maxsize=64)
def pipelines(root: Node) -> tuple[tuple[Node, ...], ...]:
    """List every tabular expression of the query, inner ones too, as its steps."""
    above = parents(root)
    outermost = [
        pipe
        for pipe in root.of_kind("PipeExpression")
        if above[pipe].kind != "PipeExpression" or parts(above[pipe])[0] is not pipe
    ]
    return tuple(steps(pipe) for pipe in outermost)


@lru_cache(maxsize=64)
def _step_places(root: Node) -> Mapping[Node, tuple[tuple[Node, ...], int]]:
    return {step: (line, i) for line in pipelines(root) for i, step in enumerate(line)}


def step_of(node: Node, root: Node) -> tuple[tuple[Node, ...], int] | None:
    """Find the innermost pipeline that a node stands in, and the number of its step."""
    places = _step_places(root)
    return next((places[above] for above in ancestors(node, root) if above in places), None)


def is_in_step(node: Node, step: Node, root: Node) -> bool:
    """Say whether a node is of an operator itself, and not of a pipeline inside it."""
    found = step_of(node, root)
    return found is not None and found[0][found[1]] is step


def comparable(node: Node) -> str:
    """Write an expression such that the same expression reads the same, however it is spaced."""
    texts: list[str] = []
    waiting = [node]
    while waiting:
        part = bare(waiting.pop())
        if part.children:
            waiting.extend(reversed(part.children))
        else:
            texts.append(part.text)
    return " ".join(texts)


def column_names(node: Node) -> frozenset[str]:
    """Return the names of a tabular expression's columns."""
    return frozenset(column.name for column in node.columns)
