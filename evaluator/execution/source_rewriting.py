"""Rewriting a query's source by the nodes of its syntax tree.

The language service knows the type of every expression and duckdb-kql does not: what depends on a
type is therefore said in the source, by calls of the functions of evaluator.execution.registry.
Text between nodes that are rewritten stays as it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from evaluator.analysis.syntax import Node
from generator.escape import kql_string

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Handler = Callable[["SourceRewriter", Node], str]


class SourceRewriter:
    """Writes a query's source anew; a handler writes each kind of node that changes."""

    def __init__(self, text: str, handlers: Mapping[str, Handler], *, alert: bool) -> None:
        self.text = text
        self.alert = alert
        """Whether the query is an alert rule's: Azure moves its windows to the evaluation."""
        self.aligned: frozenset[Node] = frozenset()
        """Calls of `bin` whose windows start at the evaluation time."""
        self._handlers = handlers

    def write(self, node: Node) -> str:
        """Write a node."""
        handler = self._handlers.get(node.kind)
        return self.splice(node) if handler is None else handler(self, node)

    def splice(self, node: Node) -> str:
        """Write a node as it stands, its children rewritten."""
        if not node.children:
            return node.text
        parts, position = [], node.start
        for child in node.children:
            parts += [self.text[position : child.start], self.write(child)]
            position = child.end
        return "".join([*parts, self.text[position : node.end]])

    def call(self, function: str, *arguments: Node) -> str:
        """Write a call of a function of the registry."""
        return f"{function}({', '.join(self.write(a) for a in arguments)})"


def name(text: str) -> str:
    """Write a name such that it is one whatever it is spelled like, such as `limit`."""
    return f"[{kql_string(text)}]"


def is_plain(text: str) -> bool:
    """Tell whether a name needs no brackets."""
    return _PLAIN_NAME.fullmatch(text) is not None


def arguments(call: Node) -> list[Node]:
    """List the arguments of a call."""
    return [
        argument
        for child in call.children
        if child.kind == "ExpressionList"
        for argument in elements(child)
    ]


def elements(parent: Node) -> list[Node]:
    """List the elements of the comma-separated lists right below a node."""
    return [
        separated.children[0]
        for child in parent.children
        if child.kind == "List"
        for separated in child.children
        if separated.kind == "SeparatedElement"
    ]
