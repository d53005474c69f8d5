"""What a what-if of a whole environment says, put together from the answers of its entry points."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from deployment import resource_id
from deployment.expected import ExpectedResource, is_unevaluated
from deployment.masking import MASK, is_secret, masked_text, scrub
from deployment.origin import Origins
from deployment.what_if.noise import Filtered, is_secure, sift
from deployment.what_if.noise_table import NOISE
from deployment.what_if.reading import Answer, Json, Kind, PropertyChange, ResourceChange
from generator import conventions

_WEIGHT: Final[dict[Kind, int]] = {
    "ignored": 0,
    "uncompared": 1,
    "unchanged": 2,
    "deleted": 3,
    "created": 4,
    "changed": 5,
}
_LIMIT = (
    "Azure's what-if stopped before it: it expands 500 nested templates, 800 resource groups and "
    "5 minutes at most"
)
_SILENT = "Azure's what-if says nothing of it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource as it is told."""

    id: str
    type: str
    """In lower case."""
    name: str
    kind: Kind
    properties: tuple[PropertyChange, ...] = ()
    """Secrets are masked in them."""
    reason: str = ""
    place: str = ""
    """Where in the configuration it comes from; empty if from nowhere."""
    rendered: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A difference that is not shown, and why."""

    id: str
    filtered: Filtered


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a deployment would do."""

    environment: str
    entries: tuple[Entry, ...]
    """What is created, changed, deleted or could not be compared, in this order."""
    left_behind: tuple[Entry, ...]
    """Ours in Azure, and no longer rendered: a deployment leaves it there."""
    unchanged: int
    foreign: int
    """Resources of others in the same resource groups."""
    hidden: tuple[Hidden, ...]
    diagnostics: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Entry, ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry.kind == kind)


def assemble(
    environment: str,
    answers: Sequence[Answer],
    expected: Sequence[ExpectedResource],
    origins: Origins,
    *,
    unstacked: Iterable[str] = (),
    secrets: Iterable[str] = (),
    is_ours: Callable[[str, Json], bool] | None = None,
) -> WhatIf:
    """Put answers together: noise taken out, secrets masked, everything with its origin.

    Args:
        environment: name of the environment.
        answers: one for each entry point.
        expected: what is rendered; what Azure says nothing of is told.
        origins: of the environment's resources.
        unstacked: ids that a deployment stack would delete.
        secrets: values that must appear nowhere.
        is_ours: tells by id and body whether a resource that is not rendered is the project's
            own; by its tags unless given.
    """
    known = {resource_id.key(r.id): r for r in expected}
    assembly = _Assembly(environment, known, origins, tuple(secrets))
    for answer in answers:
        for change in answer.changes:
            assembly.add(change)
    return assembly.result(answers, tuple(unstacked), is_ours or _tagged(environment))


class _Assembly:
    """Collects the changes by resource."""

    def __init__(
        self,
        environment: str,
        expected: Mapping[str, ExpectedResource],
        origins: Origins,
        secrets: tuple[str, ...],
    ) -> None:
        self._environment = environment
        self._expected = expected
        self._origins = origins
        self._secrets = secrets
        self._changes: dict[str, ResourceChange] = {}
        self._hidden: dict[str, tuple[Filtered, ...]] = {}

    def add(self, change: ResourceChange) -> None:
        """Add what one entry point does to a resource; others may only ignore it."""
        key = resource_id.key(change.id)
        resource = self._expected.get(key)
        if resource is not None and change.kind == "ignored":
            change = replace(change, kind="uncompared", reason=_LIMIT)
        secure = () if resource is None else tuple(unevaluated_paths(resource.body))
        sifted, filtered = sift(change, secure, NOISE)
        masked = tuple(self._masked(p, secure) for p in sifted.properties)
        filtered = tuple(replace(f, change=self._masked(f.change, secure)) for f in filtered)
        before = self._changes.get(key)
        if before is None or _WEIGHT[sifted.kind] > _WEIGHT[before.kind]:
            self._changes[key] = replace(sifted, properties=masked)
            self._hidden[key] = filtered

    def result(
        self,
        answers: Sequence[Answer],
        unstacked: tuple[str, ...],
        is_ours: Callable[[str, Json], bool],
    ) -> WhatIf:
        """Tell everything that was added, and what nothing was said of."""
        changes = list(self._changes.values())
        silent = [r for key, r in self._expected.items() if key not in self._changes]
        shown = [c for c in changes if c.kind not in {"unchanged", "ignored"}]
        ignored = [c for c in changes if c.kind == "ignored"]
        gone = {resource_id.key(i) for i in unstacked}
        left = [c for c in ignored if is_ours(c.id, c.before) and resource_id.key(c.id) not in gone]
        entries = [
            *(self._entry(c) for c in shown),
            *(self._entry(ResourceChange(r.id, "uncompared", (), {}, _SILENT)) for r in silent),
            *(
                self._entry(ResourceChange(i, "deleted", (), {}, "it leaves the deployment stack"))
                for i in unstacked
            ),
        ]
        order = ("created", "changed", "deleted", "uncompared")
        return WhatIf(
            environment=self._environment,
            entries=tuple(sorted(entries, key=lambda e: (order.index(e.kind), e.type, e.name))),
            left_behind=tuple(sorted(map(self._entry, left), key=lambda e: (e.type, e.name))),
            unchanged=sum(c.kind == "unchanged" for c in changes),
            foreign=len(ignored) - len(left),
            hidden=tuple(self._all_hidden()),
            diagnostics=tuple(
                dict.fromkeys(scrub(d, self._secrets) for a in answers for d in a.diagnostics)
            ),
        )

    def _all_hidden(self) -> Iterator[Hidden]:
        for key, filtered in sorted(self._hidden.items()):
            for item in filtered:
                yield Hidden(self._changes[key].id, item)

    def _entry(self, change: ResourceChange) -> Entry:
        parsed = resource_id.parse(change.id)
        resource = self._expected.get(resource_id.key(change.id))
        origin = self._origins.of(change.id, change.before if resource is None else resource.body)
        return Entry(
            id=change.id,
            type=parsed.type,
            name=self._name(change, parsed.name, resource),
            kind=change.kind,
            properties=change.properties,
            reason=scrub(change.reason, self._secrets),
            place=origin.place if origin else "",
            rendered=origin.rendered if origin else "",
        )

    def _name(self, change: ResourceChange, name: str, resource: ExpectedResource | None) -> str:
        """A workbook's name is a GUID; its title says more."""
        body = change.before if resource is None else resource.body
        title = (body.get("tags") or {}).get("hidden-title")
        return title if isinstance(title, str) else name

    def _masked(self, change: PropertyChange, unevaluated: tuple[str, ...]) -> PropertyChange:
        hide = is_secure(change.path, unevaluated)
        return replace(
            change,
            before=self._mask(change.before, hide=hide),
            after=self._mask(change.after, hide=hide),
        )

    def _mask(self, value: Any, *, hide: bool) -> Any:
        if isinstance(value, dict):
            return {k: self._mask(v, hide=hide or is_secret(k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._mask(item, hide=hide) for item in value]
        if value is not None and hide:
            return MASK
        return masked_text(value, self._secrets) if isinstance(value, str) else value


def unevaluated_paths(body: Mapping[str, Any]) -> Iterator[str]:
    """Find the properties whose value is known in a deployment only, any index as `[*]`."""

    def walk(path: str, value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(f"{path}.{name}" if path else name, inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(f"{path}[*]", inner)
        elif is_unevaluated(value):
            yield path

    return walk("", body)


def _tagged(environment: str) -> Callable[[str, Json], bool]:
    """Tell our own by its tags; types without tags are known to `mlmon prune` only."""

    def ours(_: str, body: Json) -> bool:
        tags = body.get("tags")
        return (
            isinstance(tags, Mapping)
            and tags.get("managed-by") == conventions.MANAGED_BY
            and tags.get("environment") == environment
        )

    return ours
