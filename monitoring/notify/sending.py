"""What senders of any kind share: how they fail, and where their secrets come from."""

import ssl
from collections.abc import Mapping, Sequence
from typing import Protocol

from generator.conventions import secret_variable
from monitoring.notify.message import Message


class UndeliveredError(Exception):
    """A message was not accepted; the text says why and holds no secret."""

    def __init__(
        self,
        reason: str,
        *,
        is_passing: bool = False,
        wait: float | None = None,
        concerns_all: bool = False,
    ) -> None:
        """Say why.

        Args:
            reason: completes "it was not sent: ...".
            is_passing: whether it may work a moment later.
            wait: seconds that the other side asks to wait; its wish comes before ours.
            concerns_all: whether further messages of the same service would fail, too.
        """
        super().__init__(reason)
        self.reason = reason
        self.is_passing = is_passing
        self.wait = wait
        self.concerns_all = concerns_all


class MissingSecretError(Exception):
    """Environment variables that hold secrets are not set, or hold something else."""

    def __init__(self, variables: Sequence[str], problem: str) -> None:
        """Name the variables and what is wrong with them; a value is never told."""
        super().__init__(f"{', '.join(variables)}: {problem}")
        self.variables = tuple(variables)


class Sender(Protocol):
    """Hands messages over to a service."""

    def send(self, message: Message) -> None:
        """Return when the service has accepted the message.

        Raises:
            UndeliveredError: it has not.
            MissingSecretError: what it takes to speak to the service is missing.
        """

    def close(self) -> None:
        """End connections."""


def read_secrets(names: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Read secrets from the environment variables that are named after them.

    Raises:
        MissingSecretError: variables are not set or empty; all of them at once.
    """
    values = [environ.get(secret_variable(name), "").strip() for name in names]
    # A pipeline that maps a secret it does not have hands over the reference itself.
    missing = [n for n, v in zip(names, values, strict=True) if not v or v.startswith("$(")]
    if missing:
        raise MissingSecretError([secret_variable(name) for name in missing], "not set")
    return values


def trusted() -> ssl.SSLContext:
    """Make the settings of a connection: TLS 1.2 or newer, certificate and name verified.

    Authorities are the system's, or those of the variable `SSL_CERT_FILE`.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
