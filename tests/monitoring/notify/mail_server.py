"""A real mail server of this machine, with TLS and login."""

import asyncio
import socket
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailServer:
    """Keeps what it accepts; refuses what it is told to."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        security: Literal["starttls", "tls", "none"] = "starttls",
        login: tuple[str, str] | None = None,
    ) -> None:
        self.received: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        """Answers to addresses that are refused."""
        self.rejected: dict[str, str] = {}
        """Answers to messages, by their addresses, instead of accepting them."""
        self.answers: list[str] = []
        """Answers to the next messages instead of accepting them."""
        self.hangs_on: set[str] = set()
        """Addresses whose messages are taken and not answered."""
        self.hangs_up_at_login = False
        self.logins = 0
        self.port = _free_port()
        self._tls = tls
        self._security = security
        self._login = login
        self._controller: Controller | None = None

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        options: dict[str, Any] = {"hostname": "localhost", "port": self.port}
        if self._security == "starttls":
            options |= {"tls_context": self._tls, "require_starttls": True}
        elif self._security == "tls":
            options |= {"ssl_context": self._tls}
        if self._login is not None:
            options |= {"authenticator": self._authenticate, "auth_required": True}
            # Of a connection that was encrypted from the start aiosmtpd does not know that it is.
            options |= {"auth_require_tls": self._security == "starttls"}
        self._controller = Controller(self, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        if envelope.rcpt_tos[0] in self.rejected:
            return self.rejected[envelope.rcpt_tos[0]]
        assert session.ssl or self._security == "tls"
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        assert mail["To"] == ", ".join(envelope.rcpt_tos)
        self.received.append(mail)
        if envelope.rcpt_tos[0] in self.hangs_on:
            await asyncio.Event().wait()  # until the other side hangs up
        return "250 OK"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins += 1
        if self.hangs_up_at_login:
            assert server.transport is not None
            server.transport.close()
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
