"""A JSON file as plain data whose every value remembers its place in the text.

It is not read by `generator.source`: YAML has no surrogate pairs, and Azure Resource Manager's JSON
has comments and line breaks in strings
(https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax#comments-and-metadata).
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evaluator.query_text import Piece
from generator.diagnostics import Location, Problem, Span
from generator.source import SourceError

MAX_DEPTH: Final = 100

JsonData = None | bool | int | float | str | list["JsonNode"] | dict[str, "JsonNode"]

_SPACE = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,39})(\.\d{1,40})?([eE][-+]?\d{1,4})?(?![\w.])")
_WORD = re.compile(r"(true|false|null)(?!\w)")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf'{_HIGH}{_LOW}|(?!{_HIGH}|{_LOW})\\u[0-9a-fA-F]{{4}}|\\["\\/bfnrt]|\\')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True, eq=False)
class JsonNode:
    """A value and its place."""

    data: JsonData
    document: "JsonDocument"
    start: int
    """Offset in the text of the file."""
    end: int
    """Exclusive."""

    def get(self, name: str) -> "JsonNode | None":
        """Find a property, whose case Azure ignores; None where there is none."""
        if not isinstance(self.data, dict):
            return None
        exact = self.data.get(name)
        if exact is not None:
            return exact
        return next((v for k, v in self.data.items() if k.lower() == name.lower()), None)

    def location(self) -> Location:
        """Tell where the value stands."""
        return self.document.locate(self.start, self.end)

    def pieces(self) -> Iterator[Piece]:
        """Cut a string into pieces; its characters count from 0."""
        raw = self.document.text[self.start + 1 : self.end - 1]
        offset = done = 0
        for match in (*_ESCAPE.finditer(raw), None):
            stop = match.start() if match else len(raw)
            begin = self.start + 1 + done
            yield from self.document.pieces(begin, self.start + 1 + stop, offset)
            offset += stop - done
            if match:
                begin = self.start + 1 + stop
                yield self.document.piece(begin, begin + len(match[0]), offset, verbatim=False)
                offset, done = offset + 1, match.end()


class JsonDocument:
    """A file's text, its lines and its value."""

    def __init__(self, text: str, file: str) -> None:
        """Read a text.

        Raises:
            SourceError: it is no JSON, is nested too deep, or has a key twice in one object.
        """
        self.text = text
        self.file = file
        self._lines = [0, *(m.end() for m in re.finditer("\n", text))]
        self._problems: list[Problem] = []
        self.root, end = self._value(self._skip(0), 0)
        if self._skip(end) < len(text):
            raise self._error("the file goes on behind its value", self._skip(end))
        if self._problems:
            raise SourceError(self._problems)

    def locate(self, start: int, end: int) -> Location:
        """Find the characters from `start` to `end` (exclusive); on the first line of several."""
        piece = self.piece(start, end, 0)
        span = Span(piece.line, piece.column, piece.line, piece.end_column)
        return Location(self.file, span, piece.source_line)

    def piece(self, start: int, end: int, offset: int, *, verbatim: bool = True) -> Piece:
        """Make a piece of a query of characters of one line."""
        number = bisect_right(self._lines, start)
        begin = self._lines[number - 1]
        line = self._line(number)
        column = start - begin + 1
        end_column = max(column + 1, min(end - begin, len(line)) + 1)
        return Piece(offset, self.file, number, column, end_column, line, verbatim=verbatim)

    def pieces(self, start: int, end: int, offset: int) -> Iterator[Piece]:
        """Make a piece of each line from `start` to `end`."""
        while start < end:
            number = bisect_right(self._lines, start)
            following = self._lines[number] if number < len(self._lines) else len(self.text)
            stop = min(end, following)
            yield self.piece(start, stop, offset)
            offset, start = offset + stop - start, stop

    def _line(self, number: int) -> str:
        end = self._lines[number] if number < len(self._lines) else len(self.text)
        return self.text[self._lines[number - 1] : end].rstrip("\r\n")

    def _error(self, message: str, start: int, problem_id: str = "template/json") -> SourceError:
        fix = "check the commas, quotes and brackets at and above this place"
        if problem_id == "template/too-deep":
            fix = "flatten the structure"
        location = self.locate(start, start + 1)
        return SourceError([*self._problems, Problem(problem_id, message, location, fix)])

    def _skip(self, start: int) -> int:
        match = _SPACE.match(self.text, start)
        return match.end() if match else start

    def _value(self, start: int, depth: int) -> tuple[JsonNode, int]:
        if depth > MAX_DEPTH:
            message = f"values are nested more than {MAX_DEPTH} deep"
            raise self._error(message, start, "template/too-deep")
        first = self.text[start : start + 1]
        data: JsonData
        if first == "{":
            data, end = self._object(start, depth)
        elif first == "[":
            data, end = self._array(start, depth)
        elif first == '"':
            data, end = self._string(start)
        else:
            data, end = self._scalar(start)
        return JsonNode(data, self, start, end), end

    def _array(self, start: int, depth: int) -> tuple[list[JsonNode], int]:
        items: list[JsonNode] = []
        position = self._skip(start + 1)
        while not self._closes(position, "]", first=not items):
            position = self._skip(position + 1) if items else position
            item, end = self._value(position, depth + 1)
            items.append(item)
            position = self._skip(end)
        return items, position + 1

    def _object(self, start: int, depth: int) -> tuple[dict[str, JsonNode], int]:
        members: dict[str, JsonNode] = {}
        position, count = self._skip(start + 1), 0
        while not self._closes(position, "}", first=not count):
            position = self._skip(position + 1) if count else position
            key, end = self._string(position)
            colon = self._skip(end)
            if self.text[colon : colon + 1] != ":":
                raise self._error("a colon is missing behind a key", colon)
            value, value_end = self._value(self._skip(colon + 1), depth + 1)
            if key in members:
                self._report_duplicate(key, position, end)
            members.setdefault(key, value)
            position, count = self._skip(value_end), count + 1
        return members, position + 1

    def _report_duplicate(self, key: str, start: int, end: int) -> None:
        self._problems.append(
            Problem(
                "template/duplicate-key",
                f"the key `{key}` stands twice in one object",
                self.locate(start, end),
                "keep one of them",
            )
        )

    def _closes(self, position: int, bracket: str, *, first: bool) -> bool:
        character = self.text[position : position + 1]
        if character == bracket:
            return True
        if not character:
            raise self._error(f"the file ends before `{bracket}`", position)
        if not first and character != ",":
            raise self._error(f"a comma or `{bracket}` is missing", position)
        return False

    def _string(self, start: int) -> tuple[str, int]:
        match = _STRING.match(self.text, start)
        if match is None:
            what = "a string does not end" if self.text[start : start + 1] == '"' else None
            raise self._error(what or "a key in double quotes is missing", start)
        raw = match[0][1:-1]
        if "\\" not in raw:
            return raw, match.end()
        wrong = next((m for m in _ESCAPE.finditer(raw) if m[0] == "\\"), None)
        if wrong:
            raise self._error("an escape that JSON does not have", start + 1 + wrong.start())
        return _ESCAPE.sub(_unescaped, raw), match.end()

    def _scalar(self, start: int) -> tuple[JsonData, int]:
        word = _WORD.match(self.text, start)
        if word:
            return _WORDS[word[0]], word.end()
        number = _NUMBER.match(self.text, start)
        if number is None:
            raise self._error("a value is missing, or is none of JSON", start)
        if not (number[1] or number[2]):
            return int(number[0]), number.end()
        value = float(number[0])
        if not math.isfinite(value):
            raise self._error("a number is larger than any that Azure can hold", start)
        return value, number.end()


def _unescaped(match: re.Match[str]) -> str:
    text = match[0]
    if text[1] != "u":
        return _ESCAPED.get(text[1], text[1])
    units = bytes.fromhex(text.replace("\\u", ""))
    return units.decode("utf-16-be")
