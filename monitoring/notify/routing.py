"""Who is told what: channels of the configuration become recipients, each with one digest. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from generator.fleet import Fleet
from generator.models.notifications import Channel
from monitoring.notify.digest import Findings, Item, severity_rank

Kind = Literal["email", "teams", "slack", "webhook"]


@dataclass(frozen=True, slots=True, order=True)
class Recipient:
    """Somebody or something that gets messages."""

    kind: Kind
    address: str
    """An e-mail address, else the name of the secret that holds the URL."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a channel tells a recipient of."""

    plants: frozenset[str] | None
    minimum_severity: str
    owner: str | None
    """Only circuits of this owner; None for all."""
    hears_of_the_run: bool
    """Whether problems of the run itself are told."""

    def covers(self, item: Item) -> bool:
        """Tell whether the item's circuit is one of the recipient's."""
        if self.owner is not None and item.owner.casefold() != self.owner.casefold():
            return False
        return self.plants is None or item.decision.plant_id in self.plants

    def takes(self, item: Item) -> bool:
        """Tell whether the recipient is told of the item."""
        severity = item.decision.severity
        return self.covers(item) and severity_rank(severity) >= severity_rank(self.minimum_severity)


@dataclass(frozen=True, slots=True)
class Ended:
    """An item of the day before that is none any more, or below what the recipient is told of.

    A circuit that the run has left out is never one: nobody knows whether it is well.
    """

    was: Item
    now: str
    """What is decided of the circuit now, in words."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What one recipient is told of a day."""

    environment: str
    as_of: date
    run_id: str
    compared_with: date | None
    items: tuple[Item, ...]
    ended: tuple[Ended, ...]
    undecided: tuple[Item, ...]
    """Items of the day before whose circuit has no decision today."""
    quiet: tuple[str, ...]
    """Circuits, as `PLANT/CIRCUIT`, that nothing is told of for now."""
    problems: tuple[str, ...]
    dashboard: str | None

    @property
    def new(self) -> tuple[Item, ...]:
        """Items that the day before did not have."""
        return tuple(item for item in self.items if item.is_new)

    @property
    def still(self) -> tuple[Item, ...]:
        """Items that the day before had, too."""
        return tuple(item for item in self.items if not item.is_new)


def digests(findings: Findings, fleet: Fleet) -> dict[Recipient, Digest]:
    """Make each recipient's digest; who has nothing to hear gets none.

    An incident system is told only when something changed: an open incident stays open by itself.
    """
    found = {
        recipient: _digest(findings, scopes) for recipient, scopes in sorted(_scopes(fleet).items())
    }
    return {
        recipient: digest
        for recipient, digest in found.items()
        if digest.new
        or digest.ended
        or digest.problems
        or ((digest.items or digest.undecided) and recipient.kind != "webhook")
    }


def _scopes(fleet: Fleet) -> dict[Recipient, list[Scope]]:
    """Collect what each recipient is told of, by all channels that reach it."""
    notifications = fleet.environment.notifications
    found: dict[Recipient, list[Scope]] = {}
    spelled: dict[str, Recipient] = {}
    for channel in () if notifications is None else notifications.channels:
        for recipient, scope in _recipients(channel, fleet):
            first = spelled.setdefault(
                f"{recipient.kind} {recipient.address.casefold()}", recipient
            )
            found.setdefault(first, []).append(scope)
    return found


def _recipients(channel: Channel, fleet: Fleet) -> list[tuple[Recipient, Scope]]:
    plants = None if channel.plants is None else frozenset(channel.plants)
    severity = channel.minimum_severity
    if channel.owner:
        answers = fleet.environment.owner
        owners = dict.fromkeys([answers, *(circuit.owner for circuit in fleet.circuits)])
        return [
            (Recipient("email", owner), Scope(plants, severity, owner, owner == answers))
            for owner in owners
        ]
    scope = Scope(plants, severity, None, plants is None)
    addresses = channel.to if channel.type == "email" else [channel.url_secret or ""]
    return [(Recipient(channel.type, address), scope) for address in addresses]


def _digest(findings: Findings, scopes: Sequence[Scope]) -> Digest:
    items = tuple(i for i in findings.items if any(scope.takes(i) for scope in scopes))
    told = {item.key for item in items}
    quiet = tuple(i.key for i in findings.quiet if any(scope.covers(i) for scope in scopes))
    gone = [
        item
        for item in findings.earlier
        if any(scope.takes(item) for scope in scopes) and item.key not in {*told, *quiet}
    ]
    undecided = [item for item in gone if _is_undecided(findings, item.key)]
    return Digest(
        environment=findings.environment,
        as_of=findings.as_of,
        run_id=findings.run_id,
        compared_with=findings.compared_with,
        items=items,
        ended=tuple(
            Ended(item, _now(findings, item.key)) for item in gone if item not in undecided
        ),
        undecided=tuple(undecided),
        quiet=quiet,
        problems=findings.problems if any(scope.hears_of_the_run for scope in scopes) else (),
        dashboard=findings.dashboard,
    )


def _is_undecided(findings: Findings, key: str) -> bool:
    return key in findings.configured and key not in findings.now


def _now(findings: Findings, key: str) -> str:
    decision = findings.now.get(key)
    if decision is None:
        return "not in the configuration any more"
    held = f", held back ({decision.held_by.replace('_', ' ')})" if decision.held_by else ""
    return f"{decision.action.words}{held}"
