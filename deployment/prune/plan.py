"""Decides what goes: what is ours, not rendered, and left to no stack."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from deployment.expected import ExpectedResource
from deployment.prune.ownership import (
    TABLE,
    Belonging,
    Json,
    Leaving,
    Ownership,
    belonging,
    ownership_of,
)
from deployment.prune.reading import Holdings
from deployment.resource_id import key, parse
from deployment.stacks import Stack
from generator.fleet import Fleet

_ORDER: Final = {row.type: number for number, row in enumerate(TABLE)}


@dataclass(frozen=True, slots=True)
class Leftover:
    """A resource of ours that nothing renders any more, and that is to go."""

    id: str
    ownership: Ownership


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource that is not rendered and stays."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to go from an environment, and what stays."""

    environment: str
    ours: int
    """Resources of ours in Azure, rendered or not, and stacks."""
    rendered: int
    """Resources that are rendered, in Azure or not."""
    leaving: tuple[Leftover, ...]
    """In the order of deletion."""
    stacks: tuple[Stack, ...]
    """Stacks whose entry point is no longer rendered; they go before what they managed."""
    kept: tuple[Kept, ...]
    unreadable: tuple[str, ...]

    def refusal(self, *, more_than_a_tenth: bool) -> str | None:
        """Say why nothing is deleted, as a sentence; None if it may go.

        Args:
            more_than_a_tenth: somebody said that so many may go.
        """
        if not self.rendered:
            return (
                f"nothing is rendered for {self.environment}, so everything would go; to give an "
                "environment up, delete its resource group"
            )
        gone = len(self.leaving) + len(self.stacks)
        if 10 * gone > self.ours and not more_than_a_tenth:
            return (
                f"{gone} of {self.ours} resources would go, more than a tenth; read the list, and "
                "if that is what you want, say --more-than-a-tenth"
            )
        return None


def make_plan(expected: Iterable[ExpectedResource], holdings: Holdings, fleet: Fleet) -> Plan:
    """Compare what Azure holds with what is rendered."""
    rendered = {key(resource.id): resource for resource in expected}
    alive = {e.entry_point.deployment_name.casefold() for e in rendered.values()}
    keeping = [stack for stack in holdings.stacks if stack.name.casefold() in alive]
    ours = len(holdings.stacks)
    leaving: list[Leftover] = []
    kept: list[Kept] = []
    for resource in {key(r["id"]): r for r in holdings.resources}.values():
        whose = belonging(resource, fleet)
        ours += whose is Belonging.OURS
        if whose is Belonging.FOREIGN or key(resource["id"]) in rendered:
            continue
        row = ownership_of(resource["id"])
        reason = _reason_to_keep(resource, whose, row, keeping)
        if reason is None and row is not None:
            leaving.append(Leftover(resource["id"], row))
        else:
            kept.append(Kept(resource["id"], reason or ""))
    return Plan(
        fleet.name,
        ours,
        len(rendered),
        tuple(sorted(leaving, key=_order)),
        tuple(stack for stack in holdings.stacks if stack not in keeping),
        tuple(sorted(kept, key=lambda k: key(k.id))),
        tuple(holdings.unreadable),
    )


def _order(leftover: Leftover) -> tuple[int, str]:
    return _ORDER[leftover.ownership.type], key(leftover.id)


def _reason_to_keep(
    resource: Json, whose: Belonging, row: Ownership | None, stacks: Iterable[Stack]
) -> str | None:
    if row is None:
        kind = parse(resource["id"]).type
        return f"decide yourself: it has our tags, and {kind} is nothing that mlmon renders"
    if row.type.endswith("/tables"):
        return f"decide yourself: {_retention(resource)}; {row.ours}"
    if row.leaving is Leaving.LISTED:
        return "it may hold data, so it is never deleted here: delete it yourself"
    if whose is Belonging.UNDECIDABLE:
        return f"decide yourself: it may be ours, and is no longer as we make it ({row.ours})"
    stack = next((s for s in stacks if key(resource["id"]) in s.resources), None)
    if stack is not None:
        return f"the stack {stack.name} manages it: the next deployment of the stack removes it"
    return None


def _retention(resource: Json) -> str:
    properties = resource["properties"]
    days, total = properties.get("retentionInDays"), properties.get("totalRetentionInDays")
    return f"the table keeps rows for {days} days, {total} in all, and that is not rendered"
