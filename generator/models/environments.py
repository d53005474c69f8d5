"""`environments/<name>.yaml`: where the fleet is deployed, and what differs there."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from generator.models.action_groups import Receivers
from generator.models.base import (
    DecimalRange,
    Email,
    Finding,
    Guid,
    HttpsUrl,
    Identifier,
    Number,
    ResourceGroupName,
    StrictModel,
    pattern,
    raise_findings,
)
from generator.models.circuits import DataPaths, Monitors, Tags
from generator.models.notifications import Notifications

# Total retention beyond two years comes in these steps only:
# https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
_LONG_RETENTION_DAYS = (1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383)


WorkspaceName = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
        "a workspace name of 4-63 characters",
        "letters, digits and hyphens, such as law-mlops-monitoring",
    ),
]
TableName = Annotated[
    str, pattern(r"[A-Z][A-Za-z0-9_]{2,62}", "a table name", "a name such as AppMetrics")
]
# Azure gives no rule for a subscription's name; this refuses what no name can be.
SubscriptionName = Annotated[
    str,
    pattern(
        r"\S(.{0,62}\S)?",
        "the id or the name of a subscription",
        "a GUID, or a name such as Monitoring Production",
    ),
]
NetworkAccess = Literal["Enabled", "Disabled", "SecuredByPerimeter"]
DriftMetric = Literal[
    "jensen_shannon_distance",
    "normalized_wasserstein_distance",
    "psi",
    "two_sample_kolmogorov_smirnov_test",
]
DailyCap = Annotated[Number, DecimalRange(minimum="0.023")]
AnalyticsDays = Annotated[int, Field(ge=30, le=730)]


class TableRetention(StrictModel):
    """How long a table is kept; both values are sent, as a PUT resets what is not said."""

    days: Annotated[int, Field(ge=4, le=730)]
    """Days of fast (analytics) retention."""
    total_days: Annotated[int, Field(ge=4, le=4383)]
    """Days in all, the rest in cheap long-term retention."""

    @model_validator(mode="after")
    def _steps(self) -> "TableRetention":
        findings = []
        if self.total_days > 730 and self.total_days not in _LONG_RETENTION_DAYS:
            steps = ", ".join(map(str, _LONG_RETENTION_DAYS))
            findings.append(
                Finding(
                    ("total_days",),
                    "config/wrong-value",
                    f"{self.total_days} days is no retention that Azure offers",
                    f"write 4 to 730, or one of {steps}",
                )
            )
        if self.total_days < self.days:
            findings.append(
                Finding(
                    ("total_days",),
                    "config/out-of-range",
                    f"{self.total_days} days in all are fewer than {self.days} days of analytics",
                    "write a total that includes the analytics days",
                )
            )
        raise_findings("retention", findings)
        return self


class LogAnalytics(StrictModel):
    """The Log Analytics workspace."""

    name: WorkspaceName
    """Resource name."""
    retention_days: AnalyticsDays = 90
    """Days that a table without its own retention keeps rows."""
    daily_cap_gb: DailyCap | Literal["none"] = "none"
    """Gigabytes a day from which ingestion stops; decimals allowed, at least 0.023."""
    access_mode: Literal["resource", "workspace"] = "resource"
    """`resource`: access by resource permissions too, as Application Insights needs."""
    local_authentication: bool = False
    """Whether workspace keys work, not only Microsoft Entra."""
    ingestion_access: NetworkAccess = "Enabled"
    """Whether public networks may send."""
    query_access: NetworkAccess = "Enabled"
    """Whether public networks may query."""
    tables: dict[TableName, TableRetention] = {}
    """Retention of single tables, by name."""


class ApplicationInsights(StrictModel):
    """The workspace-based Application Insights component."""

    name: Annotated[
        str,
        pattern(r"[\w().-]{0,254}[\w()-]", "a component name", "a name such as appi-mlops-prod"),
    ]
    """Resource name."""
    local_authentication: bool = False
    """Whether instrumentation keys work, not only Microsoft Entra."""
    ingestion_access: NetworkAccess = "Enabled"
    """Whether public networks may send."""
    query_access: NetworkAccess = "Enabled"
    """Whether public networks may query."""


class PreprocessingComponent(StrictModel):
    """The registered component that turns a data folder into what a monitor reads."""

    name: Identifier = "monitoring_preprocessing"
    """Registered name."""
    version: Annotated[
        str, pattern(r"[A-Za-z0-9._-]{1,30}", "a version", 'a version in quotes, such as "1"')
    ] = "1"
    """Registered version."""


class PerformanceSignal(StrictModel):
    """Azure ML's preview signal; its API is 2024-04-01-preview and may go away."""

    enabled: bool = False
    """Whether weekly performance monitors are rendered."""
    week_day: Literal[
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    ] = "Sunday"
    """When they run."""


class MonitorSettings(StrictModel):
    """Azure ML monitors: one schedule per circuit and cadence, on serverless Spark."""

    signals: Monitors = "all"
    """Signals of a circuit that says nothing itself."""
    start_hour: Annotated[int, Field(ge=0, le=23)] = 2
    """UTC hour at which the first monitor starts."""
    window_minutes: Annotated[int, Field(ge=1, le=720)] = 240
    """Starts are spread over so many minutes: a common start exhausts the Spark quota."""
    lookback_days: Annotated[int, Field(ge=1, le=90)] = 7
    """Days of production data a run compares with the reference."""
    drift_metrics: Annotated[list[DriftMetric], Field(min_length=1)] = [
        "jensen_shannon_distance",
        "normalized_wasserstein_distance",
        "psi",
    ]
    """One signal each: the component computes one metric a signal."""
    instance_type: Literal[
        "Standard_E4s_v3",
        "Standard_E8s_v3",
        "Standard_E16s_v3",
        "Standard_E32s_v3",
        "Standard_E64s_v3",
    ] = "Standard_E4s_v3"
    """Size of the Spark nodes."""
    spark_version: Annotated[
        Literal["3.4", "3.5"], Field(description="Spark runtime, as a string")
    ] = "3.4"
    emails: Annotated[list[Email], Field(min_length=1)]
    """Told when a monitor finds something; 499 characters in all."""
    preprocessing_component: PreprocessingComponent = PreprocessingComponent()
    """What turns a data folder into a table."""
    performance_signal: PerformanceSignal = PerformanceSignal()
    """The weekly preview signal."""


class MachineLearning(StrictModel):
    """The existing Azure ML workspace; only its link to Application Insights is changed here."""

    workspace: Annotated[
        str,
        pattern(
            r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
            "a workspace name of 3-33 characters",
            "a name such as mlw-prod",
        ),
    ]
    """Its name."""
    resource_group: ResourceGroupName | None = None
    """Its resource group; the environment's unless given."""
    replace_application_insights: bool = False
    """Whether a deployment may link it to our component where it is linked to another one."""
    model_registry: (
        Annotated[
            str,
            pattern(
                r"[A-Za-z0-9][A-Za-z0-9_-]{1,31}",
                "a registry name",
                "a name such as shared-registry",
            ),
        ]
        | None
    ) = None
    """Registry that holds the models; the workspace itself unless given."""
    data: DataPaths
    """Patterns of the data paths; production and reference are needed by monitors."""
    monitors: MonitorSettings | None = None
    """None: no Azure ML monitors in this environment."""


class Principal(StrictModel):
    """Someone in Microsoft Entra who gets a role."""

    principal_id: Guid
    """Object id in Microsoft Entra."""
    type: Literal["ServicePrincipal", "User", "Group"] = "ServicePrincipal"
    """Its kind."""


class RoleAssignments(StrictModel):
    """Who may do what."""

    metrics_publishers: list[Principal] = []
    """Monitoring Metrics Publisher on Application Insights: the jobs that emit telemetry."""
    log_readers: list[Principal] = []
    """Log Analytics Reader on the workspace: the rules' identity, people's groups."""

    @model_validator(mode="after")
    def _once(self) -> "RoleAssignments":
        findings = []
        for key in ("metrics_publishers", "log_readers"):
            seen: set[str] = set()
            for index, principal in enumerate(getattr(self, key)):
                if principal.principal_id.casefold() in seen:
                    findings.append(
                        Finding(
                            (key, index, "principal_id"),
                            "config/wrong-value",
                            f"`{principal.principal_id}` has the role already",
                            "remove one of them",
                        )
                    )
                seen.add(principal.principal_id.casefold())
        raise_findings("roles", findings)
        return self


class UserAssignedIdentity(StrictModel):
    """An existing user-assigned identity."""

    name: Annotated[
        str,
        pattern(
            r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", "an identity name", "a name such as id-mlops-rules"
        ),
    ]
    """Resource name."""
    resource_group: ResourceGroupName | None = None
    """Its resource group; the environment's unless given."""


class Families(StrictModel):
    """Which optional families of resources are rendered."""

    alert_rules: bool = True
    """Alert rules."""
    diagnostic_settings: bool = True
    """Logs of the Azure ML workspace; Batch Job Failure reads them."""
    failure_anomalies: bool = True
    """The smart detection rule of Application Insights."""
    workbooks: bool = True
    """Workbooks."""


class Selection(StrictModel):
    """Which circuits an environment has; a circuit is in if any list names it."""

    plants: list[str] = []
    """Plant ids."""
    classes: list[str] = []
    """Classes."""
    circuits: list[str] = []
    """PLANT/CIRCUIT."""


class Environment(StrictModel):
    """One environment; its name is the file's name."""

    location: Annotated[
        str,
        pattern(
            r"[a-z][a-z0-9]{2,40}",
            "an Azure region such as eastus",
            "the region's short name, such as eastus",
        ),
    ]
    """Region of every regional resource."""
    resource_group: ResourceGroupName
    """Where it is deployed; it must exist."""
    subscription: SubscriptionName | None = None
    """Id or name of its subscription: every command refuses another; any unless given."""
    owner: Email
    """Who answers for the environment; on every alert of a fleet-wide rule, a tag of resources."""
    tags: Tags = {}
    """Tags of every resource."""
    layout: Literal["single", "plant"] = "single"
    """`single`: one entry point, up to 300 circuits; `plant`: one more entry point per plant."""
    circuits: Literal["all"] | Selection = "all"
    """Which circuits the environment has."""
    log_analytics: LogAnalytics
    """The workspace that holds all telemetry; created."""
    application_insights: ApplicationInsights
    """The component that receives telemetry; created."""
    machine_learning: MachineLearning
    """The existing Azure ML workspace."""
    action_groups: dict[str, Receivers] = {}
    """Receivers that replace those of alerts.yaml here."""
    runbooks: HttpsUrl | None = None
    """Where runbooks live: a rule without its own gets {runbooks}/{rule id}."""
    key_vault: (
        Annotated[
            str,
            pattern(
                r"(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])+",
                "the name of a key vault",
                "3 to 24 letters, digits and single hyphens, such as kv-mlops-prod",
            ),
        ]
        | None
    ) = None
    """Existing key vault with the secrets that no environment variable holds."""
    notifications: Notifications | None = None
    """Who gets the daily digest of `mlmon notify`; nobody unless given."""
    rule_identity: UserAssignedIdentity | None = None
    """Identity with which rules query; the deploying identity's permissions unless given."""
    roles: RoleAssignments = RoleAssignments()
    """Role assignments that are deployed."""
    families: Families = Families()
    """Optional families of resources."""

    @property
    def machine_learning_group(self) -> str:
        """Resource group of the Azure ML workspace."""
        return self.machine_learning.resource_group or self.resource_group

    @property
    def daily_quota(self) -> Decimal:
        """Gigabytes a day, -1 for no cap, as Azure writes it."""
        cap = self.log_analytics.daily_cap_gb
        return Decimal(-1) if isinstance(cap, str) else cap
