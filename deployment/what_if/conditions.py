"""What two values have to look like for their difference to be a known case."""

from collections.abc import Callable
from typing import Any

from deployment.resource_id import is_id
from deployment.what_if.reading import PropertyChange

Condition = Callable[[PropertyChange], bool]


def only_in_azure(change: PropertyChange) -> bool:
    """Azure holds a value, nothing is rendered."""
    return change.kind == "deleted"


def azure_has(value: Any) -> Condition:
    """Azure holds exactly this value, nothing is rendered."""
    return lambda change: change.kind == "deleted" and _equal(change.before, value)


def would_get(value: Any) -> Condition:
    """Azure holds nothing and would get exactly this value."""
    return lambda change: change.kind == "created" and _equal(change.after, value)


def not_answered(change: PropertyChange) -> bool:
    """A value is rendered, Azure answers none: null, or no property."""
    return change.kind == "created" or (change.kind == "changed" and change.before is None)


def no_effect(change: PropertyChange) -> bool:
    """Azure says that what is sent is ignored."""
    return change.kind == "no effect"


def nothing(change: PropertyChange) -> bool:
    """Each side is null, empty or missing."""
    before = None if change.kind == "created" else change.before
    after = None if change.kind == "deleted" else change.after
    return before in (None, [], {}) and after in (None, [], {})


def recased_id(change: PropertyChange) -> bool:
    """An id, or a list of values, whose ids differ in case only; the order of a list is free."""
    before, after = change.before, change.after
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(sorted(before, key=_folded), sorted(after, key=_folded), strict=True)
        return all(a == b or (is_id(a) and _folded(a) == _folded(b)) for a, b in pairs)
    return is_id(before) and same_but_for_case(change)


def same_but_for_case(change: PropertyChange) -> bool:
    """Two texts that differ in case only."""
    return _texts(change) and _folded(change.before) == _folded(change.after)


def same_region(change: PropertyChange) -> bool:
    """Two names of one region."""
    return _texts(change) and _squeezed(change.before) == _squeezed(change.after)


def same_role(change: PropertyChange) -> bool:
    """Two ids of one role definition."""
    before, after = change.before, change.after
    if not (is_id(before) and is_id(after)):
        return False
    return _folded(before.rpartition("/")[2]) == _folded(after.rpartition("/")[2])


def _texts(change: PropertyChange) -> bool:
    return isinstance(change.before, str) and isinstance(change.after, str)


def _folded(value: object) -> str:
    return str(value).casefold()


def _squeezed(value: object) -> str:
    return _folded(value).replace(" ", "")


def _equal(found: Any, value: Any) -> bool:
    return type(found) is type(value) and bool(found == value)
