"""What each way to save is worth: the same estimate of a changed environment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cost.assumptions import ASSUMPTIONS, Assumptions
from cost.estimate import Estimate, estimate
from cost.keeping import kept_days
from cost.prices import ALERTS
from generator import azure
from generator.durations import iso_duration
from generator.fleet import Fleet
from generator.models.environments import LogAnalytics, TableRetention
from generator.rules import ScheduledQueryRule

LONG_RETENTION_DAYS = 365
"""What the architecture document compares 90 days with."""

PREDICTIONS_A_FILE = 1_440
"""A forecast a minute, in one file a day."""

SLOW = ALERTS[-1].frequency
"""A rule evaluated less often costs no less."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A way to save, as a setting."""

    way: str
    setting: str
    """Key of the configuration."""
    change: str
    """What is compared."""
    usd: float
    """What it saves a month, the tables being full."""
    is_taken: bool
    """Whether the environment saves it already."""


def savings(
    fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions = ASSUMPTIONS
) -> tuple[Saving, ...]:
    """Price each way to save that the architecture document names."""
    now = estimate(fleet, rules, assumed)
    return (
        _retention(now, fleet, rules, assumed),
        _archive(now, fleet, rules, assumed),
        _frequency(now, fleet, rules, assumed),
        _aggregation(now, fleet, rules, assumed),
        _selection(now, fleet, rules, assumed),
        _no_monitors(now, fleet, rules, assumed),
    )


def _retention(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    kept = {v.table: kept_days(v.table, fleet.environment.log_analytics) for v in now.volumes}
    longer = {
        table: TableRetention(
            days=max(days, LONG_RETENTION_DAYS), total_days=max(total, LONG_RETENTION_DAYS)
        )
        for table, (days, total) in kept.items()
    }
    most = max(days for days, _ in kept.values())
    return Saving(
        "retention",
        "`log_analytics.retention_days`, `log_analytics.tables.*.days`",
        f"at most {most} days of interactive retention instead of {LONG_RETENTION_DAYS}",
        estimate(_with_tables(fleet, longer), rules, assumed).usd - now.usd,
        is_taken=most < LONG_RETENTION_DAYS,
    )


def _archive(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    tables = fleet.environment.log_analytics.tables
    archived = {name: table for name, table in tables.items() if table.total_days > table.days}
    interactive = {
        # Azure keeps no table interactive for longer than two years.
        name: TableRetention(days=min(t.total_days, 730), total_days=t.total_days)
        for name, t in archived.items()
    }
    return Saving(
        "archive",
        "`log_analytics.tables.*.total_days`",
        "long-term instead of interactive retention of " + (", ".join(archived) or "no table"),
        estimate(_with_tables(fleet, interactive), rules, assumed).usd - now.usd,
        is_taken=bool(archived),
    )


def _frequency(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    slow = iso_duration(SLOW)
    fast = [r.name for r in rules if azure.EVALUATION_FREQUENCIES[r.rule.frequency] < SLOW]
    slower = [
        replace(r, rule=r.rule.model_copy(update={"frequency": slow})) if r.name in fast else r
        for r in rules
    ]
    return Saving(
        "frequency",
        "`alert_rules[].frequency`",
        f"{slow} for " + (", ".join(fast) or "no rule: none is faster"),
        now.usd - estimate(fleet, slower, assumed).usd,
        is_taken=not fast,
    )


def _aggregation(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    each = replace(assumed, metric_rows_a_file=PREDICTIONS_A_FILE)
    return Saving(
        "sampling",
        "`OTEL_METRIC_EXPORT_INTERVAL` of the batch deployment",
        f"metrics as one row a file instead of one for each of {PREDICTIONS_A_FILE:,} predictions",
        estimate(fleet, rules, each).usd - now.usd,
        is_taken=assumed.metric_rows_a_file < PREDICTIONS_A_FILE,
    )


def _selection(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    few = tuple(c if c.circuit_class else replace(c, signals=()) for c in fleet.circuits)
    before = sum(bool(c.signals) for c in fleet.circuits)
    after = sum(bool(c.signals) for c in few)
    return Saving(
        "sampling",
        "`machine_learning.monitors.signals: none`, `classes.*.monitors: all`",
        f"Azure ML monitors for the {after} circuits of a class instead of {before}",
        now.usd - estimate(replace(fleet, circuits=few), rules, assumed).usd,
        is_taken=before == after,
    )


def _no_monitors(
    now: Estimate, fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions
) -> Saving:
    none = tuple(replace(c, signals=()) for c in fleet.circuits)
    return Saving(
        "sampling",
        "`monitors: none`",
        "our own nightly job alone, without Azure ML monitors",
        now.usd - estimate(replace(fleet, circuits=none), rules, assumed).usd,
        is_taken=not any(c.signals for c in fleet.circuits),
    )


def _with_tables(fleet: Fleet, tables: dict[str, TableRetention]) -> Fleet:
    settings: LogAnalytics = fleet.environment.log_analytics
    changed = settings.model_copy(update={"tables": {**settings.tables, **tables}})
    environment = fleet.environment.model_copy(update={"log_analytics": changed})
    return replace(fleet, environment=environment)
