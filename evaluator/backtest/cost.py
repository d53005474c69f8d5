"""What a rule costs a month, and how much it reads for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from evaluator.analysis.syntax import Analysis
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import LogAlertRule
from generator.azure import MAX_LOOKBACK

MONTH: Final = timedelta(hours=730)
"""The month of Azure's price lists."""

_PRICES: Final = (
    (timedelta(minutes=1), 3.00, 0.30),
    (timedelta(minutes=5), 1.50, 0.15),
    (timedelta(minutes=10), 1.00, 0.10),
    (timedelta(minutes=15), 0.50, 0.05),
)
"""USD a month by frequency: of a rule, and of each series of a rule that is split.

List prices of https://azure.microsoft.com/pricing/details/monitor/, as of 2026-11. Inferred: the
prices of 10 minutes and of series at 5 and 10 minutes, from the others; that a split rule pays its
own price beside that of its series; and that rules between two frequencies pay for the faster.
"""


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
    of_rule, of_series = _price(rule.evaluation_frequency)
    usd = of_rule + (of_series * series if rule.condition.dimensions else 0)
    return Cost(series, usd, round(rows * runs))


def _price(frequency: timedelta) -> tuple[float, float]:
    reached = [prices for prices in _PRICES if prices[0] <= frequency]
    _, of_rule, of_series = reached[-1] if reached else _PRICES[0]
    return of_rule, of_series


def _rows_within(table: RecordedTable, seen: timedelta) -> float:
    """Tell how many rows of a table a stretch of time holds on average."""
    if table.first is None or table.last is None or table.last - table.first <= seen:
        return table.rows
    return table.rows * (seen / (table.last - table.first))
