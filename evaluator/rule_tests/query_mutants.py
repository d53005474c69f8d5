"""Small changes of a query, found by nodes of its syntax tree and never by text."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evaluator.analysis.syntax import Analysis, Node

NUMBERS: Final = frozenset(
    ("RealLiteralExpression", "LongLiteralExpression", "IntLiteralExpression")
)
_COMPARISONS: Final = frozenset(
    (
        "EqualExpression",
        "GreaterThanExpression",
        "GreaterThanOrEqualExpression",
        "LessThanExpression",
        "LessThanOrEqualExpression",
        "NotEqualExpression",
    )
)
_FILTERING_JOINS: Final = frozenset(("leftsemi", "leftanti"))
FACTORS: Final = (("x1.5", 1.5), ("/1.5", 1 / 1.5))


@dataclass(frozen=True, slots=True)
class QueryMutant:
    """A changed query."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Edit:
    name: str
    start: int
    end: int
    replacement: str


def mutate_query(analysis: Analysis) -> Iterator[QueryMutant]:
    """Make every mutant of a query; whether it is valid is not looked at.

    A limit (`let` of a number, a number in a filter's comparison) and a span in `ago()` become
    larger and smaller; each part of a filter, and each join that filters, is left out.
    """
    seen: dict[str, int] = {}
    edits = [*_limits(analysis.root), *_spans(analysis.root), *_filters(analysis.root)]
    for edit in sorted(edits, key=lambda e: (e.start, e.name)):
        seen[edit.name] = seen.get(edit.name, 0) + 1
        number = f" #{seen[edit.name]}" if seen[edit.name] > 1 else ""
        text = analysis.text[: edit.start] + edit.replacement + analysis.text[edit.end :]
        yield QueryMutant(edit.name + number, text)


def _limits(root: Node) -> Iterator[_Edit]:
    for statement in root.of_kind("LetStatement"):
        value = statement.children[-1]
        if value.kind in NUMBERS:
            yield from _scaled(f"let {statement.name}", value)
    for condition in _conditions(root):
        for comparison in condition.of_kind(*_COMPARISONS):
            for operand in comparison.children:
                if operand.kind in NUMBERS:
                    yield from _scaled(_short(comparison.text), operand)


def rounded(value: float) -> float:
    """Leave out the last bits, which a factor of 1.5 makes noise of."""
    return float(f"{value:.12g}")


def _scaled(name: str, literal: Node) -> Iterator[_Edit]:
    value = literal.constant
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    for word, factor in FACTORS:
        if value == 0:
            word, changed = ("+1", 1.0) if factor > 1 else ("-1", -1.0)
        else:
            changed = value * factor
        if literal.kind == "RealLiteralExpression":
            text = repr(rounded(changed))
        else:
            # Away from the value, so that a whole number always changes.
            text = str(math.ceil(changed) if changed > value else math.floor(changed))
        yield _Edit(f"query: {name} {word}", literal.start, literal.end, text)


def _spans(root: Node) -> Iterator[_Edit]:
    for call in root.of_kind("FunctionCallExpression"):
        if call.name != "ago":
            continue
        for literal in call.of_kind("TimespanLiteralExpression"):
            if isinstance(literal.constant, int | float):
                for word, factor in FACTORS:
                    seconds = round(literal.constant * factor / 1_000_000)
                    name = f"query: {call.text} {word}"
                    yield _Edit(name, literal.start, literal.end, f"{seconds}s")


def _conditions(root: Node) -> Iterator[Node]:
    return (filter_.children[-1] for filter_ in root.of_kind("FilterOperator"))


def _filters(root: Node) -> Iterator[_Edit]:
    for condition in _conditions(root):
        for part in _conjuncts(condition):
            yield _Edit(f"query: without `{_short(part.text)}`", part.start, part.end, "true")
    for pipe in root.of_kind("PipeExpression"):
        source, *_, operator = pipe.children
        if operator.kind == "JoinOperator" and _join_kind(operator) in _FILTERING_JOINS:
            name = f"query: without `{_short(operator.text)}`"
            yield _Edit(name, source.end, operator.end, "")


def _conjuncts(condition: Node) -> Iterator[Node]:
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        if part.kind == "AndExpression":
            waiting += [part.children[-1], part.children[0]]
        elif part.kind == "ParenthesizedExpression" and len(part.children) == 3:
            waiting.append(part.children[1])
        else:
            yield part


def _join_kind(join: Node) -> str:
    for parameter in join.parameters():
        if parameter.name == "kind" or parameter.text.startswith("kind"):
            return parameter.text.partition("=")[2].strip()
    return ""


def _short(text: str) -> str:
    """Write some KQL on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
