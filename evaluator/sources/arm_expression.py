"""The syntax of expressions in ARM templates, such as `[format('{0}-rule', parameters('name'))]`.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_DEPTH: Final = 60

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d{1,18}(?![\w.]))"
    # A function that the template defines has a name space: `contoso.name(...)`.
    r"|(?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_]\w*(?=\())?)|(?P<mark>\.\?|[.,()\[\]]))"
)


class ExpressionError(ValueError):
    """Not an expression; carries where, as an offset in the string."""

    def __init__(self, message: str, start: int) -> None:
        super().__init__(message)
        self.start = start


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or an integer."""

    value: str | int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function call; the name is in lower case, as its case means nothing."""

    name: str
    arguments: "tuple[Expression, ...]"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Access:
    """A property or an element of a value."""

    target: "Expression"
    key: "Expression"
    optional: bool
    """Whether a missing one is null."""
    start: int
    end: int


Expression = Literal | Call | Access


def is_expression(text: str) -> bool:
    """Tell whether a string of a template is an expression, not a text."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=256)
def parse_expression(text: str) -> Expression:
    """Parse a string that is an expression; offsets count from its opening bracket.

    Raises:
        ExpressionError: it is none, or is nested too deep.
    """
    parser = _Parser(text, len(text) - 1)
    expression = parser.expression(0)
    if parser.peek() or text[parser.position : -1].strip():
        raise ExpressionError("the expression goes on behind its value", parser.position)
    return expression


class _Parser:
    def __init__(self, text: str, end: int) -> None:
        self.text = text
        self.end = end
        self.position = 1

    def peek(self) -> str:
        match = _TOKEN.match(self.text, self.position, self.end)
        return match[0].strip() if match else ""

    def take(self, *marks: str) -> str:
        """Take one of some marks; empty if another token follows."""
        match = _TOKEN.match(self.text, self.position, self.end)
        if match is None or match["mark"] not in marks:
            return ""
        self.position = match.end()
        return match["mark"]

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise ExpressionError(f"`{mark}` is missing", self.position)

    def expression(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deep", self.position)
        found = self._primary(depth)
        while mark := self.take(".", ".?", "["):
            if mark == "[":
                key = self.expression(depth + 1)
                self.expect("]")
            else:
                key = self._property()
            found = Access(found, key, mark == ".?", found.start, self.position)
        return found

    def _property(self) -> Literal:
        match = _TOKEN.match(self.text, self.position, self.end)
        if match is None or match["name"] is None:
            raise ExpressionError("the name of a property is missing", self.position)
        self.position = match.end()
        return Literal(match["name"], match.start("name"), match.end())

    def _primary(self, depth: int) -> Expression:
        match = _TOKEN.match(self.text, self.position, self.end)
        if match is None or match["mark"]:
            raise ExpressionError("a value is missing", self.position)
        self.position = match.end()
        if match["string"] is not None:
            text = match["string"][1:-1].replace("''", "'")
            return Literal(text, match.start("string"), match.end())
        if match["number"] is not None:
            return Literal(int(match["number"]), match.start("number"), match.end())
        arguments: list[Expression] = []
        self.expect("(")
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.expression(depth + 1))
        start = match.start("name")
        return Call(match["name"].lower(), tuple(arguments), start, self.position)
