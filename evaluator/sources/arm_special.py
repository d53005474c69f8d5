"""The template functions that see names, or that do not evaluate all of their arguments."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from evaluator.sources.arm_expression import Call, Expression, Literal
from evaluator.sources.arm_local import Local
from evaluator.sources.arm_values import Value
from evaluator.sources.json_document import JsonNode

if TYPE_CHECKING:
    from evaluator.sources.arm_scope import Scope

Special = Callable[["Scope", Call, JsonNode, Local], Value]


def source_text(expression: Expression, node: JsonNode) -> str:
    """Show an expression in the braces of a value that is missing."""
    return f"{{{str(node.data)[expression.start : expression.end]}}}"


def unknown_value(expression: Expression, node: JsonNode, reason: str) -> Value:
    """Make the value of an expression that is not evaluated."""
    span = (expression.start, expression.end)
    return Value(source_text(expression, node), node, span, unknown=reason)


def element(target: Value, key: Value) -> Value | None:
    """Find a property or an element; None where there is none."""
    if isinstance(key.data, str):
        return target.get(key.data)
    if isinstance(target.data, list) and isinstance(key.data, int):
        return target.data[key.data] if 0 <= key.data < len(target.data) else None
    return None


def _name_of(call: Call) -> str:
    """Tell the name that a call such as `parameters('name')` asks for."""
    first = call.arguments[0] if call.arguments else None
    return first.value if isinstance(first, Literal) and isinstance(first.value, str) else ""


def _parameters(scope: "Scope", call: Call, node: JsonNode, _: Local) -> Value:
    name = _name_of(call)
    return scope.parameter(name) or unknown_value(call, node, f"no parameter `{name}` is declared")


def _variables(scope: "Scope", call: Call, node: JsonNode, _: Local) -> Value:
    name = _name_of(call)
    return scope.variable(name) or unknown_value(call, node, f"no variable `{name}` is declared")


def _lambda_variables(_: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    name = _name_of(call)
    return local.variables.get(name) or unknown_value(call, node, f"no lambda declares `{name}`")


def _copy_index(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    name = _name_of(call)
    index = local.loops.get(name.lower())
    offset = scope.expression(call.arguments[-1], node, local).data if call.arguments else 0
    if index is None:
        return unknown_value(call, node, "it stands in no such loop")
    added = offset if isinstance(offset, int) else 0
    return Value(index + added, node, (call.start, call.end))


def _if(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    if len(call.arguments) != 3:
        return unknown_value(call, node, "`if()` has three arguments")
    condition = scope.expression(call.arguments[0], node, local)
    if condition.unknown:
        return replace(condition, data=source_text(call, node))
    return scope.expression(call.arguments[1 if condition.data is True else 2], node, local)


def _coalesce(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    for argument in call.arguments:
        value = scope.expression(argument, node, local)
        if value.unknown or value.data is not None:
            return value
    return Value(None, node, (call.start, call.end))


def _try_get(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    target, *keys = (scope.expression(a, node, local) for a in call.arguments)
    for key in keys:
        if target.unknown or key.unknown:
            return replace(target if target.unknown else key, data=source_text(call, node))
        target = element(target, key) or Value(None, node, (call.start, call.end))
    return target


def _each(
    scope: "Scope", call: Call, node: JsonNode, local: Local
) -> list[tuple[Value, Value]] | Value:
    """Pair each item of an array with what a lambda makes of it."""
    array = scope.expression(call.arguments[0], node, local) if call.arguments else None
    function = call.arguments[-1] if call.arguments else None
    if array is not None and array.unknown:
        return replace(array, data=source_text(call, node))
    if (
        array is None
        or not isinstance(array.data, list)
        or not isinstance(function, Call)
        or function.name != "lambda"
        or not 2 <= len(function.arguments) <= 3
    ):
        return unknown_value(call, node, f"`{call.name}()` needs an array and a lambda")
    *names, body = function.arguments
    pairs = []
    for index, item in enumerate(array.data):
        inside = local
        for name, value in zip(names, (item, Value(index, node)), strict=False):
            if isinstance(name, Literal):
                inside = inside.with_variable(str(name.value), value)
        pairs.append((item, scope.expression(body, node, inside)))
    return pairs


def _map(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    pairs = _each(scope, call, node, local)
    if isinstance(pairs, Value):
        return pairs
    return Value([made for _, made in pairs], node, (call.start, call.end))


def _filter(scope: "Scope", call: Call, node: JsonNode, local: Local) -> Value:
    pairs = _each(scope, call, node, local)
    if isinstance(pairs, Value):
        return pairs
    unknown = next((made for _, made in pairs if made.unknown), None)
    if unknown is not None:
        return replace(unknown, data=source_text(call, node))
    return Value([i for i, made in pairs if made.data is True], node, (call.start, call.end))


SPECIAL: Final[Mapping[str, Special]] = {
    "coalesce": _coalesce,
    "copyindex": _copy_index,
    "filter": _filter,
    "if": _if,
    "lambdavariables": _lambda_variables,
    "map": _map,
    "parameters": _parameters,
    "tryget": _try_get,
    "variables": _variables,
}
