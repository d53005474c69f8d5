"""Messages of a day as files: those that wait, and those that were sent.

    DAY/notifications/outbox/ID.json   written whole before anything is sent
    DAY/notifications/sent/ID.json     the same file, moved there when it was accepted

A message that is in either place is not written again, so that a rerun sends nothing twice; what
waits is sent by the next run, also that of another day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from monitoring.files import write_atomically
from monitoring.notify.message import Message, read_message
from monitoring.results.folder import NOTIFICATIONS, locked

_WAITING: Final = "outbox"
_SENT: Final = "sent"


class OutboxInUse(Exception):  # noqa: N818 - a state, not a fault
    """Another process sends from the folder."""


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

    def is_sent(self, message: Message) -> bool:
        """Tell whether a message was sent."""
        return (self._folder / _SENT / f"{message.id}.json").exists()

    def put(self, message: Message) -> None:
        """Let a message wait, unless it waits or was sent already."""
        path = self._path(message)
        if not path.exists() and not self.is_sent(message):
            write_atomically(path, message.as_text())

    def waiting(self) -> list[Message]:
        """Read the messages that wait, in the order of recipients; files that are none are left."""
        found = []
        for path in self._files():
            try:
                message = read_message(path.read_bytes())
            except ValueError:
                continue
            if message.id == path.stem:
                found.append(message)
        return sorted(found, key=lambda m: (m.kind, m.address, m.id))

    def damaged(self) -> Iterator[Path]:
        """Tell which files are no messages."""
        known = {self._path(message) for message in self.waiting()}
        yield from (path for path in self._files() if path not in known)

    def mark_sent(self, message: Message) -> None:
        """Move a message to those that were sent."""
        sent = self._folder / _SENT / f"{message.id}.json"
        sent.parent.mkdir(exist_ok=True)
        self._path(message).replace(sent)

    def _path(self, message: Message) -> Path:
        return self._folder / _WAITING / f"{message.id}.json"

    def _files(self) -> list[Path]:
        return sorted((self._folder / _WAITING).glob("*.json"))
