"""What each way to save is worth: the same estimate of a changed environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cost.assumptions import ASSUMPTIONS, Assumptions
from cost.estimate import Estimate, estimate
from cost.keeping import kept_days
from cost.prices import ALERTS
from generator import azure
from generator.durations import iso_duration
from generator.fleet import Circuit, Fleet
from generator.models.environments import TableRetention
from generator.rules import ScheduledQueryRule

LONG_RETENTION_DAYS = 365
"""What the architecture document compares 90 days with."""

PREDICTIONS_A_FILE = 1_440
"""A forecast a minute, in one file a day."""

SLOW = ALERTS[-1].frequency
"""A rule evaluated less often costs no less."""

_LONGEST_INTERACTIVE_DAYS = 730


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


@dataclass(frozen=True, slots=True)
class _Case:
    """What an estimate is made of, and the estimate as things are."""

    fleet: Fleet
    rules: Sequence[ScheduledQueryRule]
    assumed: Assumptions
    now: Estimate

    def dearer(
        self, *, tables: Mapping[str, TableRetention] | None = None, assumed: Assumptions
    ) -> float:
        """Tell how much more it would cost with other retention or assumptions, in USD."""
        settings = self.fleet.environment.log_analytics
        changed = settings.model_copy(update={"tables": {**settings.tables, **(tables or {})}})
        environment = self.fleet.environment.model_copy(update={"log_analytics": changed})
        fleet = replace(self.fleet, environment=environment)
        return estimate(fleet, self.rules, assumed).usd - self.now.usd

    def cheaper(
        self,
        *,
        circuits: tuple[Circuit, ...] | None = None,
        rules: Sequence[ScheduledQueryRule] | None = None,
    ) -> float:
        """Tell how much less it would cost with other circuits or rules, in USD."""
        fleet = self.fleet if circuits is None else replace(self.fleet, circuits=circuits)
        other = self.rules if rules is None else rules
        return self.now.usd - estimate(fleet, other, self.assumed).usd


def savings(
    fleet: Fleet, rules: Sequence[ScheduledQueryRule], assumed: Assumptions = ASSUMPTIONS
) -> tuple[Saving, ...]:
    """Price each way to save that the architecture document names."""
    case = _Case(fleet, rules, assumed, estimate(fleet, rules, assumed))
    return (
        _retention(case),
        _archive(case),
        _frequency(case),
        _aggregation(case),
        _selection(case),
        _no_monitors(case),
    )


def _retention(case: _Case) -> Saving:
    settings = case.fleet.environment.log_analytics
    kept = {volume.table: kept_days(volume.table, settings) for volume in case.now.volumes}
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
        case.dearer(tables=longer, assumed=case.assumed),
        is_taken=most < LONG_RETENTION_DAYS,
    )


def _archive(case: _Case) -> Saving:
    tables = case.fleet.environment.log_analytics.tables
    interactive = {
        name: TableRetention(
            days=min(table.total_days, _LONGEST_INTERACTIVE_DAYS), total_days=table.total_days
        )
        for name, table in tables.items()
        if table.total_days > table.days
    }
    return Saving(
        "archive",
        "`log_analytics.tables.*.total_days`",
        "long-term instead of interactive retention of " + (", ".join(interactive) or "no table"),
        case.dearer(tables=interactive, assumed=case.assumed),
        is_taken=bool(interactive),
    )


def _frequency(case: _Case) -> Saving:
    slow = iso_duration(SLOW)
    fast = [r.name for r in case.rules if azure.EVALUATION_FREQUENCIES[r.rule.frequency] < SLOW]
    slower = [
        replace(r, rule=r.rule.model_copy(update={"frequency": slow})) if r.name in fast else r
        for r in case.rules
    ]
    return Saving(
        "frequency",
        "`alert_rules[].frequency`",
        f"{slow} for " + (", ".join(fast) or "no rule: none is faster"),
        case.cheaper(rules=slower),
        is_taken=not fast,
    )


def _aggregation(case: _Case) -> Saving:
    each = replace(case.assumed, metric_rows_a_file=PREDICTIONS_A_FILE)
    return Saving(
        "sampling",
        "`OTEL_METRIC_EXPORT_INTERVAL` of the batch deployment",
        f"metrics as one row a file instead of one for each of {PREDICTIONS_A_FILE:,} predictions",
        case.dearer(assumed=each),
        is_taken=case.assumed.metric_rows_a_file < PREDICTIONS_A_FILE,
    )


def _selection(case: _Case) -> Saving:
    circuits = case.fleet.circuits
    few = tuple(c if c.circuit_class else replace(c, signals=()) for c in circuits)
    before, after = (sum(bool(c.signals) for c in each) for each in (circuits, few))
    return Saving(
        "sampling",
        "`machine_learning.monitors.signals: none`, `classes.*.monitors: all`",
        f"Azure ML monitors for the {after} circuits of a class instead of {before}",
        case.cheaper(circuits=few),
        is_taken=before == after,
    )


def _no_monitors(case: _Case) -> Saving:
    return Saving(
        "sampling",
        "`monitors: none`",
        "our own nightly job alone, without Azure ML monitors",
        case.cheaper(circuits=tuple(replace(c, signals=()) for c in case.fleet.circuits)),
        is_taken=not any(c.signals for c in case.fleet.circuits),
    )
