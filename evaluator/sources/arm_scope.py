"""Evaluates a template's values: its parameters, variables, loops and expressions.

Only what can be evaluated exactly is. What Azure alone knows, such as `reference()` or a parameter
without a value, becomes an unknown value that says why; what is built from it is unknown, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal as OneOf

from evaluator.sources.arm_expression import (
    Access,
    Call,
    Expression,
    ExpressionError,
    Literal,
    is_expression,
    parse_expression,
)
from evaluator.sources.arm_functions import (
    CONTAINER_FUNCTIONS,
    FUNCTIONS,
    OF_AZURE,
    TEXT_FUNCTIONS,
    UnresolvedError,
)
from evaluator.sources.arm_local import NOWHERE, STEPS_OF_A_ROUND, Effort, Local
from evaluator.sources.arm_special import SPECIAL, element, source_text, unknown_value
from evaluator.sources.arm_values import Value
from evaluator.sources.json_document import JsonNode

Dialect = OneOf["template", "snapshot"]


class Scope:
    """The names of one deployment."""

    def __init__(
        self,
        template: JsonNode,
        given: Mapping[str, Value],
        effort: Effort,
        dialect: Dialect = "template",
    ) -> None:
        """Open a template's scope; `given` are its parameters' values by name in lower case."""
        self._effort = effort
        self._dialect = dialect
        self._declared = {
            kind: {k.lower(): v for k, v in _members(template.get(kind))}
            for kind in ("parameters", "variables")
        }
        self._variable_loops = {
            _loop_name(loop).lower(): loop for loop in _variable_loops(template.get("variables"))
        }
        self._functions = dict(_declared_functions(template.get("functions")))
        self._parameters = dict(given)
        self._variables: dict[str, Value] = {}
        self._open: set[str] = set()

    def inner(self, template: JsonNode, given: Mapping[str, Value]) -> "Scope":
        """Open the scope of a nested deployment."""
        return Scope(template, given, self._effort, self._dialect)

    def evaluate(self, node: JsonNode, local: Local = NOWHERE) -> Value:
        """Evaluate a value of the template, with all that is inside it.

        Raises:
            TooLargeError: that takes too much.
        """
        self._effort.enter()
        try:
            data = node.data
            if isinstance(data, str):
                return self._string(node, data, local)
            if isinstance(data, list):
                return Value([self.evaluate(item, local) for item in data], node)
            if isinstance(data, dict):
                return Value(self._object(data, local), node)
            return Value(data, node)
        finally:
            self._effort.leave()

    def iterate(self, copy: JsonNode | None, local: Local) -> Iterator[Local] | Value:
        """Go through a loop, once where there is none; a value if its count is unknown."""
        if copy is None:
            return iter((local,))
        counted = copy.get("count")
        count = self.evaluate(counted, local) if counted else Value(None, copy)
        if count.unknown:
            return count
        if isinstance(count.data, bool) or not isinstance(count.data, int) or count.data < 0:
            return replace(count, unknown="the loop's count is no whole number from 0 on")
        return self._rounds(_loop_name(copy), count.data, local)

    def _rounds(self, name: str, count: int, local: Local) -> Iterator[Local]:
        for index in range(count):
            self._effort.enter(STEPS_OF_A_ROUND)
            yield local.in_loop(name, index)
            self._effort.leave()

    def _object(self, data: Mapping[str, JsonNode], local: Local) -> dict[str, Value]:
        evaluated: dict[str, Value] = {}
        for key, item in data.items():
            loops = item.data if isinstance(item.data, list) else []
            if key == "copy" and loops and all(i.get("input") and i.get("name") for i in loops):
                evaluated |= {_loop_name(i): self._loop(i, local) for i in loops}
            else:
                evaluated[key] = self.evaluate(item, local)
        return evaluated

    def _loop(self, loop: JsonNode, local: Local) -> Value:
        """Evaluate a loop that makes an array."""
        rounds, item = self.iterate(loop, local), loop.get("input")
        if isinstance(rounds, Value) or item is None:
            return rounds if isinstance(rounds, Value) else Value([], loop)
        return Value([self.evaluate(item, inside) for inside in rounds], loop)

    def _string(self, node: JsonNode, text: str, local: Local) -> Value:
        if not is_expression(text):
            escaped = self._dialect == "template" and text.startswith("[[") and text.endswith("]")
            return Value(text[1:], node, origin=1) if escaped else Value(text, node, origin=0)
        try:
            expression = parse_expression(text)
        except ExpressionError as error:
            if self._dialect == "snapshot":
                return Value(text, node, origin=0)  # a snapshot writes such a text as it is
            start = min(error.start, len(text) - 1)
            reason = f"it is not an expression: {error}"
            return Value(text, node, (start, start + 1), unknown=reason)
        return self.expression(expression, node, local)

    def expression(self, expression: Expression, node: JsonNode, local: Local) -> Value:
        """Evaluate a part of the expression that stands in `node`.

        Raises:
            TooLargeError: that takes too much.
        """
        self._effort.enter()
        try:
            if isinstance(expression, Literal):
                return _literal(expression, node)
            if isinstance(expression, Access):
                return self._access(expression, node, local)
            special = SPECIAL.get(expression.name)
            if special is not None:
                return special(self, expression, node, local)
            return self._function(expression, node, local)
        finally:
            self._effort.leave()

    def _access(self, access: Access, node: JsonNode, local: Local) -> Value:
        target = self.expression(access.target, node, local)
        key = self.expression(access.key, node, local)
        for value in (target, key):
            if value.unknown:
                return replace(value, data=source_text(access, node))
        found = element(target, key)
        if found is not None:
            return found
        if access.optional:
            return Value(None, node, (access.start, access.end))
        return unknown_value(access, node, f"there is no `{key.data}` in it")

    def _function(self, call: Call, node: JsonNode, local: Local) -> Value:
        function = FUNCTIONS.get(call.name)
        arguments = [self.expression(a, node, local) for a in call.arguments]
        if call.name in self._functions:
            return self._declared_function(self._functions[call.name], call, arguments, node)
        if function is None:
            name = str(node.data)[call.start :].partition("(")[0]
            shown = _resource_id(call, arguments) or source_text(call, node)
            of_azure = call.name in OF_AZURE or call.name.startswith("list")
            why = "is known to Azure only" if of_azure else "is not evaluated here"
            return replace(unknown_value(call, node, f"`{name}()` {why}"), data=shown)
        unknown = next((a for a in arguments if a.unknown), None)
        if call.name in CONTAINER_FUNCTIONS:
            unknown = None
        elif unknown is not None and call.name in TEXT_FUNCTIONS:
            arguments = [replace(a, unknown="") for a in arguments]
        elif unknown is not None:
            return replace(unknown, data=source_text(call, node))
        try:
            data = function(arguments)
        except UnresolvedError as error:
            return unknown_value(call, node, f"`{call.name}()` is not evaluated: {error}")
        except (TypeError, ValueError):
            return unknown_value(call, node, f"`{call.name}()` takes other arguments")
        if unknown is not None:
            return replace(unknown, data=data)
        return Value(data, node, (call.start, call.end))

    def _declared_function(
        self, declared: JsonNode, call: Call, arguments: list[Value], node: JsonNode
    ) -> Value:
        """Evaluate a function that the template declares; it sees its parameters alone."""
        parameters = declared.get("parameters")
        listed = parameters.data if parameters and isinstance(parameters.data, list) else []
        names = [_loop_name(parameter).lower() for parameter in listed]
        output = declared.get("output")
        value = output.get("value") if output else None
        if value is None or len(names) != len(arguments):
            return unknown_value(call, node, f"`{call.name}()` takes other arguments")
        inside = Scope(declared, dict(zip(names, arguments, strict=True)), self._effort)
        inside._declared["parameters"] = dict(zip(names, listed, strict=True))
        inside._functions = self._functions
        return inside.evaluate(value)

    def parameter(self, name: str) -> Value | None:
        """Tell a parameter's value; None if the template does not declare it."""
        key = name.lower()
        declared = self._declared["parameters"].get(key)
        if declared is None:
            return None
        if key not in self._parameters:
            default, nullable = declared.get("defaultValue"), declared.get("nullable")
            if default is not None:
                self._parameters[key] = self._once(f"parameter `{name}`", default)
            elif nullable is not None and nullable.data is True:
                self._parameters[key] = Value(None, declared)
            else:
                reason = f"the parameter `{name}` has no value"
                shown = f"{{{name}}}"
                self._parameters[key] = Value(shown, declared, unknown=reason)
        return self._parameters[key]

    def variable(self, name: str) -> Value | None:
        """Tell a variable's value; None if the template does not declare it."""
        key = name.lower()
        declared = self._declared["variables"].get(key)
        loop = self._variable_loops.get(key)
        if key not in self._variables:
            if loop is not None:
                self._variables[key] = self._loop(loop, NOWHERE)
            elif declared is not None:
                self._variables[key] = self._once(f"variable `{name}`", declared)
        return self._variables.get(key)

    def _once(self, what: str, node: JsonNode) -> Value:
        """Evaluate a declaration, which must not need itself."""
        if what in self._open:
            return Value(f"{{{what}}}", node, unknown=f"the {what} needs its own value")
        self._open.add(what)
        try:
            return self.evaluate(node)
        finally:
            self._open.discard(what)


def _literal(literal: Literal, node: JsonNode) -> Value:
    """Make a value of a literal; a string without quotes inside stands there as it is."""
    exact = isinstance(literal.value, str) and literal.end - literal.start == len(literal.value) + 2
    span = (literal.start, literal.end)
    return Value(literal.value, node, span, origin=literal.start + 1 if exact else None)


def _resource_id(call: Call, arguments: list[Value]) -> str:
    """Show the known end of a resource id: type and names."""
    texts = [str(a.data) for a in arguments]
    first = next((i for i, text in enumerate(texts) if "/" in text), None)
    is_id = call.name.endswith("resourceid") and first is not None
    return "/".join(["{id}", *texts[first:]]) if is_id else ""


def _members(node: JsonNode | None) -> Iterator[tuple[str, JsonNode]]:
    if node is not None and isinstance(node.data, dict):
        yield from node.data.items()


def _variable_loops(variables: JsonNode | None) -> Iterator[JsonNode]:
    loops = variables.get("copy") if variables else None
    if loops is not None and isinstance(loops.data, list):
        yield from (loop for loop in loops.data if loop.get("input"))


def _declared_functions(functions: JsonNode | None) -> Iterator[tuple[str, JsonNode]]:
    """Yield each function that a template declares, by `namespace.name` in lower case."""
    for group in functions.data if functions and isinstance(functions.data, list) else ():
        namespace = group.get("namespace")
        for name, declared in _members(group.get("members")):
            yield f"{namespace.data if namespace else ''}.{name}".lower(), declared


def _loop_name(loop: JsonNode) -> str:
    name = loop.get("name")
    return name.data if name and isinstance(name.data, str) else ""
