"""Notifies of a day: composes its messages, and sends these and what waits from days before."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator.fleet import Fleet
from monitoring.notify.clock import Clock
from monitoring.notify.day import day_before, read_day
from monitoring.notify.delivery import Outcome, deliver
from monitoring.notify.digest import findings_of
from monitoring.notify.message import Message, compose
from monitoring.notify.outbox import Outbox, OutboxInUse, Waiting
from monitoring.notify.routing import Kind, digests
from monitoring.notify.sending import Sender
from monitoring.notify.smtp import SmtpSender
from monitoring.notify.webhook import WebhookSender
from monitoring.results.days import days_beside
from monitoring.results.folder import ResultsError
from vault import Secrets

CLOCK: Final = Clock()


@dataclass(frozen=True, slots=True)
class Notified:
    """What became of all messages."""

    outcomes: tuple[Outcome, ...]
    damaged: tuple[Path, ...]
    """Files in an outbox that are no messages; somebody has to look at them."""

    @property
    def missing(self) -> dict[str, str]:
        """Environment variables that have to be set or corrected, and what is wrong with each."""
        found = {name: why for each in self.outcomes for name, why in each.missing.items()}
        return dict(sorted(found.items()))

    @property
    def is_complete(self) -> bool:
        """Whether everything was sent that should have been."""
        return not self.damaged and not self.unsent

    @property
    def unsent(self) -> tuple[Outcome, ...]:
        """What should have been sent and was not."""
        return tuple(o for o in self.outcomes if o.state in ("waiting", "undeliverable"))


def compose_day(folder: Path, fleet: Fleet, problems: Sequence[str] = ()) -> list[Message]:
    """Compose the messages of a day.

    Args:
        folder: results of the day.
        fleet: of the environment that was judged.
        problems: sentences on the run itself, such as a stage that failed; told first.

    Raises:
        ResultsError: it is not known which day it is, or the run is of another environment and
            there are no problems to tell.
    """
    if not problems and not folder.is_dir():
        raise ResultsError(
            f"there is no folder {folder}; if the run of the day failed, say so with --problem"
        )
    day = read_day(folder, fleet.name, tells_anyway=bool(problems))
    circuits = [circuit.key for circuit in fleet.circuits]
    before = day_before(folder, day.as_of, fleet.name, circuits)
    found = digests(findings_of(day, before, fleet, problems), fleet)
    return [compose(recipient, digest) for recipient, digest in found.items()]


def preview(folder: Path, messages: Sequence[Message]) -> list[Outcome]:
    """Tell which of the messages would be sent; nothing is sent and nothing is written."""
    outbox = Outbox(folder)
    return [_foreseen(outbox, message) for message in messages]


def _foreseen(outbox: Outbox, message: Message) -> Outcome:
    if outbox.is_in("sent", message):
        return Outcome(message, "sent before")
    if outbox.is_in("undeliverable", message):
        where = outbox.path("undeliverable", message)
        return Outcome(message, "undeliverable", f"it was given up, and is kept in {where}")
    return Outcome(message, "would be sent")


def send_day(
    folder: Path,
    messages: Sequence[Message],
    fleet: Fleet,
    secrets: Secrets,
    clock: Clock = CLOCK,
) -> Notified:
    """Send the messages of a day that were not sent, after those that wait from days before.

    Args:
        folder: results of the day; its messages are kept in it.
        messages: of `compose_day`.
        fleet: of the environment that was judged.
        secrets: of the mail server and the webhooks.
        clock: tells the time, and waits between attempts.

    Raises:
        OutboxInUse: another process sends the messages of this day.
        OSError: the folder cannot be written.
    """
    own = Outbox(folder)
    with ExitStack() as stack:
        stack.enter_context(own.locked())
        before = [
            outcome for outcome in preview(folder, messages) if outcome.state != "would be sent"
        ]
        for message in messages:
            own.put(Waiting(message, clock.now()))
        outboxes = [*_beside(folder, stack), own]
        waiting = [
            (outbox, waiting)
            for outbox in outboxes
            for waiting in outbox.waiting()
            if waiting.message.environment == fleet.name
        ]
        damaged = tuple(path for outbox in outboxes for path in outbox.damaged())
        senders = _senders(fleet, secrets)
        for sender in senders.values():
            stack.callback(sender.close)
        return Notified((*before, *deliver(waiting, senders, clock)), damaged)


def _beside(folder: Path, stack: ExitStack) -> list[Outbox]:
    """Open the outboxes of the other days in which something waits, oldest first."""
    found = []
    own = folder.resolve()
    for _, path in days_beside(folder):
        outbox = Outbox(path)
        if path == own or not outbox.has_waiting:
            continue
        try:
            stack.enter_context(outbox.locked())
        except OutboxInUse:
            continue  # the other process sends it
        found.append(outbox)
    return found


def _senders(fleet: Fleet, secrets: Secrets) -> dict[Kind, Sender]:
    webhooks = WebhookSender(secrets)
    senders: dict[Kind, Sender] = {"teams": webhooks, "slack": webhooks, "webhook": webhooks}
    notifications = fleet.environment.notifications
    if notifications is not None and notifications.smtp is not None:
        senders["email"] = SmtpSender(notifications.smtp, secrets)
    return senders
