"""What a rule costs a month, and how much it reads for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cost.prices import MONTH
from cost.rules import rule_usd
from evaluator.analysis.syntax import Analysis
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import LogAlertRule
from generator.azure import MAX_LOOKBACK


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rule costs while the data is like what was recorded."""

    series: int
    """Series at the last evaluation; 1 for a rule that is not split."""
    usd_a_month: float
    rows_a_month: int
    """Rows of its tables that its evaluations look at, before any filter."""


def cost(
    rule: LogAlertRule, series: int, analysis: Analysis, recorded: Sequence[RecordedTable]
) -> Cost:
    """Estimate a rule's monthly cost from the series and rows that were recorded."""
    runs = MONTH / rule.evaluation_frequency
    seen = min(rule.query_time_range, MAX_LOOKBACK)
    names = {n.name for n in analysis.root.walk() if n.symbol == "table"}
    rows = sum(_rows_within(table, seen) for table in recorded if table.name in names)
    usd = rule_usd(rule.evaluation_frequency, series if rule.condition.dimensions else None)
    return Cost(series, usd, round(rows * runs))


def _rows_within(table: RecordedTable, seen: timedelta) -> float:
    """Tell how many rows of a table a stretch of time holds on average."""
    if table.first is None or table.last is None or table.last - table.first <= seen:
        return table.rows
    return table.rows * (seen / (table.last - table.first))
