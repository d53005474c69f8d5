"""What senders of any kind share: how they fail, and whom they trust."""

import ssl
from enum import Enum
from typing import Protocol

from monitoring.notify.message import Message


class Concerns(Enum):
    """What else would fail as a message did."""

    MESSAGE = "message"
    """Nothing: the service refused this one."""
    PERHAPS_ALL = "perhaps all"
    """It is not known: the connection broke or hung, or the service asks to come later."""
    ALL = "all"
    """Every message: the service was given none."""


class UndeliveredError(Exception):
    """A message was not accepted; the text says why and holds no secret."""

    def __init__(
        self,
        reason: str,
        *,
        is_passing: bool = False,
        wait: float | None = None,
        concerns: Concerns = Concerns.MESSAGE,
    ) -> None:
        """Say why.

        Args:
            reason: completes "it was not sent: ...".
            is_passing: whether it may work a moment later.
            wait: seconds that the other side asks to wait; its wish comes before ours.
            concerns: what else of the same service would fail.
        """
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing
        self.wait = wait
        self.concerns = concerns


class Sender(Protocol):
    """Hands messages over to a service."""

    def send(self, message: Message, seconds: float) -> None:
        """Return when the service has accepted the message.

        Args:
            message: what is handed over.
            seconds: how long the service has for each answer.

        Raises:
            UndeliveredError: it has not.
            MissingSecretError: what it takes to speak to the service is missing.
        """

    def close(self) -> None:
        """End connections."""


def trusted() -> ssl.SSLContext:
    """Make the settings of a connection: TLS 1.2 or newer, certificate and name verified.

    Authorities are the system's, or those of the variable `SSL_CERT_FILE`.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
