"""A message as it waits to be sent: complete, free of secrets, and named by what it says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitoring.notify.incident import incident_body
from monitoring.notify.mail import mail_body
from monitoring.notify.routing import Digest, Kind, Recipient
from monitoring.notify.slack import slack_body
from monitoring.notify.teams import teams_body
from monitoring.notify.wording import headline
from monitoring.results.folder import digest

_BODIES: Final = {
    "email": mail_body,
    "teams": teams_body,
    "slack": slack_body,
    "webhook": incident_body,
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient."""

    id: str
    """The same for the same recipient, day and decisions, however often it is composed."""
    kind: Kind
    address: str
    """An e-mail address, else the name of the secret that holds the URL."""
    environment: str
    day: str
    subject: str
    body: Mapping[str, Any]
    """Of an e-mail `text` and `html`, else the JSON that is posted."""


def compose(recipient: Recipient, found: Digest) -> Message:
    """Make the message of a digest."""
    identifier = _identifier(recipient, found)
    body = _BODIES[recipient.kind](found)
    if recipient.kind == "webhook":
        body = {"id": identifier, **body}
    return Message(
        identifier,
        recipient.kind,
        recipient.address,
        found.environment,
        found.as_of.isoformat(),
        headline(found),
        body,
    )


def post_body(message: Message) -> bytes:
    """Write what is posted to a webhook."""
    return json.dumps(message.body, ensure_ascii=False, separators=(",", ":")).encode()


def _identifier(recipient: Recipient, found: Digest) -> str:
    """Name a message by whom it tells what to do.

    Numbers and wording are left out: a rerun of a day with a late reading more is no news, and a
    link that was corrected is none either.
    """
    content = {
        "environment": found.environment,
        "kind": recipient.kind,
        "address": recipient.address.casefold(),
        "day": found.as_of.isoformat(),
        "decisions": sorted(
            (item.key, item.decision.action.value, item.decision.severity.value)
            for item in found.items
        ),
        "undecided": sorted(item.key for item in found.undecided),
        "problems": found.problems,
    }
    return digest(content)[:32]
