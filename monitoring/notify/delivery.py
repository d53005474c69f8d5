"""Delivers what waits: each message by itself, a few attempts each, in the time of one run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from heapq import heappop, heappush
from typing import Final, Literal

from monitoring.notify.clock import Clock
from monitoring.notify.day import DAYS_BACK
from monitoring.notify.message import Message
from monitoring.notify.outbox import Outbox, Waiting
from monitoring.notify.routing import Kind
from monitoring.notify.sending import Concerns, Sender, UndeliveredError
from vault import MissingSecretError

ATTEMPTS: Final = 4
LONGEST_WAIT_SECONDS: Final = 60.0
"""Who asks to wait longer is left to the next run."""
RUN_SECONDS: Final = 120.0
"""After it nothing is begun: the nightly job has other things to do.

There is room for every attempt (they take 21 s), and for one service that hangs twice beside them.
"""
ANSWER_SECONDS: Final = 30.0
"""How long a service has for each answer, within the time of the run."""
UNDELIVERABLE_AFTER: Final = timedelta(days=DAYS_BACK)
"""How long a message is tried: an older digest says nothing that a newer one does not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    message: Message
    state: Literal["sent", "sent before", "waiting", "undeliverable", "would be sent"]
    reason: str = ""
    """Why it was not sent."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Environment variables without which it cannot be sent, and what is wrong with each."""
    waiting: Waiting | None = None
    """Since when it waits and how often it was tried; of what was not sent only."""


@dataclass(slots=True)
class _Item:
    """A message of this run."""

    outbox: Outbox
    waiting: Waiting
    failures: int = 0
    """In this run."""
    missing: Mapping[str, str] = field(default_factory=dict)
    is_sent: bool = False

    @property
    def message(self) -> Message:
        return self.waiting.message

    @property
    def service(self) -> str:
        # Mail goes through one server, a webhook is a service of its own.
        return self.message.kind if self.message.kind == "email" else self.message.address

    def note(self, reason: str, *, attempts: int = 0) -> None:
        attempts += self.waiting.attempts
        self.waiting = replace(self.waiting, reason=reason, attempts=attempts)


@dataclass(slots=True)
class _Service:
    """What was found out about a service in this run."""

    failures: int = 0
    free_at: float = 0.0
    """When it is tried again."""
    reason: str = ""
    is_left: bool = False
    """Whether it is not tried again in this run."""
    broken_by: str = ""
    """The message at which the connection broke, if none was accepted since."""


def deliver(
    waiting: Iterable[tuple[Outbox, Waiting]], senders: Mapping[Kind, Sender], clock: Clock
) -> list[Outcome]:
    """Send messages; each is marked as soon as it was accepted, and what is not sent is kept.

    Every message has its first attempt before any has its second, and one that its service did not
    accept in an earlier run comes after the others: so none holds up another. Nothing is begun
    after `RUN_SECONDS`, and each answer is waited for no longer than was left of it.

    Args:
        waiting: messages, and where each is kept.
        senders: by the kind of message; of a kind that has none, messages wait on.
        clock: tells the time, and waits between attempts.

    Raises:
        OSError: an outbox cannot be written.
    """
    items = [_Item(*pair) for pair in waiting]
    items.sort(key=lambda item: item.waiting.attempts)
    run = _Run(senders, clock)
    queue = [(0.0, place) for place in range(len(items))]
    while queue:
        due, place = heappop(queue)
        if due > clock.elapsed():
            clock.sleep(due - clock.elapsed())
        again = run.attempt(items[place])
        if again is not None and again < run.end:
            heappush(queue, (again, place))
    return [_settled(item, clock) for item in items]


def _settled(item: _Item, clock: Clock) -> Outcome:
    """Write down what became of a message that was not sent, and tell it."""
    if item.is_sent:
        return Outcome(item.message, "sent")
    waiting = item.waiting
    item.outbox.keep(waiting)
    is_given_up = clock.now() - waiting.since >= UNDELIVERABLE_AFTER
    if is_given_up:
        item.outbox.move(item.message, "undeliverable")
    state: Literal["undeliverable", "waiting"] = "undeliverable" if is_given_up else "waiting"
    return Outcome(item.message, state, waiting.reason, item.missing, waiting)


class _Run:
    """One run's attempts, and what they found out about services."""

    def __init__(self, senders: Mapping[Kind, Sender], clock: Clock) -> None:
        self._senders = senders
        self._clock = clock
        self._services: dict[str, _Service] = defaultdict(_Service)
        self.end = clock.elapsed() + RUN_SECONDS

    def attempt(self, item: _Item) -> float | None:
        """Try a message, and tell when to try it again; None if not in this run."""
        service, left = self._services[item.service], self.end - self._clock.elapsed()
        sender = self._senders.get(item.message.kind)
        if sender is None:
            item.note("the configuration has no `smtp` any more")
            return None
        if service.is_left:
            item.note(service.reason)
            return None
        if service.free_at > self._clock.elapsed():
            item.note(service.reason)
            return service.free_at
        if left <= 0:
            item.note(item.waiting.reason or "there was no time left in the run")
            return None
        try:
            sender.send(item.message, min(ANSWER_SECONDS, left))
        except UndeliveredError as error:
            return self._failed(item, service, error)
        except MissingSecretError as error:
            item.note(str(error))
            item.missing = error.problems
            return None
        item.outbox.move(item.message, "sent")
        item.is_sent = True
        service.failures, service.broken_by = 0, ""
        return None

    def _failed(self, item: _Item, service: _Service, error: UndeliveredError) -> float | None:
        was_given = error.concerns is not Concerns.ALL
        item.note(error.reason, attempts=int(was_given))
        concerns_all = not was_given
        if error.concerns is Concerns.PERHAPS_ALL:
            # With one message it may be the message, with a second one it is the service.
            concerns_all = service.broken_by not in ("", item.message.id)
            service.broken_by = item.message.id
        if concerns_all:
            service.failures += 1
            service.reason = error.reason
            pause = _pause(error, service.failures)
            service.is_left = pause is None
        else:
            item.failures += 1
            pause = _pause(error, item.failures)
        if pause is None:
            return None
        again = self._clock.elapsed() + pause
        if concerns_all:
            service.free_at = again
        return again


def _pause(error: UndeliveredError, failures: int) -> float | None:
    """Wait as long as the other side asks, else 1, 4, 16 seconds; None to try no more."""
    if not error.is_passing or failures == ATTEMPTS:
        return None
    pause = float(4 ** (failures - 1)) if error.wait is None else error.wait
    return pause if pause <= LONGEST_WAIT_SECONDS else None
