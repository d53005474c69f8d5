"""Values of a template once its expressions are evaluated, each with its place."""

from dataclasses import dataclass, replace

from evaluator.query_text import QueryText
from evaluator.sources.json_document import JsonNode
from evaluator.sources.pieces import cut, whole_span
from generator.diagnostics import Location

ValueData = None | bool | int | float | str | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value, or what is known of one that only Azure knows."""

    data: ValueData
    """Of an unknown value a text to show, with braces around what is missing."""
    node: JsonNode
    """What it is written in; of an unknown value what makes it so."""
    span: tuple[int, int] | None = None
    """The part of the node's string that is the expression, if it is not all of it."""
    origin: int | None = None
    """Offset in the node's string from which on its characters are this value's."""
    unknown: str = ""
    """Why it is not known, for a sentence; empty if it is known."""

    def location(self) -> Location:
        """Tell where it is written."""
        if self.span is None or not isinstance(self.node.data, str):
            return self.node.location()
        return QueryText(self.node.data, tuple(self.node.pieces())).locate(*self.span)

    def query_text(self) -> QueryText:
        """Make a query of a string.

        What an expression puts together is placed on the expression as a whole.
        """
        text = str(self.data)
        if self.origin is None or not isinstance(self.node.data, str):
            return QueryText(text, (whole_span(self.location(), 0),))
        pieces = cut(self.node.pieces(), self.origin, self.origin + len(text), 0)
        return QueryText(text, tuple(pieces) or (whole_span(self.location(), 0),))

    def get(self, name: str) -> "Value | None":
        """Find a property, whose case Azure ignores; None where there is none."""
        if not isinstance(self.data, dict) or self.unknown:
            return None
        exact = self.data.get(name)
        if exact is not None:
            return exact
        return next((v for k, v in self.data.items() if k.lower() == name.lower()), None)


def literal(node: JsonNode) -> Value:
    """Make a value of JSON as it stands, without looking for expressions."""
    data = node.data
    if isinstance(data, list):
        return Value([literal(item) for item in data], node)
    if isinstance(data, dict):
        return Value({key: literal(item) for key, item in data.items()}, node)
    return Value(data, node, origin=0)


def place_at(value: Value, at: Value) -> Value:
    """Place a value where another is written."""
    moved = replace(value, node=at.node, span=at.span, origin=None)
    if isinstance(value.data, list):
        return replace(moved, data=[place_at(item, at) for item in value.data])
    if isinstance(value.data, dict):
        return replace(moved, data={k: place_at(v, at) for k, v in value.data.items()})
    return moved
