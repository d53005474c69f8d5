"""`notifications` of an environment: who gets the daily digest, and by which way."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from generator.models.base import (
    Email,
    Finding,
    HttpsUrl,
    SecretName,
    StrictModel,
    invalid,
    pattern,
    raise_findings,
)

CLEAR_SECRET = "environments/clear-secret"  # noqa: S105 - an id of a problem


def _name_only(value: object) -> object:
    return _no_url(value) if isinstance(value, str) and "://" in value else value


def _no_url(_: object) -> object:
    raise invalid(
        CLEAR_SECRET,
        "a webhook's URL stands in clear, and whoever reads it can post messages",
        "write `url_secret: NAME`, and set the URL in the environment of the job",
    )


def _no_password(_: object) -> object:
    raise invalid(
        CLEAR_SECRET,
        "a password stands in clear",
        "write `password_secret: NAME`, and set it in the environment of the job",
    )


SecretReference = Annotated[SecretName, BeforeValidator(_name_only)]


class Smtp(StrictModel):
    """The mail server; it is spoken to encrypted and with a certificate that is trusted, only."""

    host: Annotated[
        str,
        pattern(
            r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
            "the name of a host",
            "a name such as smtp.company.com",
        ),
    ]
    """Name of the server, which its certificate has to have."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """587 for `starttls` and 465 for `tls` unless given."""
    security: Literal["starttls", "tls"] = "starttls"
    """Whether encryption begins by a command or with the connection."""
    sender: Annotated[Email, Field(alias="from")]
    """Address that messages come from."""
    username_secret: SecretReference | None = None
    """Name of the secret that holds the user's name; no login unless given."""
    password_secret: SecretReference | None = None
    """Name of the secret that holds the password."""
    password: Annotated[str | None, BeforeValidator(_no_password)] = None
    """Refused: a password in clear; write `password_secret` instead."""

    @model_validator(mode="after")
    def _login(self) -> "Smtp":
        if (self.username_secret is None) != (self.password_secret is None):
            finding = Finding(
                (),
                "config/missing-key",
                "a login takes a name and a password, and one of them is missing",
                "write both `username_secret` and `password_secret`, or neither",
            )
            raise_findings("smtp", [finding])
        return self

    @property
    def effective_port(self) -> int:
        """The port, also where it is not given."""
        return self.port or (465 if self.security == "tls" else 587)


class Channel(StrictModel):
    """One way to tell somebody, and of what."""

    type: Literal["email", "teams", "slack", "webhook"]
    """`email`; a Teams workflow; an incoming webhook of Slack; or JSON for an incident system."""
    plants: Annotated[list[str], Field(min_length=1)] | None = None
    """Plants it is told of; all unless given."""
    minimum_severity: Literal["low", "medium", "high"] = "low"
    """What is less severe is left out."""
    to: list[Email] = []
    """For `email`: addresses, each of which gets a message of its own."""
    owner: bool = False
    """For `email`: each circuit's owner is told, of the owner's circuits."""
    url_secret: SecretReference | None = None
    """For the others: name of the secret that holds the URL."""
    url: Annotated[str | None, BeforeValidator(_no_url)] = None
    """Refused: a URL in clear; write `url_secret` instead."""

    @model_validator(mode="after")
    def _reachable(self) -> "Channel":
        raise_findings("channel", list(self._findings()))
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.type == "email":
            if bool(self.to) == self.owner:
                yield Finding(
                    (),
                    "config/missing-key",
                    "an e-mail goes either to addresses or to the circuits' owners",
                    "write one of `to: [ADDRESS]` and `owner: true`",
                )
            if self.url_secret is not None:
                yield Finding(
                    ("url_secret",),
                    "config/wrong-value",
                    "an e-mail has no URL",
                    "remove `url_secret`",
                )
        else:
            if self.to or self.owner:
                yield Finding(
                    ("to",) if self.to else ("owner",),
                    "config/wrong-value",
                    f"only e-mail has addresses, and this channel is `{self.type}`",
                    "remove it",
                )
            if self.url_secret is None:
                yield Finding(
                    (), "config/missing-key", "`url_secret` is missing", "write `url_secret: NAME`"
                )


class Notifications(StrictModel):
    """Who gets the daily digest. Alerts are Azure's: see `alerts.yaml`."""

    smtp: Smtp | None = None
    """The mail server; needed by channels of the type `email`."""
    channels: Annotated[list[Channel], Field(min_length=1)]
    """Ways to tell people; whoever several of them reach gets one message."""
    incidents: Literal["azure", "notifier"] = "azure"
    """Who opens incidents: `azure` by its action groups, `notifier` by channels `webhook`."""
    dashboard: HttpsUrl | None = None
    """Where people look next, such as the workbook; on every message."""

    @model_validator(mode="after")
    def _complete(self) -> "Notifications":
        raise_findings("notifications", list(self._findings()))
        return self

    def _findings(self) -> Iterator[Finding]:
        types = [channel.type for channel in self.channels]
        if "email" in types and self.smtp is None:
            yield Finding(
                (),
                "config/missing-key",
                "a channel sends e-mail, and `smtp` is missing",
                "write `smtp: {host: NAME, from: ADDRESS}`",
            )
        if "webhook" in types and self.incidents == "azure":
            yield Finding(
                ("channels", types.index("webhook")),
                "environments/incidents",
                "Azure opens the incidents of this environment, and this channel would open them "
                "a second time",
                "remove the channel, or write `incidents: notifier`",
            )
        if "webhook" not in types and self.incidents == "notifier":
            yield Finding(
                ("incidents",),
                "environments/incidents",
                "the notifier opens the incidents of this environment, and no channel is a "
                "`webhook`",
                "add `{type: webhook, url_secret: NAME}`, or write `incidents: azure`",
            )
