"""What of the data that a rule would have seen is in the recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluator.analysis.syntax import Analysis
from evaluator.backtest.statistics import Period
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import LogAlertRule
from generator.azure import MAX_LOOKBACK


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a rule looked at less than it would have in Azure."""

    unrecorded: tuple[str, ...] = ()
    """Tables that it reads and that were not recorded: to the rule, nothing ever came."""
    missing_columns: tuple[str, ...] = ()
    """Columns it names that no recorded file has, as `Table.Column`: null, or empty text."""
    blind_until: datetime | None = None
    """Until when its evaluations look back to before the recording; None if none do."""
    blind_from: datetime | None = None
    """From when on they look at times behind the recording's last row; None if none do by more
    than the rule's frequency."""


def sight(
    rule: LogAlertRule, analysis: Analysis, recorded: Sequence[RecordedTable], period: Period
) -> Sight:
    """Compare what a rule reads with what was recorded."""
    by_name = {table.name: table for table in recorded if table.rows}
    names = sorted({n.name for n in analysis.root.walk() if n.symbol == "table" and n.name})
    tables = [by_name[name] for name in names if name in by_name]
    time_range = min(rule.query_time_range, MAX_LOOKBACK)
    read = {n.name for n in analysis.root.walk() if n.symbol == "column"}
    missing = [f"{t.name}.{c}" for t in tables for c in t.missing_columns if c in read]
    sees_all = max((t.first + time_range for t in tables if t.first), default=period.start)
    ends = min((t.last for t in tables if t.last), default=period.end)
    return Sight(
        tuple(name for name in names if name not in by_name),
        tuple(missing),
        sees_all if sees_all > period.start else None,
        ends if ends + rule.evaluation_frequency < period.end else None,
    )
