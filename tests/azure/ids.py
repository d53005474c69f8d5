"""Resource ids: taken apart, and compared as Azure compares them, whatever their case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResourceId:
    """An id of a resource in a resource group."""

    text: str
    group: str
    """Name of the resource group, lower-cased."""
    scope: str
    """What stands before the last `/providers/`: a resource group, or a resource it extends."""
    type: str
    name: str
    """The last name only."""

    @property
    def key(self) -> str:
        """The id as a key: Azure's ids do not differ by case."""
        return self.text.lower()

    @property
    def parent(self) -> str:
        """Id of the resource that this one is a child of, or else its scope."""
        nested = self.type.count("/") > 1
        return self.text.rsplit("/", 2)[0] if nested else self.scope


def parse(text: str) -> ResourceId:
    """Take an id apart."""
    scope, _, tail = text.partition("/providers/")
    while "/providers/" in tail:
        head, _, tail = tail.partition("/providers/")
        scope = f"{scope}/providers/{head}"
    namespace, *parts = tail.split("/")
    return ResourceId(text, group_of(text), scope, "/".join([namespace, *parts[::2]]), parts[-1])


def group_id(subscription: str, group: str) -> str:
    """Id of a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def group_of(text: str) -> str:
    """Name of the resource group of an id, lower-cased; empty where it names none."""
    parts = text.lower().split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else ""
