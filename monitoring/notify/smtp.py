"""Sends e-mail over SMTP, encrypted or not at all."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any, Final

from generator.conventions import secret_variable
from generator.models.notifications import Smtp
from monitoring.notify.message import Message
from monitoring.notify.sending import Concerns, UndeliveredError, trusted
from monitoring.notify.wording import clean
from vault import MissingSecretError, Secrets

_CLOSING: Final = 421
"""Answer of a server that ends the connection, whatever it was asked."""


class _UnansweredError(smtplib.SMTPServerDisconnected):
    """The server was given the mail and did not say what became of it."""


class _HungUpAtLoginError(Exception):
    """The server ended the connection instead of answering the login."""


class _Connection(smtplib.SMTP):
    """Tells a server that may have accepted a mail from one that cannot have."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the content of a mail."""
        try:
            return super().data(msg)
        except smtplib.SMTPServerDisconnected as error:
            raise _UnansweredError(*error.args) from error


class _EncryptedConnection(_Connection, smtplib.SMTP_SSL):
    """Is encrypted from the start."""


class SmtpSender:
    """One connection to the mail server, made when the first message is sent."""

    def __init__(self, settings: Smtp, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._connection: smtplib.SMTP | None = None

    def send(self, message: Message, seconds: float) -> None:
        """Hand over one message to one address."""
        mail = as_mail(message, self._settings.sender)
        connection = self._connection or self._connect(seconds)
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        try:
            connection.send_message(mail, self._settings.sender, [message.address])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            if code == _CLOSING:
                self.close()
            raise _answered(f"the mail server refuses {message.address}", code, text) from None
        except smtplib.SMTPResponseException as error:
            self.close()
            raise _answered("the mail server answers", error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise UndeliveredError(f"the mail server lacks what is needed: {error}") from None
        except _UnansweredError:
            self.close()
            # It may have been accepted: at once it would be told twice, so the next run sends it.
            reason = "the mail server did not answer after it was given the message"
            raise UndeliveredError(reason, concerns=Concerns.PERHAPS_ALL) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            reason = f"the mail server hung up ({type(error).__name__})"
            raise UndeliveredError(reason, is_passing=True, concerns=Concerns.PERHAPS_ALL) from None

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self, seconds: float) -> smtplib.SMTP:
        """Connect, encrypt and log in; whatever fails concerns every message."""
        host, login = self._settings.host, self._login()
        try:
            connection = self._encrypted(seconds)
            if login is not None:
                _log_in(connection, *login)
        except _HungUpAtLoginError:
            reason = "hangs up during the login, as some do when user name or password are wrong"
            is_passing = False
        except smtplib.SMTPAuthenticationError as error:
            # What a server says of a login may repeat it, so only the code is told.
            reason, is_passing = f"refuses the login ({error.smtp_code})", False
        except smtplib.SMTPResponseException as error:
            reason, is_passing = f"answers {error.smtp_code}", _is_passing(error.smtp_code)
        except smtplib.SMTPNotSupportedError as error:
            reason, is_passing = f"lacks what is needed: {clean(str(error), 200)}", False
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
            reason, is_passing = f"has no certificate that is trusted: {why}", False
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            reason, is_passing = f"does not answer ({type(error).__name__})", True
        else:
            return connection
        self.close()
        raise UndeliveredError(
            f"the mail server {host} {reason}", is_passing=is_passing, concerns=Concerns.ALL
        )

    def _encrypted(self, timeout: float) -> smtplib.SMTP:
        settings = self._settings
        address = (settings.host, settings.effective_port)
        if settings.security == "tls":
            self._connection = _EncryptedConnection(*address, timeout=timeout, context=trusted())
            return self._connection
        self._connection = _Connection(*address, timeout=timeout)
        self._connection.starttls(context=trusted())  # raises where the server has no STARTTLS
        return self._connection

    def _login(self) -> tuple[str, str] | None:
        settings = self._settings
        if settings.username_secret is None or settings.password_secret is None:
            return None
        names = (settings.username_secret, settings.password_secret)
        values = self._secrets.read(names)
        for name, value in zip(names, values, strict=True):
            if not value.isascii():  # smtplib takes nothing else, and says so with the value
                raise MissingSecretError({secret_variable(name): "characters beyond ASCII"})
        return values[0], values[1]


def _log_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    try:
        connection.login(user, password)
    except smtplib.SMTPServerDisconnected as error:
        if isinstance(error.__context__, TimeoutError):
            raise
        raise _HungUpAtLoginError from None


def as_mail(message: Message, sender: str) -> EmailMessage:
    """Write a message as an e-mail; its Message-ID stays the same however often it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = message.address
    mail["Subject"] = message.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body["text"])
    mail.add_alternative(message.body["html"], subtype="html")
    return mail


def _answered(what: str, code: int, text: bytes | str) -> UndeliveredError:
    said = clean(text.decode("utf-8", "replace") if isinstance(text, bytes) else text, 200)
    return UndeliveredError(
        f"{what}: {code} {said}",
        is_passing=_is_passing(code),
        concerns=Concerns.PERHAPS_ALL if code == _CLOSING else Concerns.MESSAGE,
    )


def _is_passing(code: int) -> bool:
    """Tell whether an answer may be another one later: codes from 500 stay."""
    return 400 <= code < 500
