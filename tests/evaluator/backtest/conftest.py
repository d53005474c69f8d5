"""A rule on AppMetrics, recorded values of some circuits, and what back-tests them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.backtest.incidents import Incident
from evaluator.backtest.running import Backtest, backtest
from evaluator.backtest.statistics import Period
from evaluator.execution.engine import Engine
from evaluator.query_text import of_file
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.tables import read_tables

TABLES = read_tables(Path(__file__).parents[3] / "kql" / "tables")
START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
DAY = Period(START, START + 24 * HOURS)

QUERY = """AppMetrics
| where Name == "model_accuracy_mae"
| project TimeGenerated, circuit_id = tostring(Properties.circuit_id), Sum
"""
BY_CIRCUIT = (Dimension("circuit_id"),)


def rule(
    rule_id: str = "mae-high",
    query: str = QUERY,
    condition: Condition | None = None,
    *,
    minutes: int = 30,
    auto_mitigate: bool = True,
    mute: timedelta | None = None,
) -> LogAlertRule:
    return LogAlertRule(
        rule_id,
        rule_id,
        of_file(f"{rule_id}.kql", query),
        condition or Condition("Average", "GreaterThan", 0.25, "Sum", BY_CIRCUIT, 2, 2),
        evaluation_frequency=minutes * MINUTES,
        window_size=minutes * MINUTES,
        auto_mitigate=auto_mitigate,
        mute_actions_duration=mute,
    )


Values = Mapping[str, Sequence[float]]
"""Of each circuit a value for each half hour from the start."""


def metric_rows(values: Values) -> list[dict[str, object]]:
    return [
        {
            "TimeGenerated": START + 30 * MINUTES * number,
            "Name": "model_accuracy_mae",
            "Properties": {"circuit_id": circuit},
            "Sum": value,
        }
        for circuit, own in values.items()
        for number, value in enumerate(own)
    ]


Run = Callable[..., Backtest]


def run_backtest(
    values: Values,
    *rules: LogAlertRule,
    period: Period = DAY,
    thresholds: Mapping[str, Sequence[float]] | None = None,
    incidents: Sequence[Incident] = (),
    told: list[tuple[str, int, int]] | None = None,
    timeout_s: float = 30.0,
) -> Backtest:
    with Engine(TABLES, timeout_s=timeout_s) as engine:
        rows = metric_rows(values)
        engine.add_rows("AppMetrics", rows)
        last = START + 30 * MINUTES * (max(map(len, values.values()), default=1) - 1)
        recorded = RecordedTable("AppMetrics", 1, len(rows), START, last, ("ClientIP",))
        return backtest(
            engine,
            language_service(TABLES),
            rules or (rule(),),
            period,
            recorded=[recorded],
            thresholds=thresholds,
            incidents=incidents,
            progress=(lambda *each: told.append(each)) if told is not None else None,
        )


@pytest.fixture
def bad_hours() -> Values:
    """A circuit that is bad twice within a day, one that is bad to the end, a good one."""
    return {
        "C1": [0.1] * 4 + [0.4] * 6 + [0.1] * 8 + [0.4] * 6 + [0.1] * 24,
        "C2": [0.1] * 40 + [0.3] * 8,
        "C3": [0.1] * 48,
    }
