"""Puts the parts of an environment's cost together."""

from collections.abc import Sequence
from dataclasses import dataclass

from cost.assumptions import ASSUMPTIONS, Assumptions
from cost.compute import job_usd, monitor_cost
from cost.ingestion import Volume, volumes
from cost.keeping import retention_usd, storage_gb, storage_usd
from cost.notifications import notifications
from cost.prices import DAYS_A_MONTH, FREE_INGESTION_GB, INGESTION
from cost.rules import RuleCost, rule_costs
from generator.fleet import Fleet
from generator.rules import ScheduledQueryRule

RULES = "Alert rules"
INGESTED = "Log ingestion"
RETAINED = "Log retention"
MONITORS = "Azure ML monitors"
JOB = "Our own nightly job"
CALLS = "Action groups"
STORED = "Data storage"


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the cost of a month, and what it is made of."""

    component: str
    details: str
    usd: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an environment costs a month, in USD."""

    environment: str
    circuits: int
    lines: tuple[Line, ...]
    rules: tuple[RuleCost, ...]
    volumes: tuple[Volume, ...]

    @property
    def usd(self) -> float:
        """All parts together."""
        return sum(line.usd for line in self.lines)

    def usd_of(self, component: str) -> float:
        """Look up one part."""
        return next(line.usd for line in self.lines if line.component == component)


def estimate(
    fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions = ASSUMPTIONS
) -> Estimate:
    """Estimate a month of an environment from its fleet and the rules rendered for it."""
    priced = rule_costs(rules, fleet.circuits)
    sent = volumes(fleet, assumed)
    lines = (
        Line(RULES, _rule_details(priced), sum(rule.usd for rule in priced)),
        _ingestion(sent, fleet),
        Line(
            RETAINED,
            "beyond the free days, once the tables are full",
            retention_usd(sent, fleet.environment.log_analytics),
        ),
        _monitors(fleet, assumed),
        Line(JOB, f"{assumed.job_hours_a_night:g} hours a night", job_usd(assumed)),
        _calls(fleet, rules, assumed),
        Line(STORED, f"{storage_gb(fleet, assumed):.1f} GB", storage_usd(fleet, assumed)),
    )
    return Estimate(fleet.name, len(fleet.circuits), lines, priced, sent)


def _rule_details(rules: Sequence[RuleCost]) -> str:
    return f"{len(rules)} rules, {sum(rule.series for rule in rules):,} series"


def _ingestion(sent: Sequence[Volume], fleet: Fleet) -> Line:
    gigabytes = sum(volume.gb_a_month for volume in sent)
    details = f"{gigabytes:.2f} GB, of which {FREE_INGESTION_GB:g} GB are free"
    cap = fleet.environment.daily_quota
    if cap > 0:
        most = max(0.0, float(cap) * DAYS_A_MONTH - FREE_INGESTION_GB) * INGESTION.usd
        details += f"; the cap of {cap:f} GB a day allows {most:,.2f} USD"
    return Line(INGESTED, details, max(0.0, gigabytes - FREE_INGESTION_GB) * INGESTION.usd)


def _monitors(fleet: Fleet, assumed: Assumptions) -> Line:
    found = monitor_cost(fleet, assumed)
    details = (
        f"{found.circuits} circuits, {found.spark_jobs_a_day:,.0f} Spark jobs a day, "
        f"{found.node_hours:,.0f} node hours"
    )
    return Line(MONITORS, details, found.usd)


def _calls(fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions) -> Line:
    found = notifications(rules, {g.name: g for g in fleet.action_groups}, assumed)
    details = f"{found.emails} e-mails, {found.messages} SMS, {found.webhooks} webhook calls"
    return Line(CALLS, details, found.usd)
