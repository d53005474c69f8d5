"""`alerts.yaml`: rules and action groups, in the keys of the architecture document."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from generator import azure
from generator.models.base import (
    Email,
    Finding,
    Guid,
    HttpsUrl,
    Number,
    SecretName,
    ShortText,
    StrictModel,
    Text,
    invalid,
    length,
    parse_duration,
    pattern,
    raise_findings,
)

Aggregation = Literal["Average", "Count", "Maximum", "Minimum", "Total"]
Operator = Literal["Equal", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]


def _severity(value: object) -> object:
    if isinstance(value, bool):
        raise invalid("config/wrong-type", "`severity` must be a number", "write 0, 1, 2, 3 or 4")
    # The document writes "2"; Azure takes the number.
    return int(value) if isinstance(value, str) and value in {"0", "1", "2", "3", "4"} else value


def _one_of(durations: dict[str, object], problem_id: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in durations:
            raise invalid(
                problem_id,
                f"`{value}` is no {what} that Azure accepts ({', '.join(durations)})",
                _nearest(value, durations),
            )
        return value

    return AfterValidator(check)


def _nearest(value: str, durations: dict[str, object]) -> str:
    wanted = parse_duration(value)
    if wanted is None:
        return "write one of the list"
    known = [(name, parse_duration(name)) for name in durations]
    below = [name for name, duration in known if duration and duration <= wanted]
    above = [name for name, duration in known if duration and duration > wanted]
    nearest = [*below[-1:], *above[:1]]
    return "write " + " or ".join(f"`{name}`" for name in nearest)


Frequency = Annotated[
    str, _one_of(dict(azure.EVALUATION_FREQUENCIES), "alerts/frequency", "frequency")
]
WindowSize = Annotated[str, _one_of(dict(azure.WINDOW_SIZES), "alerts/window", "timeWindow")]
QueryTimeRange = Annotated[
    str, _one_of(dict(azure.QUERY_TIME_RANGES), "alerts/query-range", "queryTimeRange")
]
MuteDuration = Annotated[
    str, _one_of(dict(azure.MUTE_DURATIONS), "alerts/mute-duration", "throttling")
]
Severity = Annotated[
    Literal[0, 1, 2, 3, 4],
    BeforeValidator(_severity),
    WithJsonSchema({"enum": [0, 1, 2, 3, 4, "0", "1", "2", "3", "4"]}),
]
# Rule names may hold no # < > % & : ? / { } * (type of scheduledQueryRules) and become a slug.
RuleName = Annotated[
    str,
    pattern(
        r"[^#<>%&:?/{}*\\\x00-\x1f]+",
        "a rule name",
        "a name without # < > % & : ? / { } * and backslash",
    ),
    length(200),
]
QueryFile = Annotated[
    str,
    pattern(
        r"[a-z0-9]+(-[a-z0-9]+)*\.kql",
        "a file name under kql/alerts",
        "a name such as high-mae-alert.kql",
    ),
]


class Measure(StrictModel):
    """What is compared with the threshold: an aggregate of a column of the result."""

    aggregation: Aggregation
    """How rows become one number."""
    column: (
        Annotated[
            str,
            pattern(
                r"[A-Za-z_][A-Za-z0-9_]*",
                "a column name",
                "letters, digits and `_`, such as flow_rate",
            ),
        ]
        | None
    ) = None
    """Column that is aggregated; none for `Count`."""

    @model_validator(mode="after")
    def _column(self) -> "Measure":
        if (self.aggregation == "Count") != (self.column is None):
            with_column = "takes no column" if self.aggregation == "Count" else "needs a column"
            raise_findings(
                "measure",
                [
                    Finding(
                        ("aggregation",),
                        "alerts/measure",
                        f"the aggregation {self.aggregation} {with_column}",
                        "Count counts rows; every other aggregation reads a column",
                    )
                ],
            )
        return self


class Dimension(StrictModel):
    """A column that splits the rule: each combination of values is its own alert."""

    name: Annotated[
        str,
        pattern(
            r"[A-Za-z_][A-Za-z0-9_]*", "a column name", "letters, digits and `_`, such as flow_rate"
        ),
    ]
    """Column."""
    operator: Literal["Include", "Exclude"] = "Include"
    """Whether the values are kept or left out."""
    values: Annotated[list[ShortText], Field(min_length=1)] = ["*"]
    """Values; `*` is all of them."""


def _own_properties(value: dict[str, str]) -> dict[str, str]:
    taken = sorted(value.keys() & {"environment", "owner", "plant", "rule", "runbook", "workbook"})
    if taken:
        raise invalid(
            "config/wrong-value",
            f"the custom property `{taken[0]}` is written by the generator",
            "choose another name",
        )
    return value


class AlertRule(StrictModel):
    """A scheduled-query alert rule.

    With `throttling` the rule is stateless: it fires at each evaluation and is then mute. Without
    it the rule is stateful: it fires once and resolves by itself. Azure takes no mixture.
    """

    name: RuleName
    """Title; its slug is the rule's id and resource name."""
    description: Text
    """What the alert means."""
    severity: Severity
    """0 critical, 1 error, 2 warning, 3 informational, 4 verbose."""
    enabled: bool = True
    """Whether Azure evaluates the rule."""
    query: Annotated[str, Field(min_length=1)] | None = None
    """KQL in place; `queryFile` is the better home."""
    query_file: Annotated[QueryFile | None, Field(alias="queryFile")] = None
    """A file under kql/alerts."""
    frequency: Frequency
    """How often it is evaluated."""
    time_window: Annotated[WindowSize, Field(alias="timeWindow")]
    """What one evaluation aggregates."""
    action_groups: Annotated[list[str], Field(alias="actionGroups")]
    """Names of the groups it calls, at most five."""
    throttling: MuteDuration | None = None
    """Silence after firing; it makes the rule stateless."""
    dimensions: list[Dimension] = []
    """Columns that split the rule, at most six."""
    measure: Measure = Measure(aggregation="Count")
    """What is compared with the threshold; the count of rows unless given."""
    operator: Operator = "GreaterThan"
    """How it is compared."""
    threshold: Number = Field(default=0, validate_default=True)
    """What it is compared with."""
    evaluation_periods: Annotated[int, Field(alias="evaluationPeriods", ge=1, le=6)] = 1
    """Windows that are looked at."""
    min_failing_periods: Annotated[int, Field(alias="minFailingPeriods", ge=1, le=6)] = 1
    """How many of them must fail."""
    query_time_range: Annotated[QueryTimeRange | None, Field(alias="queryTimeRange")] = None
    """What the query reads; window times periods unless given."""
    auto_resolve: Annotated[bool | None, Field(alias="autoResolve")] = None
    """Whether it is stateful; the opposite of throttling unless given."""
    runbook: HttpsUrl | None = None
    """Page that says what to do; sent with the alert."""
    custom_properties: Annotated[
        dict[ShortText, Text], AfterValidator(_own_properties), Field(alias="customProperties")
    ] = {}
    """Sent with the alert to webhooks and logic apps."""

    @property
    def stateful(self) -> bool:
        """Whether Azure keeps the alert's state and resolves it."""
        return self.throttling is None if self.auto_resolve is None else self.auto_resolve

    @property
    def split(self) -> bool:
        """Whether each circuit or plant has its own alert."""
        return any(d.name == "plant_id" for d in self.dimensions)


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


class AlertsFile(StrictModel):
    """Rules and the groups they call."""

    alert_rules: list[AlertRule]
    """The rules."""
    action_groups: list[ActionGroup]
    """Who can be called."""
