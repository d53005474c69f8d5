"""How the rows of the normalisation table are applied, for one resource type."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from deployment.resource_id import is_id


class Habit(Enum):
    """What Azure does to a body between PUT and GET."""

    ADDS = "adds it, with any value"
    DEFAULTS = "adds it, with this value"
    DROPS = "does not answer it"
    RECASES = "may answer it in another case"
    REORDERS = "may answer a list of ids in another order"
    UNSCOPES = "may answer an id with or without its subscription"
    RESHAPES = "may answer it in another shape"
    WRITES_NULL = "answers null for what was not sent"
    DROPS_EMPTY = "may leave out what is empty, or answer what was not sent as empty"


@dataclass(frozen=True, slots=True)
class Row:
    """One habit of Azure's; without the row it would be reported as a difference."""

    name: str
    """Unique; a test of this name fails if the row is deleted."""
    type: str
    """Lower case; `*` for every type."""
    path: str
    """Of the property, `[]` for an item of a list and `*` for any key; `**` for everywhere."""
    habit: Habit
    reason: str
    source: str
    fixture: str
    """File in tests/deployment/recorded, without its extension."""
    value: object = None
    """Of `DEFAULTS`: the only value that is not reported."""
    is_inferred: bool = False
    """Nothing recorded or documented shows it at this place."""


class TypeRules:
    """The rows of one resource type, and those of every type."""

    def __init__(self, resource_type: str, rows: Iterable[Row]) -> None:
        chosen = [row for row in rows if row.type in {"*", resource_type.lower()}]
        self._added = {row.path for row in chosen if row.habit is Habit.ADDS}
        self._defaults = {row.path: row.value for row in chosen if row.habit is Habit.DEFAULTS}
        self._dropped = {row.path for row in chosen if row.habit is Habit.DROPS}
        self._recased = {row.path for row in chosen if row.habit is Habit.RECASES}
        self._unscoped = {row.path for row in chosen if row.habit is Habit.UNSCOPES}
        self._reshaped = {row.path for row in chosen if row.habit is Habit.RESHAPES}
        habits = {row.habit for row in chosen}
        self._null_is_nothing = Habit.WRITES_NULL in habits
        self._empty_is_nothing = Habit.DROPS_EMPTY in habits
        self.are_ids_a_set = Habit.REORDERS in habits
        """Whether the order of a list of ids does not count."""
        self._any_key = {
            row.path[: row.path.index("*")] for row in chosen if "*" in row.path.strip("*")
        }

    def child(self, path: str, key: str) -> str:
        """Give the path of a property, with `*` for its key where a row has it so."""
        prefix = f"{path}." if path else ""
        return f"{prefix}*" if prefix in self._any_key else f"{prefix}{key}"

    def is_added(self, path: str, value: object) -> bool:
        """Tell whether Azure adds a property that was not sent, with this value."""
        if path in self._added or self.is_nothing(value):
            return True
        if isinstance(value, dict):
            return all(self.is_added(self.child(path, key), item) for key, item in value.items())
        return path in self._defaults and self._defaults[path] == value

    def is_dropped(self, path: str) -> bool:
        """Tell whether a property that was sent need not come back."""
        return path in self._dropped

    def is_nothing(self, value: object) -> bool:
        """Tell whether a value is as good as none: null, or empty all through."""
        if value is None:
            return self._null_is_nothing
        if isinstance(value, dict):
            return self._empty_is_nothing and all(map(self.is_nothing, value.values()))
        if isinstance(value, list):
            return self._empty_is_nothing and all(map(self.is_nothing, value))
        return False

    def text(self, path: str, value: str) -> str:
        """Give the form of a text in which it is compared."""
        if path in self._recased:
            return value.casefold().replace(" ", "")
        if path in self._unscoped:
            return _without_subscription(self.key(value))
        return self.key(value)

    def key(self, value: str) -> str:
        """Give the form of a key, or of any text, in which it is compared: ids without case."""
        return value.casefold() if "**" in self._recased and is_id(value) else value

    def shape(self, path: str, value: object) -> object:
        """Give what Azure answered in the shape in which it is sent."""
        if path in self._reshaped and isinstance(value, list):
            ids = [item.get("actionGroupId") for item in value if isinstance(item, dict)]
            if len(ids) == len(value):
                return {"groupIds": ids}
        return value


def _without_subscription(resource_id: str) -> str:
    return re.sub("^/subscriptions/[^/]+(?=/providers/)", "", resource_id, flags=re.IGNORECASE)
