"""Messages of a day as files: those that wait, those that were sent, those that were given up.

    DAY/notifications/outbox/ID.json          written whole before anything is sent
    DAY/notifications/sent/ID.json            the same file, moved there when it was accepted
    DAY/notifications/undeliverable/ID.json   the same file, moved there when it was given up

A message that is in any place is not written again, so that a rerun sends nothing twice; what waits
is sent by the next run, also that of another day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter
from pydantic_core import from_json

from monitoring.files import write_atomically
from monitoring.notify.message import Message
from monitoring.results.folder import NOTIFICATIONS, as_json, locked

Place = Literal["outbox", "sent", "undeliverable"]
_FORMAT: Final = 2


class OutboxInUse(Exception):  # noqa: N818 - a state, not a fault
    """Another process sends from the folder."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in the outbox, and what became of it so far."""

    message: Message
    since: AwareDatetime
    """When it was put there."""
    attempts: int = 0
    """How often its service was given it and did not accept it."""
    reason: str = ""
    """Why it was not sent the last time; empty if no run has come to it."""

    def as_text(self) -> str:
        """Write it as the content of a file."""
        return as_json({"format": _FORMAT, **asdict(self)})


_STORED: Final = TypeAdapter(Waiting)


class Outbox:
    """The messages of one day's results folder."""

    def __init__(self, day: Path) -> None:
        self._folder = day / NOTIFICATIONS

    @property
    def has_waiting(self) -> bool:
        """Whether any message waits."""
        return any(self._files())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Send from this folder, and no other process does.

        Raises:
            OutboxInUse: another process does already.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        busy = OutboxInUse(f"another run sends from {self._folder}; wait for its end")
        with locked(self._folder, busy):
            yield

    def is_in(self, place: Place, message: Message) -> bool:
        """Tell whether a message is in a place."""
        return self.path(place, message).exists()

    def put(self, waiting: Waiting) -> None:
        """Let a message wait, unless it is in any place already."""
        places: tuple[Place, ...] = ("outbox", "sent", "undeliverable")
        if not any(self.is_in(place, waiting.message) for place in places):
            self.keep(waiting)

    def keep(self, waiting: Waiting) -> None:
        """Write down what became of a message that waits on."""
        write_atomically(self.path("outbox", waiting.message), waiting.as_text())

    def waiting(self) -> list[Waiting]:
        """Read the messages that wait, in the order of recipients; files that are none are left."""
        found = []
        for path in self._files():
            try:
                waiting = read_waiting(path.read_bytes())
            except ValueError:
                continue
            if waiting.message.id == path.stem:
                found.append(waiting)
        return sorted(found, key=lambda w: (w.message.kind, w.message.address, w.message.id))

    def damaged(self) -> Iterator[Path]:
        """Tell which files are no messages."""
        known = {self.path("outbox", waiting.message) for waiting in self.waiting()}
        yield from (path for path in self._files() if path not in known)

    def move(self, message: Message, place: Literal["sent", "undeliverable"]) -> None:
        """Let a message wait no longer."""
        target = self.path(place, message)
        target.parent.mkdir(exist_ok=True)
        self.path("outbox", message).replace(target)

    def path(self, place: Place, message: Message) -> Path:
        """Return where a message lies, or would."""
        return self._folder / place / f"{message.id}.json"

    def _files(self) -> list[Path]:
        return sorted((self._folder / "outbox").glob("*.json"))


def read_waiting(content: bytes) -> Waiting:
    """Read what `as_text` wrote.

    Raises:
        ValueError: it is no message.
    """
    found = from_json(content)
    if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
        raise ValueError("no message of this version")
    waiting = _STORED.validate_python(found)
    if waiting.message.kind == "email" and set(waiting.message.body) != {"text", "html"}:
        raise ValueError("an e-mail without content")
    return waiting
