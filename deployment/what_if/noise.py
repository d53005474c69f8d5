"""Tells differences that a deployment makes from those that only look so.

What Azure adds, computes or writes in another case differs from a template for ever. Each known
case is a row of the table; a row says why it is none, and where that is documented or reported.
Nothing is dropped: what a row catches is counted, and listed on request.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest

from deployment.masking import is_secret
from deployment.resource_id import is_id, key
from deployment.what_if.conditions import Condition
from deployment.what_if.reading import Kind, PropertyChange, ResourceChange


@dataclass(frozen=True, slots=True)
class Noise:
    """One known case."""

    id: str
    """Unique; tests and `--all` name the case by it."""
    type: str
    """Resource type in lower case; `*` for every type."""
    path: str
    """Property; `[*]` is any index, `*` any one name, `**` at the end everything below."""
    when: Condition
    reason: str
    link: str
    inferred: bool = False
    """Nobody reported it of what-if; it follows from what Azure is known to read back."""
    blind: bool = False
    """Not proven equal, but not comparable: told to the reader as not compared."""

    def catches(self, resource_type: str, change: PropertyChange) -> bool:
        """Tell whether a difference is this case."""
        return (
            self.type in {"*", resource_type}
            and _pattern(self.path).fullmatch(change.path) is not None
            and self.when(change)
        )


@dataclass(frozen=True, slots=True)
class Filtered:
    """A difference that is none, and the case it is."""

    change: PropertyChange
    noise: Noise


def sift(
    change: ResourceChange, unevaluated: Iterable[str], table: Sequence[Noise]
) -> tuple[ResourceChange, tuple[Filtered, ...]]:
    """Take the noise out of a change; a change that is all noise is `unchanged`.

    Args:
        change: what Azure foretells of one resource.
        unevaluated: properties whose rendered value is known in a deployment only, in the form of
            `Noise.path`: secure parameters. They are compared by presence.
        table: the known cases, the first that catches counts.
    """
    paths = tuple(unevaluated)
    kept: list[PropertyChange] = []
    filtered: list[Filtered] = []
    for difference in _paired(change.properties):
        if is_secure(difference.path, paths) and SECURE.when(difference):
            filtered.append(Filtered(difference, SECURE))
            continue
        found = next((n for n in table if n.catches(change.type, difference)), None)
        if found is None:
            kept.append(difference)
        else:
            filtered.append(Filtered(difference, found))
    kind: Kind = "unchanged" if change.kind == "changed" and not kept else change.kind
    return replace(change, kind=kind, properties=tuple(kept)), tuple(filtered)


SECURE = Noise(
    "secure-value",
    "*",
    "**",
    lambda change: change.kind == "changed" and None not in (change.before, change.after),
    "a secret is there on both sides; whether it is the same is not looked at",
    "https://github.com/Azure/arm-template-whatif/issues/83",
    blind=True,
)
"""For what the template keeps secure; `sift` knows which that is, so it is no row of the table."""


def is_secure(path: str, unevaluated: Iterable[str]) -> bool:
    """Tell whether a property holds a secret: the template keeps it secure, or its name says so."""
    return is_secret(path) or any(_pattern(p).fullmatch(path) for p in unevaluated)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    expression = re.escape(path)
    for written, meant in ((r"\[\*\]", r"\[\d+\]"), (r"\*\*", ".*"), (r"\*", r"[^.\[\]]+")):
        expression = expression.replace(written, meant)
    return re.compile(expression, re.IGNORECASE)


def _paired(changes: Sequence[PropertyChange]) -> Iterator[PropertyChange]:
    """Put together what lists of ids hold on both sides, at whatever index and in whatever case."""
    lists: dict[str, list[PropertyChange]] = {}
    for change in changes:
        if change.path.endswith("]") and _is_of_ids(change):
            lists.setdefault(change.path.rpartition("[")[0], []).append(change)
        else:
            yield change
    for elements in lists.values():
        yield from _as_set(elements)


def _is_of_ids(change: PropertyChange) -> bool:
    return (
        change.kind != "no effect"
        and (change.kind == "created" or is_id(change.before))
        and (change.kind == "deleted" or is_id(change.after))
    )


def _as_set(elements: Sequence[PropertyChange]) -> Iterator[PropertyChange]:
    lost = [c for c in elements if c.kind != "created"]
    won = []
    for change in elements:
        if change.kind == "deleted":
            continue
        partner = next((c for c in lost if key(c.before) == key(change.after)), None)
        if partner is None:
            won.append(change)
        else:
            lost.remove(partner)
            yield PropertyChange(change.path, "changed", partner.before, change.after)
    for before, after in zip_longest(lost, won):
        if after is None:
            yield PropertyChange(before.path, "deleted", before.before, None)
        elif before is None:
            yield PropertyChange(after.path, "created", None, after.after)
        else:
            yield PropertyChange(after.path, "changed", before.before, after.after)
