"""Times that are given as so long before now."""

from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.constants import called_value, let_value, number
from evaluator.lints.kql.tree import arguments, bare, parts

_DAY_US: Final = 86_400 * 1_000_000
# The shortest a unit can be, so that nothing is called too long that may not be.
UNITS_US: Final = {
    "second": 1_000_000,
    "minute": 60 * 1_000_000,
    "hour": 3_600 * 1_000_000,
    "day": _DAY_US,
    "week": 7 * _DAY_US,
    "month": 28 * _DAY_US,
    "quarter": 90 * _DAY_US,
    "year": 365 * _DAY_US,
}
_STARTS: Final = {f"startof{unit}": unit for unit in ("day", "week", "month", "year")}


def microseconds_ago(node: Node, root: Node) -> float | None:
    """Compute how long before now a time is, at the least; none if it does not depend on now."""
    node = bare(node)
    if node.kind == "NameReference":
        value = let_value(node, root)
        return None if value is None else microseconds_ago(value, root)
    if node.kind == "FunctionCallExpression":
        return _of_call(node, root)
    if node.kind in ("AddExpression", "SubtractExpression"):
        left, right = parts(node)
        base, shift = microseconds_ago(left, root), number(right, root)
        if base is None or shift is None:
            return None
        return base + shift if node.kind == "SubtractExpression" else base - shift
    return None


def _of_call(call: Node, root: Node) -> float | None:
    given = arguments(call)
    match call.name, len(given):
        case "now", 0:
            return 0
        case "now", 1:
            shift = number(given[0], root)
            return None if shift is None else -shift
        case "ago", 1:
            return number(given[0], root)
        case "bin" | "floor" | "todatetime", n if n:
            return microseconds_ago(given[0], root)
        case "datetime_add", 3:
            unit = UNITS_US.get(str(given[0].constant))
            return _shifted(given[2], given[1], unit, root)
        case name, 1 if name in _STARTS:
            return microseconds_ago(given[0], root)
        case name, 2 if name in _STARTS:
            return _shifted(given[0], given[1], UNITS_US[_STARTS[name]], root)
    body = called_value(call, root)
    return None if body is None else microseconds_ago(body, root)


def _shifted(time: Node, by: Node, unit_us: int | None, root: Node) -> float | None:
    base, units = microseconds_ago(time, root), number(by, root)
    if base is None or units is None or unit_us is None:
        return None
    return base - units * unit_us
