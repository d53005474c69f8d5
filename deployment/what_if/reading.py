"""Reads what `az deployment group what-if --no-pretty-print` answers.

Its shape: https://learn.microsoft.com/rest/api/resources/deployments/what-if
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deployment import resource_id
from deployment.errors import DeploymentError

Json = Mapping[str, Any]
Kind = Literal["created", "changed", "deleted", "unchanged", "ignored", "uncompared"]
PropertyKind = Literal["created", "changed", "deleted", "no effect"]

_KINDS: dict[str, Kind] = {
    "create": "created",
    "modify": "changed",
    "delete": "deleted",
    "nochange": "unchanged",
    "ignore": "ignored",
}
_REASONS = {
    "unsupported": "Azure cannot compare this resource",
    "deploy": "Azure did not compare this resource",
}


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One value that differs; `before` is what Azure holds, `after` what is rendered."""

    path: str
    """`properties.criteria.allOf[0].threshold`."""
    kind: PropertyKind
    """created: only rendered; deleted: only in Azure; no effect: Azure will ignore what is sent."""
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What a deployment would do to one resource, as Azure foretells it."""

    id: str
    kind: Kind
    properties: tuple[PropertyChange, ...]
    """Of a changed resource."""
    before: Json
    """What Azure holds; empty for a resource that would be created."""
    reason: str
    """Why nothing can be said, of an uncompared one."""

    @property
    def type(self) -> str:
        """The resource's type in lower case."""
        return resource_id.parse(self.id).type


@dataclass(frozen=True, slots=True)
class Answer:
    """What Azure answered for one entry point."""

    changes: tuple[ResourceChange, ...]
    diagnostics: tuple[str, ...]
    """What it says about parts that it did not analyse."""


def read(document: object) -> Answer:
    """Read an answer.

    Raises:
        DeploymentError: it has another shape than is documented.
    """
    try:
        return _read(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DeploymentError(
            f"az answered a what-if that cannot be read ({type(error).__name__}: {error}); the "
            "Azure CLI that is tested is 2.91"
        ) from None


def _read(document: Any) -> Answer:
    body = document.get("properties") or document
    changes = [_change(change) for change in body["changes"] or ()]
    for change in body.get("potentialChanges") or ():
        potential = _change(change)
        reason = "it depends on a value that is known in a deployment only"
        changes.append(ResourceChange(potential.id, "uncompared", (), potential.before, reason))
    diagnostics = [
        f"{d.get('level', '')} {d.get('code', '')}: {d.get('message', '')}".strip()
        for d in body.get("diagnostics") or ()
    ]
    return Answer(tuple(changes), tuple(diagnostics))


def _change(change: Json) -> ResourceChange:
    written = change["changeType"]
    kind = _KINDS.get(written.lower(), "uncompared")
    reason = ""
    if kind == "uncompared":
        fallback = _REASONS.get(written.lower(), f"Azure calls the change {written}")
        reason = change.get("unsupportedReason") or fallback
    delta = tuple(_delta(change.get("delta") or ())) if kind == "changed" else ()
    return ResourceChange(change["resourceId"], kind, delta, change.get("before") or {}, reason)


def _delta(delta: Any) -> Iterator[PropertyChange]:
    """Flatten the tree of a delta; what is deleted and created at one place is one change."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    ignored: set[str] = set()
    for node in delta:
        _collect(node, "", False, (before, after, ignored))
    for path in dict.fromkeys((*before, *after)):
        values = (before.get(path), after.get(path))
        if path in ignored:
            yield PropertyChange(path, "no effect", *values)
        elif path not in before:
            yield PropertyChange(path, "created", *values)
        elif path not in after:
            yield PropertyChange(path, "deleted", *values)
        elif values[0] != values[1]:
            yield PropertyChange(path, "changed", *values)


def _collect(
    node: Json, parent: str, in_array: bool, into: tuple[dict[str, Any], dict[str, Any], set[str]]
) -> None:
    path = _join(parent, node["path"], in_array)
    kind = (node.get("propertyChangeType") or "").lower()
    if node.get("children"):
        for child in node["children"]:
            _collect(child, path, kind == "array", into)
        return
    before, after, ignored = into
    if kind not in {"create"}:
        before.update(_leaves(path, node.get("before")))
    if kind not in {"delete"}:
        after.update(_leaves(path, node.get("after")))
    if kind == "noeffect":
        ignored.update(dict(_leaves(path, node.get("before"))))
        ignored.update(dict(_leaves(path, node.get("after"))))


def _join(parent: str, segment: str, in_array: bool) -> str:
    if in_array:
        return f"{parent}[{segment}]"
    return f"{parent}.{segment}" if parent else segment


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Take an object apart, and a list of objects; a list of plain values stays whole."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}", inner)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, value
