"""What a back-test says of a rule as problems."""

from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.backtest.catalog import ENTRIES
from evaluator.backtest.findings import broken, costly, never_matches, noise, refused
from evaluator.backtest.report import rules_table
from evaluator.backtest.running import backtest
from evaluator.execution.engine import Engine
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import Condition
from generator.diagnostics import Problem, format_problems
from tests.evaluator.backtest.conftest import (
    BY_CIRCUIT,
    DAY,
    START,
    TABLES,
    Values,
    metric_rows,
    rule,
    run_backtest,
)


def test_a_rule_that_fires_more_often_than_the_limit_is_named(bad_hours: Values) -> None:
    result = run_backtest(bad_hours)

    assert noise(result, 3) == []
    (problem,) = noise(result, 2)
    assert (problem.id, problem.severity, problem.subject) == (
        "backtest/noise",
        "warning",
        "mae-high",
    )
    assert problem.message == (
        "`mae-high` would have fired 3 times on 2 series in 1 day; the limit is 2"
    )


def test_a_rule_that_costs_more_than_the_limit_is_named(bad_hours: Values) -> None:
    # 144 rows within 23.5 h, of which 2 evaluation periods see an hour; 1,460 evaluations a month.
    result = run_backtest(bad_hours)

    assert costly(result, 0.65) == []
    (problem,) = costly(result, 0.64)
    assert problem.message == (
        "`mae-high` costs $0.65 a month, every PT30M on 3 series, and reads 8,946 rows; "
        "the limit is $0.64"
    )


@pytest.mark.parametrize(
    ("minutes", "usd_a_month"),
    [(1, 3.9), (5, 1.95), (9, 1.95), (10, 1.3), (15, 0.65), (60, 0.65)],
)
def test_a_rule_costs_by_its_frequency_and_its_series(
    minutes: int, usd_a_month: float, bad_hours: Values
) -> None:
    by_circuit = Condition("Maximum", "GreaterThan", 0.25, "Sum", BY_CIRCUIT)
    split = rule("split", condition=by_circuit, minutes=minutes)
    whole = rule("whole", condition=replace(by_circuit, dimensions=()), minutes=minutes)
    day = timedelta(days=1)
    rules = [replace(each, window_size=day) for each in (split, whole)]

    costs = [report.cost for report in run_backtest(bad_hours, *rules).rules]

    of_split, of_whole = costs
    assert of_split is not None
    assert of_whole is not None
    assert of_split.usd_a_month == pytest.approx(usd_a_month)
    assert of_whole.usd_a_month == pytest.approx(usd_a_month / 1.3)
    assert (of_split.series, of_whole.series) == (3, 1)


def test_a_rule_that_takes_too_long_breaks_off_and_the_others_run(bad_hours: Values) -> None:
    numbers = "range i from 1 to 1000000 step 1 | extend a = 1"
    endless = (
        f"{numbers}\n| join kind=inner ({numbers}) on a\n| order by i asc\n"
        "| project TimeGenerated = now(), circuit_id = tostring(i), Sum = 1.0 * i1\n"
    )
    result = run_backtest(bad_hours, rule("endless", endless), rule(), timeout_s=1)

    assert [report.outcome is None for report in result.rules] == [True, False]
    (problem,) = broken(result)
    assert (problem.severity, problem.subject) == ("error", "endless")
    assert "took longer than 1 s" in problem.message
    assert rules_table(result).rows[0][11] == "broke off"


def test_a_rule_that_azure_would_refuse_is_an_error(bad_hours: Values) -> None:
    result = run_backtest(bad_hours, rule("wrong", "AppMetrics\n| where Nmae == 'x'\n"), rule())

    (problem,) = refused(result)
    assert (problem.id, problem.severity, problem.subject) == (
        "backtest/refused",
        "error",
        "wrong",
    )
    assert "wrong.kql:2:9" in problem.message
    assert [row[11] for row in rules_table(result).rows] == ["refused", "batched"]


def test_a_batch_has_no_more_time_than_its_evaluations(bad_hours: Values) -> None:
    numbers = "range i from 1 to 1000000 step 1 | extend a = 1"
    endless = (
        f"{numbers}\n| join kind=inner ({numbers}) on a\n"
        "| project TimeGenerated = now(), circuit_id = tostring(i), Sum = 1.0 * i1\n"
    )
    result = run_backtest(bad_hours, rule("endless", endless), timeout_s=1)

    (problem,) = broken(result)
    assert "took longer than 1 s" in problem.message


def never(query: str, values: Values) -> list[Problem]:
    service = language_service(TABLES)
    with Engine(TABLES) as engine:
        rows = metric_rows(values)
        engine.add_rows("AppMetrics", rows)
        recorded = [RecordedTable("AppMetrics", 1, len(rows), START, START, ())]
        result = backtest(engine, service, [rule("r", query)], DAY, recorded=recorded)
        return never_matches(engine, service, result)


PROJECT = "| project TimeGenerated, circuit_id = tostring(Properties.circuit_id), Sum\n"


def test_the_step_that_no_row_passes_is_shown(bad_hours: Values) -> None:
    query = (
        "let lowest = 0.0;\nAppMetrics\n| where Sum >= lowest\n"
        '| where Name == "model_acuracy_mae" // typo\n' + PROJECT
    )
    problems = never(query, bad_hours)

    assert format_problems(problems, "text", ENTRIES) == (
        "warning: no recorded row passes this step of `r`: 144 come in, none comes out "
        "(data/never-matches)\n"
        " --> r.kql:4:3\n"
        '4 | | where Name == "model_acuracy_mae" // typo\n'
        f"  |   {'^' * 33}\n"
        "  = fix: check the names in it; if they are right, record a time when it happened"
    )


@pytest.mark.parametrize(
    "query",
    [
        'AppMetrics\n| where Name == "model_accuracy_mae"\n' + PROJECT,
        "AppMetrics\n| summarize Sum = max(Sum) by circuit_id = Name\n| where Sum > 100\n",
        "AppMetrics\n| where TimeGenerated > ago(1h) and Sum > 100\n" + PROJECT,
        "AppEvents\n| where Name == 'x'\n| project TimeGenerated, circuit_id = Name, Sum = 1.0\n",
    ],
    ids=["it passes", "computed values", "the clock", "no row comes in"],
)
def test_steps_that_are_no_typing_error_are_left_alone(query: str, bad_hours: Values) -> None:
    assert never(query, bad_hours) == []
