"""A YAML file as plain data whose every value remembers its place in the text.

The YAML is read by libyaml's event parser, never by a constructor: an event is a token with a
position, so nothing in a file can create an object, recurse deeply, or expand without bound.
Scalars follow the YAML 1.2 core schema (`no` is a string, `012` is refused as a number), and a
number with a point is a `Decimal` made from its text, never a float.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml

from generator.diagnostics import Location, Problem, Span

MAX_BYTES = 20_000_000
MAX_DEPTH = 50
MAX_NODES = 400_000

Path_ = tuple[str | int, ...]
Value = None | bool | int | Decimal | str | list["Value"] | dict[str, "Value"]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}


class SourceError(Exception):
    """A file that cannot be read as YAML; carries its problems."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


@dataclass(slots=True)
class _Node:
    span: Span
    data: Value = None
    children: "dict[str, tuple[Span, _Node]] | list[_Node] | None" = None
    size: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, its data, and where each value stands."""

    file: str
    lines: tuple[str, ...]
    _root: _Node = field(repr=False)

    @property
    def data(self) -> Value:
        """The file's content as dictionaries, lists and scalars."""
        return self._root.data

    def has(self, path: Path_) -> bool:
        """Tell whether a value is written at `path`."""
        value = self.data
        for step in path:
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[str(step)]
        return True

    def locate(self, path: Path_, *, key: bool = False) -> Location:
        """Find the value at `path`, or its key; where the path leaves the file, the last match."""
        node, span = self._root, self._root.span
        for step in path:
            if isinstance(node.children, dict) and step in node.children:
                key_span, node = node.children[str(step)]
                span = key_span if key else node.span
            elif isinstance(node.children, list) and isinstance(step, int):
                if step >= len(node.children):
                    break
                node = node.children[step]
                span = node.span
        return self.at(span)

    def at(self, span: Span) -> Location:
        """Make a location of a span of this file."""
        return _location(self.file, self.lines, span)


def _location(file: str, lines: tuple[str, ...], span: Span) -> Location:
    text = lines[span.line - 1] if span.line <= len(lines) else ""
    return Location(file, span, text)


def read_text(path: Path, file: str) -> str:
    """Read a UTF-8 text of at most `MAX_BYTES`.

    Raises:
        SourceError: the file is missing, unreadable, too large, or not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _file_error(file, "config/unreadable", "it is not a regular file", "name a file")
        if status.st_size > MAX_BYTES:
            raise _file_error(
                file,
                "yaml/too-large",
                f"it has {status.st_size:,} bytes, more than the {MAX_BYTES:,} that are read",
                "split the fleet over several configurations",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise _file_error(
            file, "config/missing-file", "there is no such file", "create it, or pass --config DIR"
        ) from None
    except OSError as error:
        raise _file_error(
            file,
            "config/unreadable",
            f"it cannot be read ({error.strerror})",
            "check the path, its links and its permissions",
        ) from None
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _file_error(
            file,
            "yaml/encoding",
            "it begins with a byte-order mark",
            "save it as UTF-8 without a byte-order mark",
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8")) + 1
        raise SourceError(
            [
                Problem(
                    "yaml/encoding",
                    f"byte {error.start} is not UTF-8",
                    Location(file, Span(line, column, line, column + 1), ""),
                    "save the file as UTF-8",
                )
            ]
        ) from None


def parse(text: str, file: str) -> Source:
    """Parse one YAML document.

    Raises:
        SourceError: the text is not one YAML document of the accepted kind.
    """
    lines = tuple(text.splitlines())
    builder = _Builder(file, lines)
    try:
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        root = builder.build(events)
    except yaml.MarkedYAMLError as error:
        raise builder.syntax_error(error) from None
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes of UTF-8.
        before = text.encode()[: error.position].decode(errors="ignore")
        line, column = before.count("\n") + 1, len(before.rsplit("\n", 1)[-1]) + 1
        raise builder.error(
            "yaml/syntax",
            f"the character U+{error.character:04X} is not allowed in YAML",
            Span(line, column, line, column + 1),
            'write it as an escape in double quotes, e.g. "\\u0007"',
        ) from None
    if builder.problems:
        raise SourceError(builder.problems)
    return Source(file, lines, root)


def _file_error(file: str, problem_id: str, what: str, fix: str) -> SourceError:
    return SourceError(
        [Problem(problem_id, f"{file}: {what}", Location(file, Span(1, 1, 1, 2), ""), fix)]
    )


class _Builder:
    """Builds the node tree from parser events, collecting what can be collected."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self.anchors: dict[str, _Node] = {}
        self.nodes = 0

    def error(self, problem_id: str, message: str, span: Span, fix: str) -> SourceError:
        """Make the error that ends parsing, behind what was found so far."""
        problem = Problem(problem_id, message, _location(self.file, self.lines, span), fix)
        return SourceError([*self.problems, problem])

    def syntax_error(self, error: yaml.MarkedYAMLError) -> SourceError:
        """Turn libyaml's complaint into a problem at its mark."""
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = error.problem or error.context or "not valid YAML"
        opened = error.context_mark
        if opened is not None and opened.line + 1 != line:
            message += f" {error.context} that begins on line {opened.line + 1}"
        source_line = self.lines[line - 1] if line <= len(self.lines) else ""
        fix = "check indentation, quotes and brackets at and above this place"
        if "\t" in source_line[:column]:
            fix = "indent with spaces, YAML allows no tabs"
        elif "escape" in message:
            fix = "write the character itself instead of its escape"
        elif self.lines and self.lines[0].startswith("//"):
            line, column, fix = 1, 1, "`//` begins no comment in YAML: use `#`"
        return self.error("yaml/syntax", message, Span(line, column, line, column + 1), fix)

    def build(self, events: Iterator[yaml.Event]) -> _Node:
        """Consume a whole stream; exactly one document."""
        root: _Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self.error(
                        "yaml/syntax",
                        "a second document begins here",
                        _span(event),
                        "keep one document in a file",
                    )
                root = self._node(next(events), events, 0)
        if root is None or (root.data is None and root.children is None):
            raise self.error(
                "yaml/empty",
                "the file is empty",
                Span(1, 1, 1, 2),
                "see config/schemas for its keys",
            )
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise self.error(
                "yaml/too-deep",
                f"values are nested more than {MAX_DEPTH} deep",
                _span(event),
                "flatten the structure",
            )
        if isinstance(event, yaml.AliasEvent):
            node = self.anchors.get(event.anchor or "")
            if node is None:
                raise self.error(
                    "yaml/alias",
                    f"`*{event.anchor}` names no anchor that is complete before this place",
                    _span(event),
                    f"define `&{event.anchor}` above, outside its own value",
                )
        elif isinstance(event, yaml.ScalarEvent):
            node = _Node(_span(event), self._scalar(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, events, depth)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(event, events, depth)
        else:
            raise TypeError(f"unexpected event {event!r}")
        self.nodes += node.size if isinstance(event, yaml.AliasEvent) else 1
        if self.nodes > MAX_NODES:
            raise self.error(
                "yaml/too-large",
                f"the file holds more than {MAX_NODES:,} values once its aliases are expanded",
                _span(event),
                "write fewer or smaller aliases",
            )
        anchor = getattr(event, "anchor", None)
        if anchor and not isinstance(event, yaml.AliasEvent):
            self.anchors[anchor] = node
        return node

    def _sequence(
        self, start: yaml.SequenceStartEvent, events: Iterator[yaml.Event], depth: int
    ) -> _Node:
        self._check_tag(start)
        children: list[_Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            children.append(self._node(event, events, depth + 1))
        return _Node(
            _span(start), [c.data for c in children], children, 1 + sum(c.size for c in children)
        )

    def _mapping(self, start: yaml.NodeEvent, events: Iterator[yaml.Event], depth: int) -> _Node:
        self._check_tag(start)
        children: dict[str, tuple[Span, _Node]] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            span = _span(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.error("yaml/key", "a key must be a string", span, "write a plain name")
            key = event.value
            if key == "<<" and event.implicit[0]:
                raise self.error(
                    "yaml/merge-key",
                    "merge keys (`<<`) are not read",
                    span,
                    "use `classes`, `plants` or `defaults`: they say who inherits what",
                )
            child = self._node(next(events), events, depth + 1)
            if key in children:
                first = children[key][0]
                self.problems.append(
                    Problem(
                        "yaml/duplicate-key",
                        f"the key `{key}` stands twice in one mapping, first on line {first.line}",
                        _location(self.file, self.lines, span),
                        "keep one of them",
                    )
                )
            else:
                children[key] = (span, child)
        data: dict[str, Value] = {key: child.data for key, (_, child) in children.items()}
        size = 1 + sum(child.size for _, child in children.values())
        return _Node(_span(start), data, children, size)

    def _scalar(self, event: yaml.ScalarEvent) -> Value:
        self._check_tag(event)
        text: str = event.value
        if not event.implicit[0] or event.style:
            return text
        if text in {"", "~", "null", "Null", "NULL"}:
            return None
        if text in {"true", "True", "TRUE"}:
            return True
        if text in {"false", "False", "FALSE"}:
            return False
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        return text

    def _check_tag(self, event: yaml.NodeEvent) -> None:
        tag: str | None = getattr(event, "tag", None)
        if tag is not None and tag != "!" and tag not in _CORE_TAGS:
            raise self.error(
                "yaml/tag", f"the tag `{tag}` is not read", _span(event), "remove the tag"
            )


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    assert start is not None and end is not None  # noqa: S101, PT018 - libyaml sets both
    # A block collection's start event has no width: point at one character.
    same_line = end.line == start.line
    end_column = end.column + 1 if same_line and end.column > start.column else start.column + 2
    return Span(start.line + 1, start.column + 1, start.line + 1, end_column)
