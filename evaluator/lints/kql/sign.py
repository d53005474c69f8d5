"""Whether a number can be zero or negative, by what the query says of it."""

from dataclasses import dataclass
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin, result_of
from evaluator.lints.kql.constants import let_value, number, unconverted
from evaluator.lints.kql.guards import Guard, guards_of_argument
from evaluator.lints.kql.tree import arguments, comparable, items, parts


@dataclass(frozen=True, slots=True)
class Sign:
    """What is certain of a number; null and NaN are neither zero nor negative."""

    not_zero: bool = False
    not_negative: bool = False

    def __and__(self, other: "Sign") -> "Sign":
        """Return what is certain of a number that is one or the other."""
        return Sign(
            self.not_zero and other.not_zero,
            self.not_negative and other.not_negative,
        )

    def __or__(self, other: "Sign") -> "Sign":
        """Join what two facts make certain of one number."""
        return Sign(
            self.not_zero or other.not_zero,
            self.not_negative or other.not_negative,
        )

    @property
    def positive(self) -> bool:
        """Say whether the number is certainly above zero."""
        return self.not_zero and self.not_negative


UNKNOWN: Final = Sign()
NOT_NEGATIVE: Final = Sign(not_negative=True)
POSITIVE: Final = Sign(not_zero=True, not_negative=True)

_COUNTS: Final = ("count", "countif", "dcount", "dcountif", "strlen", "array_length")
_OF_ROWS: Final = ("max", "min", "take_any", "any", "arg_max", "arg_min")
# Every row stands for one measurement or more: inferred from
# https://learn.microsoft.com/azure/azure-monitor/app/sampling.
_POSITIVE_COLUMNS: Final = ("ItemCount",)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands, and what is known to hold there."""

    root: Node
    place: Place | None
    guards: tuple[Guard, ...] = ()

    def of_argument(self, call: Node, number_of_argument: int) -> "Scope":
        """Return the scope of an argument, such as a result of `iff`."""
        own = [atom for g in guards_of_argument(call, number_of_argument) for atom in g.atoms()]
        return Scope(self.root, self.place, (*self.guards, *own))


def sign(node: Node, scope: Scope) -> Sign:
    """Tell what is certain of a number's sign."""
    node = unconverted(node)
    certain = UNKNOWN
    for guard in scope.guards:
        certain |= implied_sign(guard, comparable(node), scope.root)
    value = number(node, scope.root)
    if value is not None:
        return certain | Sign(value != 0, value >= 0)
    if node.kind.endswith("LiteralExpression") and node.constant is None:
        return POSITIVE  # null is neither zero nor negative
    if node.kind == "NameReference":
        return certain | _sign_of_name(node, scope)
    if node.kind == "FunctionCallExpression":
        return certain | _sign_of_call(node, scope)
    return certain | _sign_of_operation(node, scope)


def sign_of_result(name: str, expression: Node, root: Node) -> Sign:
    """Tell what is certain of a column of a tabular expression's result."""
    return _sign_of_column(name, result_of(expression), Scope(root, None))


def _sign_of_operation(node: Node, scope: Scope) -> Sign:
    if node.kind == "ToScalarExpression":
        inner = parts(node)[0]
        columns = inner.columns
        return _sign_of_column(columns[0].name, result_of(inner), scope) if columns else UNKNOWN
    if node.kind not in ("AddExpression", "MultiplyExpression", "DivideExpression"):
        return UNKNOWN
    left, right = (sign(part, scope) for part in parts(node))
    if node.kind == "AddExpression":
        both = left.not_negative and right.not_negative
        return Sign(both and (left.not_zero or right.not_zero), both)
    truncates = node.kind == "DivideExpression" and node.type in ("int", "long")
    certain = left & right
    return Sign(certain.not_zero and not truncates, certain.not_negative)


def _sign_of_call(call: Node, scope: Scope) -> Sign:
    if call.name in _COUNTS:
        return POSITIVE if call.name == "count" and _is_grouped(scope) else NOT_NEGATIVE
    signs = [sign(a, scope.of_argument(call, i)) for i, a in enumerate(arguments(call))]
    if not signs:
        return UNKNOWN
    match call.name:
        case "coalesce" | "min_of":
            return _any_of(signs)
        case "max_of":
            some = any(s.positive for s in signs)
            return Sign(some, some or any(s.not_negative for s in signs)) | _any_of(signs)
        case "iff" | "iif" | "case":
            return _any_of([*signs[1::2], signs[-1]])
        case "sum":
            return Sign(signs[0].positive and _is_grouped(scope), signs[0].not_negative)
        case "abs":
            return Sign(signs[0].not_zero, not_negative=True)
        case "exp" | "exp2" | "exp10":
            return POSITIVE
        case "pow" if signs[0].positive:
            return POSITIVE
        case name if name in _OF_ROWS:
            return signs[0]
        case "avg" | "percentile" if signs[0].not_negative:
            return signs[0]
    return UNKNOWN


def _any_of(signs: list[Sign]) -> Sign:
    return Sign(all(s.not_zero for s in signs), all(s.not_negative for s in signs))


def _is_grouped(scope: Scope) -> bool:
    """Say whether a group, which has a row at least, is what is aggregated."""
    step = scope.place.step if scope.place else None
    return step is not None and any(c.kind == "SummarizeByClause" for c in step.children)


def _sign_of_name(name: Node, scope: Scope) -> Sign:
    value = let_value(name, scope.root)
    if value is not None:
        return sign(value, Scope(scope.root, None))
    if scope.place is None or name.symbol != "column":
        return UNKNOWN
    return _sign_of_column(name.name, scope.place, scope)


def _sign_of_column(name: str, place: Place, scope: Scope) -> Sign:
    found = origin(name, place, scope.root)
    certain = UNKNOWN
    for called, condition in found.conditions:
        for atom in Guard(condition, holds=True).atoms():
            certain |= implied_sign(atom, called, scope.root)
    if found.value is None:
        return certain
    if found.place is not None:
        return certain | sign(found.value, Scope(scope.root, found.place))
    if found.value.kind == "DataTableExpression":
        return certain | _sign_of_cells(found.name, found.value, scope.root)
    return certain | (POSITIVE if found.name in _POSITIVE_COLUMNS else UNKNOWN)


def _sign_of_cells(name: str, datatable: Node, root: Node) -> Sign:
    declared = [d.name for d in datatable.of_kind("NameAndTypeDeclaration")]
    column = declared.index(name) if name in declared else None
    if column is None:
        return UNKNOWN
    values = [number(cell, root) for cell in items(datatable)[column :: len(declared)]]
    if any(value is None for value in values):
        return UNKNOWN
    return _any_of([Sign(value != 0, value >= 0) for value in values if value is not None])


def implied_sign(guard: Guard, expression: str, root: Node) -> Sign:
    """Tell what a condition such as `d > 0` says of the sign of `d`."""
    compared = parts(guard.condition)
    operator = _OPERATORS.get(guard.condition.kind)
    if operator is None:
        return UNKNOWN
    left, right = compared
    if comparable(unconverted(left)) != expression:
        left, right, operator = right, left, _MIRRORED.get(operator, operator)
    bound = number(right, root)
    if bound is None or comparable(unconverted(left)) != expression:
        return UNKNOWN
    return _sign_beyond(operator if guard.holds else _DENIED[operator], bound)


_OPERATORS: Final = {
    "GreaterThanExpression": ">",
    "GreaterThanOrEqualExpression": ">=",
    "LessThanExpression": "<",
    "LessThanOrEqualExpression": "<=",
    "EqualExpression": "==",
    "NotEqualExpression": "!=",
}
_MIRRORED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_DENIED: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


def _sign_beyond(operator: str, bound: float) -> Sign:
    match operator:
        case ">":
            return Sign(bound >= 0, bound >= 0)
        case ">=":
            return Sign(bound > 0, bound >= 0)
        case "<":
            return Sign(not_zero=bound <= 0)
        case "<=":
            return Sign(not_zero=bound < 0)
        case "==":
            return Sign(bound != 0, bound >= 0)
    return Sign(not_zero=bound == 0)
