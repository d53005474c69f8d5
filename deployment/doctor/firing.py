"""What the query of each rule returns right now, and what would fire of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deployment.doctor.workspace import Workspace
from deployment.errors import DeploymentError
from evaluator.evaluation.measure import measure
from evaluator.evaluation.result import AlertState, DimensionCombination
from evaluator.evaluation.state import NotSimulated, evaluate
from evaluator.rules import LogAlertRule
from generator.azure import MAX_LOOKBACK

# Azure runs five queries of a person at a time and lets the others wait:
# https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits
_AT_A_TIME: Final = 4


@dataclass(frozen=True, slots=True)
class Firing:
    """What one rule comes to at this moment."""

    rule_id: str
    rows: int | None = None
    """Rows that the query returned; None if it did not."""
    series: tuple[DimensionCombination, ...] | None = None
    """Series that meet the condition, each of which would fire; None if that is not known."""
    problem: str = ""
    """Why the query failed, or Azure would not complete the evaluation."""


def firing_now(
    workspace: Workspace, rules: Sequence[LogAlertRule], now: datetime
) -> dict[str, Firing]:
    """Run the query of every rule as an evaluation at `now` would, and judge its rows.

    The functions `now()` and `ago()` in a query take the service's own time.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        results = pool.map(lambda rule: _firing(workspace, rule, now), rules)
        return {result.rule_id: result for result in results}


def _firing(workspace: Workspace, rule: LogAlertRule, now: datetime) -> Firing:
    since = now - min(rule.query_time_range, MAX_LOOKBACK)
    try:
        answer = workspace.query(rule.query.text, (since, now))
    except DeploymentError as error:
        return Firing(rule.id, problem=str(error))
    rows = len(answer.rows)
    measurement = measure(rule, answer.columns, answer.rows, now)
    try:
        told = evaluate(rule, [measurement])
    except NotSimulated as error:
        return Firing(rule.id, rows, problem=error.reason)
    if told.failures:
        return Firing(rule.id, rows, problem=told.failures[0].reason)
    fired = tuple(
        series.dimension_combination
        for series in told.series
        if series.evaluations[-1].alert_state is AlertState.FIRED
    )
    return Firing(rule.id, rows, fired)
