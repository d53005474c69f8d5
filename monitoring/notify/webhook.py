"""Posts JSON to the secret URLs of Teams workflows, Slack and incident systems.

It is written on `http.client`, because what is built on urllib3, requests or urllib is watched by
the instrumentation that `azure-monitor-opentelemetry` installs, and that would send the URL, which
is a password, to Application Insights as the name of a dependency. Redirects are not followed: the
content would go where nobody wrote down.
"""

import ssl
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from generator.conventions import secret_variable
from monitoring.notify.message import Message, post_body
from monitoring.notify.sending import Concerns, UndeliveredError, trusted
from vault import MissingSecretError, Secrets

_PASSING: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
_BUSY: Final = frozenset((429, 503))
"""Answers that are about the service more than about what it was given."""


class WebhookSender:
    """Posts each message over a connection of its own."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def send(self, message: Message, seconds: float) -> None:
        """Post one message, once."""
        url = _read_url(message.address, self._secrets)
        host = url.hostname or ""
        connection = HTTPSConnection(host, url.port or 443, timeout=seconds, context=trusted())
        try:
            _connect(connection, host)
            _post(connection, url, host, message)
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing stays open."""


def _read_url(name: str, secrets: Secrets) -> SplitResult:
    """Read a URL from its secret; it is never shown, not even a wrong one."""
    (text,) = secrets.read([name])
    wrong = MissingSecretError({secret_variable(name): "no https:// address"})
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise wrong
    try:
        url = urlsplit(text)
        is_usable = url.scheme == "https" and bool(url.hostname) and url.port != 0
    except ValueError:
        raise wrong from None
    if not is_usable or url.username is not None:
        raise wrong
    return url


def _connect(connection: HTTPSConnection, host: str) -> None:
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        reason = f"{host} has no certificate that is trusted: {error.verify_message}"
        raise UndeliveredError(reason, concerns=Concerns.ALL) from None
    except (OSError, UnicodeError) as error:
        reason = f"{host} cannot be reached ({type(error).__name__})"
        raise UndeliveredError(reason, is_passing=True, concerns=Concerns.ALL) from None


def _post(connection: HTTPSConnection, url: SplitResult, host: str, message: Message) -> None:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
    try:
        connection.request("POST", target, post_body(message), headers)
        response = connection.getresponse()
    except (OSError, HTTPException) as error:
        # It may have arrived: sending it again at once might tell it twice, so the next run does.
        reason = f"{host} did not answer ({type(error).__name__})"
        raise UndeliveredError(reason, concerns=Concerns.PERHAPS_ALL) from None
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise UndeliveredError(
            f"{host} answers {status}, a redirect, which is not followed; set "
            f"{secret_variable(message.address)} to the final address"
        )
    raise UndeliveredError(
        f"{host} answers {status}",
        is_passing=status in _PASSING,
        wait=_retry_after(response.headers),
        concerns=Concerns.PERHAPS_ALL if status in _BUSY else Concerns.MESSAGE,
    )


def _retry_after(headers: Headers) -> float | None:
    """Read how many seconds the other side asks to wait, by its own clock; None if it does not."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until, now = (parsedate_to_datetime(t) for t in (text, headers.get("Date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
