"""Filters that no row passes: a condition that is false, or two that exclude each other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin, whole_line
from evaluator.lints.kql.constants import number, texts, unconverted
from evaluator.lints.kql.guards import Guard
from evaluator.lints.kql.tree import arguments, comparable, is_call, parts, pipelines
from evaluator.lints.kql.truth import truth

_EQUAL: Final = {"EqualExpression": (True, False), "NotEqualExpression": (False, False)} | {
    "EqualTildeExpression": (True, True),
    "BangTildeExpression": (False, True),
    "InExpression": (True, False),
    "NotInExpression": (False, False),
    "InCsExpression": (True, True),
    "NotInCsExpression": (False, True),
}
"""Comparisons with texts: whether one of them is asked for, and whether the case is ignored."""

_ORDER: Final = {
    "GreaterThanExpression": ">",
    "GreaterThanOrEqualExpression": ">=",
    "LessThanExpression": "<",
    "LessThanOrEqualExpression": "<=",
    "EqualExpression": "==",
}
_MIRRORED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "=="}
_DENIED: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Demand:
    """What a condition asks of a column, or of a property in it."""

    node: Node
    column: str
    path: str
    """What stands behind the column's name, such as `. plant_id`."""
    texts: frozenset[str] | None = None
    is_wanted: bool = True
    """Whether one of the texts is asked for, or none of them."""
    is_folded: bool = False
    """Whether their case is ignored; the texts are folded then."""
    operator: str = ""
    bound: float = math.nan

    def admits(self, value: str) -> bool:
        """Tell whether a text meets the demand."""
        compared = value.casefold() if self.is_folded else value
        return self.texts is None or (compared in self.texts) == self.is_wanted


def excludes(one: Demand, other: Demand) -> bool:
    """Tell whether no value meets both demands, which are about the same column."""
    if one.texts is None or other.texts is None:
        both_numbers = one.texts is None and other.texts is None
        return both_numbers and (_apart(one, other) or _apart(other, one))
    for first, second in ((one, other), (other, one)):
        # A text whose case is ignored stands for many: an exact one may admit some of them.
        known = first.is_wanted and (second.is_folded or not first.is_folded)
        if known and first.texts and not any(map(second.admits, first.texts)):
            return True
    return False


def _apart(upper: Demand, lower: Demand) -> bool:
    if upper.operator not in ("<", "<=", "==") or lower.operator not in (">", ">=", "=="):
        return False
    strict = upper.operator == "<" or lower.operator == ">"
    return upper.bound < lower.bound or (strict and upper.bound == lower.bound)


def contradictions(root: Node) -> Iterator[tuple[Node, str]]:
    """Find the conditions that no row passes, each with a sentence that says why."""
    for line in pipelines(root):
        for i, step in enumerate(line):
            if step.kind == "FilterOperator" and i:
                yield from _in_filter(step, Place(line, i), root)


def _in_filter(step: Node, place: Place, root: Node) -> Iterator[tuple[Node, str]]:
    condition = parts(step)[-1]
    if truth(condition, root) is False:
        yield condition, f"`{condition.text}` is never true: no row passes"
        return
    above = whole_line(place.steps[: place.number], root)
    is_joined = any(step.kind in ("JoinOperator", "LookupOperator") for step in above)
    before: list[Demand] = []
    for demand in _demands(condition, root):
        same = (d for d in before if (d.column, d.path) == (demand.column, demand.path))
        for earlier in (*same, *_earlier(demand.column, demand.path, place, root)):
            # A row without a match has an empty text where the filter above left others.
            if excludes(demand, earlier) and not (is_joined and demand.texts and demand.admits("")):
                message = f"`{earlier.node.text}` and `{demand.node.text}` exclude each other"
                yield demand.node, f"{message}: no row passes both"
                break
        before.append(demand)


def _earlier(column: str, path: str, place: Place, root: Node) -> Iterator[Demand]:
    """Go through what filters above ask of a column, under whatever name it has there."""
    found = origin(column, place, root)
    for name, condition in found.conditions:
        for demand in _demands(condition, root):
            if (demand.column, demand.path) == (name, path):
                yield demand
    if found.value is not None and found.place is not None:
        subject = _subject(found.value)
        if subject is not None:
            yield from _earlier(subject[0], f"{subject[1]}{path}", found.place, root)


def _demands(condition: Node, root: Node) -> Iterator[Demand]:
    for atom in Guard(condition, holds=True).atoms():
        compared = parts(atom.condition)
        if len(compared) == 2:
            yield from _of_texts(atom, *compared, root)
            yield from _of_numbers(atom, *compared, root)


def _of_texts(atom: Guard, left: Node, right: Node, root: Node) -> Iterator[Demand]:
    kind = atom.condition.kind
    if kind not in _EQUAL:
        return
    for side, other in ((left, right), (right, left)):
        subject, known = _subject(side), texts(other, root)
        # An empty text is also what an outer join leaves where a row has no match.
        if subject and known and all(value for value, _ in known):
            wanted, folded = _EQUAL[kind]
            values = frozenset(v.casefold() if folded else v for v, _ in known)
            yield Demand(atom.condition, *subject, values, wanted == atom.holds, folded)
            return


def _of_numbers(atom: Guard, left: Node, right: Node, root: Node) -> Iterator[Demand]:
    kind, node = atom.condition.kind, atom.condition
    if kind == "BetweenExpression" and atom.holds:
        subject = _subject(left)
        bounds = (number(bound, root) for bound in parts(right))
        for operator, bound in zip((">=", "<="), bounds, strict=False):
            if subject and bound is not None:
                yield Demand(node, *subject, operator=operator, bound=bound)
        return
    operator = _ORDER.get(kind, "") if atom.holds else _DENIED.get(_ORDER.get(kind, ""), "")
    if not operator:
        return
    for side, other, said in ((left, right, operator), (right, left, _MIRRORED[operator])):
        subject, bound = _subject(side), number(other, root)
        if subject and bound is not None:
            yield Demand(node, *subject, operator=said, bound=bound)
            return


def _subject(node: Node) -> tuple[str, str] | None:
    """Tell the column that an expression is, or is a property of, and the rest of it."""
    node = unconverted(node)
    while is_call(node, "tostring") and len(arguments(node)) == 1:
        node = unconverted(arguments(node)[0])
    base = node
    while base.kind in ("PathExpression", "ElementExpression"):
        base = base.children[0]
    if base.symbol != "column" or base.kind != "NameReference":
        return None
    return base.name, comparable(node).removeprefix(comparable(base))
