"""The template functions whose value needs nothing but their arguments.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from evaluator.sources.arm_values import Value, ValueData, literal, place_at
from evaluator.sources.json_document import JsonDocument
from generator.source import SourceError

MAX_CHARACTERS: Final = 1_000_000
MAX_ELEMENTS: Final = 2_000

Arguments = Sequence[Value]


class UnresolvedError(ValueError):
    """A function that is not evaluated for these arguments; the reason ends a sentence."""


def _known(value: Value) -> ValueData:
    """Look into a value; that of an array's element may be unknown."""
    if value.unknown:
        raise UnresolvedError(value.unknown)
    return value.data


def _text(value: Value) -> str:
    data = _known(value)
    if isinstance(data, bool):
        return str(data)
    if isinstance(data, str | int):
        return str(data)
    # .NET writes large, small and whole numbers in other ways than Python.
    if isinstance(data, float) and re.fullmatch(r"-?\d+\.\d*[1-9]", repr(data)):
        return repr(data)
    raise UnresolvedError("it makes a text of a value that is none")


def _string(value: Value) -> str:
    data = _known(value)
    if not isinstance(data, str):
        raise UnresolvedError("it needs a string")
    return data


def _integer(value: Value) -> int:
    data = _known(value)
    if isinstance(data, bool) or not isinstance(data, int):
        raise UnresolvedError("it needs a whole number")
    return data


def _boolean(value: Value) -> bool:
    data = _known(value)
    if not isinstance(data, bool):
        raise UnresolvedError("it needs true or false")
    return data


def _array(value: Value) -> list[Value]:
    data = _known(value)
    if not isinstance(data, list):
        raise UnresolvedError("it needs an array")
    return data


def _object(value: Value) -> dict[str, Value]:
    data = _known(value)
    if not isinstance(data, dict):
        raise UnresolvedError("it needs an object")
    return data


def _bounded(data: ValueData) -> ValueData:
    if isinstance(data, str) and len(data) > MAX_CHARACTERS:
        raise UnresolvedError(f"it makes more than {MAX_CHARACTERS:,} characters")
    if isinstance(data, list | dict) and len(data) > MAX_ELEMENTS:
        raise UnresolvedError(f"it makes more than {MAX_ELEMENTS:,} elements")
    return data


def _equal(one: Value, other: Value) -> bool:
    """Compare as `equals()` does: a number equals no string."""
    left, right = _known(one), _known(other)
    if isinstance(left, list | dict) and isinstance(right, list | dict) and left and right:
        raise UnresolvedError("it compares arrays or objects")
    return type(left) is type(right) and left == right


def _concat(arguments: Arguments) -> ValueData:
    if arguments and all(isinstance(a.data, list) for a in arguments):
        return _bounded([item for a in arguments for item in _array(a)])
    return _bounded("".join(_text(a) for a in arguments))


_FORMAT_ITEM = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}|[{}]")


def _format(arguments: Arguments) -> ValueData:
    pattern, *values = arguments

    def put_in(match: re.Match[str]) -> str:
        if match[0] in {"{{", "}}"}:
            return match[0][0]
        if match[1] is None or int(match[1]) >= len(values):
            raise UnresolvedError("its format string has an item that is not evaluated")
        return _text(values[int(match[1])])

    return _bounded(_FORMAT_ITEM.sub(put_in, _string(pattern)))


def _replace(arguments: Arguments) -> ValueData:
    text, old, new = map(_string, arguments)
    if not old:
        raise UnresolvedError("it replaces an empty text")
    return _bounded(text.replace(old, new))


def _join(arguments: Arguments) -> ValueData:
    items, separator = arguments
    return _bounded(_string(separator).join(_text(i) for i in _array(items)))


def _json(arguments: Arguments) -> ValueData:
    (text,) = arguments
    try:
        document = JsonDocument(_string(text), "")
    except SourceError:
        raise UnresolvedError("its text is not JSON") from None
    return place_at(literal(document.root), text).data


def _int(arguments: Arguments) -> ValueData:
    (value,) = arguments
    if isinstance(value.data, str) and re.fullmatch(r"-?\d{1,18}", value.data):
        return int(value.data)
    return _integer(value)


def _bool(arguments: Arguments) -> ValueData:
    (value,) = arguments
    if isinstance(value.data, str) and value.data.lower() in {"true", "false"}:
        return value.data.lower() == "true"
    return _boolean(value)


def _length(arguments: Arguments) -> ValueData:
    (value,) = arguments
    if isinstance(value.data, str | list | dict):
        return len(value.data)
    raise UnresolvedError("it needs a string, an array or an object")


def _empty(arguments: Arguments) -> ValueData:
    return arguments[0].data is None or _length(arguments) == 0


def _contains(arguments: Arguments) -> ValueData:
    container, item = arguments
    if isinstance(container.data, dict):
        return container.get(_string(item)) is not None
    return any(_equal(item, other) for other in _array(container))


def _create_object(arguments: Arguments) -> ValueData:
    if len(arguments) % 2:
        raise UnresolvedError("it needs a value behind each key")
    return {_string(k): v for k, v in zip(arguments[::2], arguments[1::2], strict=True)}


def _merge(objects: Sequence[dict[str, Value]]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for members in objects:
        merged |= members
    return merged


def _union(arguments: Arguments) -> ValueData:
    if all(isinstance(a.data, list) for a in arguments):
        found: list[Value] = []
        for item in (i for a in arguments for i in _array(a)):
            if not any(_equal(item, other) for other in found):
                found.append(item)
        return _bounded(found)
    objects = [_object(a) for a in arguments]
    shared = {k for i, o in enumerate(objects) for k in o if any(k in p for p in objects[:i])}
    if any(isinstance(o[k].data, dict) for o in objects for k in shared & o.keys()):
        raise UnresolvedError("it merges objects in objects")
    return _merge(objects)


def _items(arguments: Arguments) -> ValueData:
    (value,) = arguments
    pairs = sorted(_object(value).items())
    return [
        Value({"key": Value(key, value.node), "value": item}, value.node) for key, item in pairs
    ]


def _substring(arguments: Arguments) -> ValueData:
    text, start, *rest = arguments
    begin, found = _integer(start), _string(text)
    length = _integer(*rest) if rest else len(found) - begin
    if not 0 <= begin <= begin + length <= len(found):
        raise UnresolvedError("it takes characters that the text does not have")
    return found[begin : begin + length]


def _split(arguments: Arguments) -> ValueData:
    text, separator = arguments
    separators = _array(separator) if isinstance(separator.data, list) else [separator]
    pattern = "|".join(re.escape(_string(one)) for one in separators)
    if not pattern:
        raise UnresolvedError("it splits at nothing")
    return _bounded([Value(part, text.node) for part in re.split(pattern, _string(text))])


def _take(arguments: Arguments) -> ValueData:
    value, number = arguments
    return _sliceable(value)[: max(0, _integer(number))]


def _skip(arguments: Arguments) -> ValueData:
    value, number = arguments
    return _sliceable(value)[max(0, _integer(number)) :]


def _sliceable(value: Value) -> str | list[Value]:
    data = _known(value)
    if not isinstance(data, str | list):
        raise UnresolvedError("it needs a string or an array")
    return data


def _divide(arguments: Arguments) -> tuple[int, int]:
    """Divide as .NET does: towards zero, the rest with the sign of what is divided."""
    left, right = map(_integer, arguments)
    if right == 0:
        raise UnresolvedError("it divides by zero")
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient, left - quotient * right


def _numbers(arguments: Arguments) -> list[int]:
    """Take the numbers of `max()` and `min()`: arguments, or one array of them."""
    one_array = len(arguments) == 1 and isinstance(arguments[0].data, list)
    return [_integer(n) for n in (_array(arguments[0]) if one_array else arguments)]


def _ends(
    holds: Callable[[str, str], bool],
) -> Callable[[Arguments], ValueData]:
    """Compare as `startsWith()` and `endsWith()` do, which ignore case."""
    return lambda arguments: holds(*(_string(a).lower() for a in arguments))


def _from_base64(arguments: Arguments) -> ValueData:
    (value,) = arguments
    try:
        return base64.b64decode(_string(value), validate=True).decode()
    except ValueError:
        raise UnresolvedError("its text is no base64 of UTF-8") from None


def _range(arguments: Arguments) -> ValueData:
    start, count = map(_integer, arguments)
    if not 0 <= count <= MAX_ELEMENTS:
        raise UnresolvedError(f"it makes more than {MAX_ELEMENTS:,} elements")
    return [Value(n, arguments[0].node) for n in range(start, start + count)]


def _end(index: int) -> Callable[[Arguments], ValueData]:
    def take(arguments: Arguments) -> ValueData:
        (value,) = arguments
        if isinstance(value.data, str):
            return value.data[index:][:1]
        items = _array(value)
        return _known(items[index]) if items else None

    return take


def _of(
    convert: Callable[[Value], str], make: Callable[[str], str]
) -> Callable[[Arguments], ValueData]:
    return lambda arguments: make(convert(*arguments))


def _compare(holds: Callable[[int, int], bool]) -> Callable[[Arguments], ValueData]:
    return lambda arguments: holds(*map(_integer, arguments))


FUNCTIONS: Final[Mapping[str, Callable[[Arguments], ValueData]]] = {
    "add": lambda a: sum(map(_integer, a)),
    "and": lambda a: all(_boolean(x) for x in a),
    "base64": _of(_string, lambda text: base64.b64encode(text.encode()).decode()),
    "base64tostring": _from_base64,
    "bool": _bool,
    "concat": _concat,
    "contains": _contains,
    "createarray": list,
    "createobject": _create_object,
    "div": lambda a: _divide(a)[0],
    "empty": _empty,
    "endswith": _ends(str.endswith),
    "equals": lambda a: _equal(*a),
    "false": lambda _: False,
    "first": _end(0),
    "format": _format,
    "greater": _compare(lambda x, y: x > y),
    "greaterorequals": _compare(lambda x, y: x >= y),
    "int": _int,
    "items": _items,
    "join": _join,
    "json": _json,
    "last": _end(-1),
    "length": _length,
    "less": _compare(lambda x, y: x < y),
    "lessorequals": _compare(lambda x, y: x <= y),
    "max": lambda a: max(_numbers(a)),
    "min": lambda a: min(_numbers(a)),
    "mod": lambda a: _divide(a)[1],
    "mul": lambda a: _integer(a[0]) * _integer(*a[1:]),
    "not": lambda a: not _boolean(*a),
    "null": lambda _: None,
    "or": lambda a: any(_boolean(x) for x in a),
    "range": _range,
    "replace": _replace,
    "shallowmerge": lambda a: _merge([_object(o) for o in _array(*a)]),
    "skip": _skip,
    "split": _split,
    "startswith": _ends(str.startswith),
    "string": _of(_text, str),
    "sub": lambda a: _integer(a[0]) - _integer(*a[1:]),
    "substring": _substring,
    "take": _take,
    "tolower": _of(_string, str.lower),
    "toupper": _of(_string, str.upper),
    "trim": _of(_string, str.strip),
    "true": lambda _: True,
    "union": _union,
}
"""By name in lower case; each may raise `UnresolvedError`, also for a wrong number of arguments
(as `TypeError` or `ValueError` of unpacking)."""

OF_AZURE: Final = frozenset(
    (
        *("deployer", "deployment", "environment", "managementgroup", "newguid", "pickzones"),
        *("providers", "reference", "references", "resourcegroup", "subscription", "tenant"),
        *("extensionresourceid", "managementgroupresourceid", "resourceid"),
        *("subscriptionresourceid", "tenantresourceid", "utcnow"),
    )
)
"""Functions that depend on where and when a template is deployed, beside `list*`."""

# Functions whose result is known although an argument, which becomes an element, is not.
CONTAINER_FUNCTIONS: Final = frozenset({"createarray", "createobject"})
# Functions that are worth showing with what is known of their arguments.
TEXT_FUNCTIONS: Final = frozenset({"concat", "format", "join", "replace", "tolower", "toupper"})
