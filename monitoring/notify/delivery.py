"""Delivers what waits: a few attempts each, and none at a service that was found to be down."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from monitoring.notify.message import Message
from monitoring.notify.outbox import Outbox
from monitoring.notify.routing import Kind
from monitoring.notify.sending import MissingSecretError, Sender, UndeliveredError

ATTEMPTS: Final = 4
LONGEST_WAIT_SECONDS: Final = 60.0
"""Who asks to wait longer is left to the next run: the nightly job has other things to do."""

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message."""

    message: Message
    state: Literal["sent", "sent before", "waiting", "would be sent"]
    reason: str = ""
    """Why it waits."""
    missing: tuple[str, ...] = ()
    """Environment variables without which it cannot be sent."""


def deliver(
    waiting: Iterable[tuple[Outbox, Message]], senders: Mapping[Kind, Sender], sleep: Sleep
) -> Iterator[Outcome]:
    """Send messages in turn; each is marked as soon as it was accepted.

    Args:
        waiting: messages, and where each is kept.
        senders: by the kind of message; of a kind that has none, messages wait on.
        sleep: waits some seconds between attempts.
    """
    down: dict[str, str] = {}
    for outbox, message in waiting:
        # Mail goes through one server, a webhook is a service of its own.
        service = message.kind if message.kind == "email" else message.address
        if service in down:
            yield Outcome(message, "waiting", down[service])
            continue
        sender = senders.get(message.kind)
        if sender is None:
            yield Outcome(message, "waiting", "the configuration has no `smtp` any more")
            continue
        try:
            _send(sender, message, sleep)
        except UndeliveredError as error:
            if error.concerns_all:
                down[service] = error.reason
            yield Outcome(message, "waiting", error.reason)
        except MissingSecretError as error:
            yield Outcome(message, "waiting", str(error), error.variables)
        else:
            outbox.mark_sent(message)
            yield Outcome(message, "sent")


def _send(sender: Sender, message: Message, sleep: Sleep) -> None:
    retrying = Retrying(
        retry=retry_if_exception(_is_worth_another),
        stop=stop_after_attempt(ATTEMPTS),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )
    retrying(sender.send, message)


def _is_worth_another(error: BaseException) -> bool:
    return (
        isinstance(error, UndeliveredError)
        and error.is_passing
        and (error.wait or 0.0) <= LONGEST_WAIT_SECONDS
    )


def _wait(state: RetryCallState) -> float:
    """Wait as long as the other side asks, else 1, 4, 16 seconds."""
    error = state.outcome and state.outcome.exception()
    asked = error.wait if isinstance(error, UndeliveredError) else None
    return float(4 ** (state.attempt_number - 1)) if asked is None else asked
