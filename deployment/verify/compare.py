"""Compares one resource as it was sent with the same as Azure answers it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from deployment.expected import is_unevaluated
from deployment.masking import MASK, is_secret, masked_text
from deployment.resource_id import is_id
from deployment.verify.rules import TypeRules

_ITEM_NAMES: Final = ("name", "category")
_NOT_BODY: Final = frozenset(("id", "name", "type", "apiVersion"))


class Kind(Enum):
    """How a property differs."""

    CHANGED = "changed"
    MISSING = "missing property"
    UNEXPECTED = "unexpected property"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that is not as rendered; secure values are masked."""

    property: str
    """Such as `properties.emailReceivers[On call].emailAddress`."""
    kind: Kind
    expected: Any
    """As rendered; None for an unexpected property."""
    found: Any
    """As Azure holds it; None for a missing property."""


def compare(
    expected: Mapping[str, Any], found: Mapping[str, Any], rules: TypeRules
) -> list[Difference]:
    """List the properties in which a resource differs from what was rendered.

    Args:
        expected: what is sent, without id, type, name and API version.
        found: what Azure answers.
        rules: what Azure adds, drops and re-cases in a resource of this type.
    """
    body = {key: value for key, value in found.items() if key not in _NOT_BODY}
    return list(_Comparison(rules).objects(expected, body, "", ""))


class _Comparison:
    def __init__(self, rules: TypeRules) -> None:
        self._rules = rules

    def objects(
        self, expected: Mapping[str, Any], found: Mapping[str, Any], place: str, path: str
    ) -> Iterator[Difference]:
        rules = self._rules
        live = {rules.key(key): value for key, value in found.items()}
        for key, value in expected.items():
            here, there = _joined(place, key), rules.child(path, key)
            if rules.key(key) in live:
                answer = rules.shape(there, live.pop(rules.key(key)))
                yield from self._values(value, answer, here, there)
            elif not rules.is_nothing(value) and not rules.is_dropped(there):
                yield _difference(here, Kind.MISSING, value, None)
        for key, value in found.items():
            if rules.key(key) in live and not rules.is_added(rules.child(path, key), value):
                yield _difference(_joined(place, key), Kind.UNEXPECTED, None, value)

    def _values(self, expected: Any, found: Any, place: str, path: str) -> Iterator[Difference]:
        rules = self._rules
        if isinstance(expected, dict) and isinstance(found, dict):
            yield from self.objects(expected, found, place, path)
        elif isinstance(expected, list) and isinstance(found, list):
            yield from self._lists(expected, found, place, f"{path}[]")
        elif rules.is_nothing(found):
            if not rules.is_nothing(expected) and not rules.is_dropped(path):
                yield _difference(place, Kind.MISSING, expected, None)
        elif rules.is_nothing(expected):
            if not rules.is_added(path, found):
                yield _difference(place, Kind.UNEXPECTED, None, found)
        elif is_unevaluated(expected):
            if found == "":
                yield _difference(place, Kind.MISSING, expected, None)
        elif not self._is_same(expected, found, path):
            yield _difference(place, Kind.CHANGED, expected, found)

    def _lists(
        self, expected: Sequence[Any], found: Sequence[Any], place: str, path: str
    ) -> Iterator[Difference]:
        name = _item_name(expected, found)
        if name:
            live = {item[name]: item for item in found}
            for item in expected:
                here = f"{place}[{item[name]}]"
                if item[name] in live:
                    yield from self.objects(item, live.pop(item[name]), here, path)
                else:
                    yield _difference(here, Kind.MISSING, item, None)
            for key, item in live.items():
                yield _difference(f"{place}[{key}]", Kind.UNEXPECTED, None, item)
        elif self._rules.are_ids_a_set and all(map(is_id, (*expected, *found))):
            yield from self._sets(expected, found, place)
        elif len(expected) == len(found):
            for index, (item, other) in enumerate(zip(expected, found, strict=True)):
                yield from self._values(item, other, f"{place}[{index}]", path)
        else:
            yield _difference(place, Kind.CHANGED, expected, found)

    def _sets(
        self, expected: Sequence[str], found: Sequence[str], place: str
    ) -> Iterator[Difference]:
        live = list(enumerate(found))
        missing = []
        for index, item in enumerate(expected):
            key = self._rules.key(item)
            partner = next((other for other in live if self._rules.key(other[1]) == key), None)
            if partner:
                live.remove(partner)
            else:
                missing.append((index, item))
        for (index, item), (_, other) in zip(missing, live, strict=False):
            yield _difference(f"{place}[{index}]", Kind.CHANGED, item, other)
        for index, item in missing[len(live) :]:
            yield _difference(f"{place}[{index}]", Kind.MISSING, item, None)
        for index, other in live[len(missing) :]:
            yield _difference(f"{place}[{index}]", Kind.UNEXPECTED, None, other)

    def _is_same(self, expected: Any, found: Any, path: str) -> bool:
        if isinstance(expected, str) and isinstance(found, str):
            rules = self._rules
            return rules.text(path, _literal(expected)) == rules.text(path, found)
        is_switch = isinstance(expected, bool) or isinstance(found, bool)
        return bool(expected == found) and (not is_switch or type(expected) is type(found))


def _item_name(*lists: Sequence[Any]) -> str | None:
    """Find the property by which the items of both lists are told apart, if there is one."""
    for name in _ITEM_NAMES:
        if all(
            all(isinstance(item, dict) and isinstance(item.get(name), str) for item in items)
            and len({item[name] for item in items}) == len(items)
            for items in lists
        ):
            return name
    return None


def _difference(place: str, kind: Kind, expected: Any, found: Any) -> Difference:
    if is_secret(place):
        expected, found = (None if v is None else MASK for v in (expected, found))
    return Difference(place, kind, _masked(expected, is_rendered=True), _masked(found))


def _masked(value: Any, *, is_rendered: bool = False) -> Any:
    """Replace every secure value: by its property's name, by its form, or as the snapshot does."""
    if isinstance(value, dict):
        return {
            key: MASK if is_secret(key) and item else _masked(item, is_rendered=is_rendered)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, is_rendered=is_rendered) for item in value]
    if is_rendered and is_unevaluated(value):
        return MASK
    if isinstance(value, str):
        return masked_text(_literal(value) if is_rendered else value)
    return value


def _literal(text: str) -> str:
    """Undo the snapshot's writing of a text that begins with a bracket: with two of them."""
    return text[1:] if text.startswith("[[") else text


def _joined(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
