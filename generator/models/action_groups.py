"""Action groups of `alerts.yaml`: who is called, and by which way."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generator import azure
from generator.models.base import (
    Email,
    Finding,
    Guid,
    SecretName,
    ShortText,
    StrictModel,
    invalid,
    length,
    pattern,
    raise_findings,
)


class EmailReceiver(StrictModel):
    """Someone told by e-mail; Azure asks each new address to confirm a one-time code."""

    name: ShortText
    """Unique in the group."""
    email_address: Annotated[Email, Field(alias="emailAddress")]
    """Address."""


def _country_code(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _known_country(value: str) -> str:
    if value not in azure.SMS_COUNTRY_CODES:
        raise invalid(
            "config/wrong-value",
            f"Azure sends no SMS to country code `{value}`",
            "write one of " + ", ".join(sorted(azure.SMS_COUNTRY_CODES, key=int)),
        )
    return value


class SmsReceiver(StrictModel):
    """Someone told by SMS."""

    name: ShortText
    """Unique in the group."""
    country_code: Annotated[
        str,
        BeforeValidator(_country_code),
        AfterValidator(_known_country),
        Field(alias="countryCode"),
    ]
    """Without plus sign."""
    phone_number: Annotated[
        str,
        pattern(r"[0-9]{4,15}", "a phone number of digits only", "digits only, such as 5555550100"),
        Field(alias="phoneNumber"),
    ]
    """Without the country code."""


class SecretReceiver(StrictModel):
    """A receiver whose URL is a secret: the name of the secret is written, never the URL."""

    name: ShortText
    """Unique in the group."""
    secret: SecretName | None = None
    """Name of the secret that holds the URL; required."""
    service_uri: Annotated[str | None, Field(alias="serviceUri")] = None
    """Refused: the document's literal URL; write `secret` instead."""

    @model_validator(mode="after")
    def _secret_only(self) -> "SecretReceiver":
        findings = []
        if self.service_uri is not None:
            findings.append(
                Finding(
                    ("serviceUri",),
                    "alerts/clear-url",
                    "a webhook's URL stands in clear, and whoever reads it can post alerts",
                    "write `secret: NAME` and set the URL in the environment when deploying",
                )
            )
        elif self.secret is None:
            findings.append(
                Finding((), "config/missing-key", "`secret` is missing", "write `secret: NAME`")
            )
        raise_findings("webhook", findings)
        return self


class WebhookReceiver(SecretReceiver):
    """A webhook that takes the common alert schema."""


class SecureWebhookReceiver(SecretReceiver):
    """A webhook called with a token of Microsoft Entra."""

    object_id: Annotated[Guid, Field(alias="objectId")]
    """Service principal that the webhook authenticates."""
    identifier_uri: Annotated[str, Field(alias="identifierUri"), length(2048)]
    """Application id URI of the webhook."""
    tenant_id: Annotated[Guid, Field(alias="tenantId")]
    """Tenant of the webhook."""


class LogicAppReceiver(SecretReceiver):
    """A logic app, called by its callback URL."""

    resource_id: Annotated[
        str,
        pattern(
            r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Logic/workflows/[^/\s]+",
            "the resource id of a logic app",
            "/subscriptions/.../resourceGroups/.../providers/Microsoft.Logic/workflows/...",
        ),
        Field(alias="resourceId"),
    ]
    """The logic app."""


class Receivers(StrictModel):
    """Who is told."""

    email_receivers: Annotated[list[EmailReceiver], Field(alias="emailReceivers")] = []
    """Told by e-mail."""
    sms_receivers: Annotated[list[SmsReceiver], Field(alias="smsReceivers")] = []
    """Told by SMS."""
    webhook_receivers: Annotated[list[WebhookReceiver], Field(alias="webhookReceivers")] = []
    """Called at a secret URL."""
    secure_webhook_receivers: Annotated[
        list[SecureWebhookReceiver], Field(alias="secureWebhookReceivers")
    ] = []
    """Called with a Microsoft Entra token."""
    logic_app_receivers: Annotated[list[LogicAppReceiver], Field(alias="logicAppReceivers")] = []
    """Logic apps that are started."""

    @property
    def secrets(self) -> list[str]:
        """Names of the secrets the receivers need."""
        receivers: list[SecretReceiver] = [
            *self.webhook_receivers,
            *self.secure_webhook_receivers,
            *self.logic_app_receivers,
        ]
        return [r.secret for r in receivers if r.secret]

    @model_validator(mode="after")
    def _limits(self) -> "Receivers":
        raise_findings("receivers", list(_receiver_findings(self)))
        return self


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _receiver_findings(receivers: Receivers) -> list[Finding]:
    findings = []
    seen: set[str] = set()
    lists: dict[str, tuple[Sequence[_Named], int]] = {
        "emailReceivers": (receivers.email_receivers, azure.MAX_EMAIL_RECEIVERS),
        "smsReceivers": (receivers.sms_receivers, azure.MAX_OTHER_RECEIVERS),
        "webhookReceivers": (receivers.webhook_receivers, azure.MAX_OTHER_RECEIVERS),
        "secureWebhookReceivers": (
            receivers.secure_webhook_receivers,
            azure.MAX_OTHER_RECEIVERS,
        ),
        "logicAppReceivers": (receivers.logic_app_receivers, azure.MAX_OTHER_RECEIVERS),
    }
    for key, (items, maximum) in lists.items():
        if len(items) > maximum:
            findings.append(
                Finding(
                    (key,),
                    "alerts/receivers",
                    f"{len(items)} receivers, Azure takes {maximum} of this kind in a group",
                    "use a second group"
                    + (", or a distribution list" if key == "emailReceivers" else ""),
                )
            )
        for index, item in enumerate(items):
            if item.name.casefold() in seen:
                findings.append(
                    Finding(
                        (key, index, "name"),
                        "alerts/receivers",
                        f"the receiver name `{item.name}` is taken in this group",
                        "give each receiver of a group its own name",
                    )
                )
            seen.add(item.name.casefold())
    return findings


class ActionGroup(Receivers):
    """Who is called, by which way."""

    name: Annotated[
        str,
        pattern(
            r"[A-Za-z0-9][A-Za-z0-9 ()._-]{0,254}[A-Za-z0-9()_-]",
            "a name",
            "a name such as ag-mlops-critical",
        ),
    ]
    """Resource name; rules call the group by it."""
    short_name: Annotated[
        str,
        pattern(r"[^\s].*", "a short name", "at most 12 characters such as MLOpsCrit"),
        length(azure.MAX_SHORT_NAME),
        Field(alias="shortName"),
    ]
    """Sender of SMS and subject of e-mails, at most 12 characters."""
