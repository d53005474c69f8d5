"""What Microsoft's language service says of a query: diagnostics, result columns, syntax tree.

Kinds are the names of Kusto.Language's `SyntaxKind`, such as `FilterOperator` or
`FunctionCallExpression`. The tree is plain data; nothing here needs the service.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

UNKNOWN_TABLE: Final = "KS204"
"""Code of a diagnostic about a table that is not among those that are known."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding of the language service, such as KS142 for an unknown name."""

    code: str
    severity: Literal["Error", "Warning", "Suggestion", "Information"]
    message: str
    start: int
    """Offset in the query, 0-based."""
    end: int
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a tabular result."""

    name: str
    type: str
    """KQL type, such as `real`."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An element of the syntax tree; tokens are nodes without children."""

    kind: str
    start: int
    """Offset of the first character that is no white space or comment."""
    end: int
    """Exclusive."""
    text: str
    """What the query says there, without leading and trailing white space and comments."""
    children: "tuple[Node, ...]" = ()
    name: str = ""
    """Simple name of a name, function call, or declaration; empty for other nodes."""
    symbol: str = ""
    """What the name means: `column`, `table`, `function`, `aggregate`, `variable`, `plugin`,
    `parameter`, `operator`, ...; empty where unknown."""
    type: str = ""
    """KQL type of a scalar expression, `table` of a tabular one; empty where it has none."""
    columns: tuple[Column, ...] = ()
    """Result columns of a query operator or table expression."""
    constant: object = None
    """Value of a literal, as Python's; None for null, and for what cannot be read for certain.

    A timespan is in microseconds, a datetime in those since year 1: an int, a Fraction if finer.
    """

    def walk(self) -> "Iterator[Node]":
        """Go through this node and all below it, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def of_kind(self, *kinds: str) -> "Iterator[Node]":
        """Go through the nodes of some kinds at or below this one."""
        return (node for node in self.walk() if node.kind in kinds)

    def parameters(self) -> "Iterator[Node]":
        """Go through an operator's own parameters, such as `kind=inner` of a join.

        Those of operators inside it, such as a join on the right of a join, are not among them.
        """
        for child in self.children:
            near = child.children if child.kind == "List" else (child,)
            yield from (node for node in near if node.kind == "NamedParameter")


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The language service's answer for one query."""

    text: str
    diagnostics: tuple[Diagnostic, ...]
    columns: tuple[Column, ...]
    """Columns of the query's result, in order; empty if it is not tabular."""
    root: Node

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Diagnostics for which the service would refuse the query."""
        return tuple(d for d in self.diagnostics if d.severity == "Error")
