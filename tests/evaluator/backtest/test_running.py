"""Rules over recorded values, on the real engine."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.analysis.language_service import language_service
from evaluator.backtest.alerts import fold_alerts
from evaluator.backtest.measuring import measure_rule, prepare_query, times, with_threshold
from evaluator.backtest.running import RuleReport
from evaluator.backtest.statistics import Period
from evaluator.evaluation.state import evaluate
from evaluator.execution.batch import measure_one
from evaluator.execution.engine import Engine
from evaluator.rules import Condition
from tests.evaluator.backtest.conftest import (
    BY_CIRCUIT,
    DAY,
    HOURS,
    MINUTES,
    QUERY,
    START,
    TABLES,
    Values,
    metric_rows,
    rule,
    run_backtest,
)

SORTED = """AppMetrics
| where Name == "model_accuracy_mae"
| top 1000 by Sum desc
| project TimeGenerated, circuit_id = tostring(Properties.circuit_id), Sum
"""

SERIES = st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.4]), max_size=12)
VALUES = st.dictionaries(st.sampled_from(["C1", "C2", "C3"]), SERIES, max_size=3)
THRESHOLDS = st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 1.0])
SIX_HOURS = Period(START, START + 6 * HOURS)


def only(*reports: RuleReport) -> RuleReport:
    (report,) = reports
    return report


def test_each_series_fires_and_resolves_by_itself(bad_hours: Values) -> None:
    report = only(*run_backtest(bad_hours).rules)

    assert report.outcome is not None
    assert report.evaluations == 48
    assert [(a.series[0][1], a.fired_at - START) for a in report.outcome.alerts.alerts] == [
        ("C1", 3 * HOURS),
        ("C1", 10 * HOURS),
        ("C2", 21 * HOURS),
    ]
    assert report.outcome.statistics.flaps == 1
    assert report.outcome.statistics.resolved == 2


def test_progress_is_told_before_each_rule(bad_hours: Values) -> None:
    told: list[tuple[str, int, int]] = []
    run_backtest(bad_hours, rule("a"), rule("b"), told=told)

    assert told == [("a", 0, 2), ("b", 1, 2)]


def test_the_end_of_the_period_is_excluded() -> None:
    hour = rule(minutes=60)

    assert times(hour, Period(START, START + 3 * HOURS)) == [
        START,
        START + HOURS,
        START + 2 * HOURS,
    ]
    assert times(hour, Period(START, START + timedelta(minutes=150)))[-1] == START + 2 * HOURS


def test_what_cannot_be_run_is_checked_and_says_why(bad_hours: Values) -> None:
    learned = replace(rule("learned"), dynamic_threshold=True)
    wrong = rule("wrong", "AppMetrics\n| where Nmae == 'x'\n")
    unsupported = rule("unsupported", "AppMetrics | make-series avg(Sum) on TimeGenerated step 1h")
    deep = rule("deep", "AppMetrics" + "\n| where Sum > 0.5" * 1_000)
    deeper = rule("deeper", "AppMetrics" + "\n| where Sum > 0.5" * 3_000)
    reports = run_backtest(bad_hours, learned, wrong, unsupported, deep, deeper, rule()).rules

    assert [report.outcome is None for report in reports] == [True] * 5 + [False]
    assert "dynamic threshold" in str(reports[0].not_run)
    assert "Azure would refuse the query, wrong.kql:2:9" in str(reports[1].not_run)
    assert "unsupported.kql:1" in str(reports[2].not_run)
    assert "nested too deeply to be run" in str(reports[3].not_run)
    assert "nested too deeply for the language service" in str(reports[4].not_run)


def test_the_report_says_which_path_ran(bad_hours: Values) -> None:
    batched, single = run_backtest(bad_hours, rule(), rule("sorted", SORTED)).rules

    assert batched.batched
    assert not single.batched
    assert batched.outcome is not None
    assert single.outcome is not None
    assert batched.outcome.alerts == single.outcome.alerts


def test_the_report_says_what_was_not_recorded(bad_hours: Values) -> None:
    later = Period(START + 24 * HOURS, START + 48 * HOURS)
    events = rule("events", "AppEvents\n| where Name == 'x'\n", Condition("Count", "LessThan", 1))

    first = only(*run_backtest(bad_hours).rules).sight
    after, silent = run_backtest(bad_hours, rule(), events, period=later).rules

    assert (first.blind_until, first.blind_from) == (START + HOURS, None)
    assert after.sight.blind_until is None
    assert after.sight.blind_from == START + 47 * 30 * MINUTES
    assert silent.sight.unrecorded == ("AppEvents",)


def test_the_report_says_which_columns_of_a_query_no_file_had(bad_hours: Values) -> None:
    by_address = QUERY.replace("| project", '| where ClientIP == ""\n| project')
    plain, reader = run_backtest(bad_hours, rule(), rule("reader", by_address)).rules

    assert plain.sight.missing_columns == ()
    assert reader.sight.missing_columns == ("AppMetrics.ClientIP",)


def test_an_evaluation_beyond_azures_limits_is_a_failure() -> None:
    crowd = {f"C{number:03}": [0.4, 0.4, 0.4] for number in range(301)}
    report = only(*run_backtest(crowd, period=Period(START, START + 2 * HOURS)).rules)

    assert report.outcome is not None
    assert report.outcome.statistics.fired == 0
    assert report.outcome.statistics.failures == 2
    assert "301 series" in report.outcome.alerts.failures[0].reason


@settings(max_examples=8)
@given(VALUES, THRESHOLDS)
def test_trying_the_rules_own_threshold_changes_nothing(values: Values, threshold: float) -> None:
    subject = with_threshold(rule(), threshold)
    plain = only(*run_backtest(values, subject, period=SIX_HOURS).rules)
    tried = only(
        *run_backtest(
            values, subject, period=SIX_HOURS, thresholds={subject.id: [0.15, threshold]}
        ).rules
    )

    assert tried.outcome == plain.outcome
    assert tried.variants[1] == plain.outcome


@settings(max_examples=8)
@given(VALUES, THRESHOLDS)
def test_trying_a_threshold_is_as_running_the_rule_with_it(
    values: Values, threshold: float
) -> None:
    plain = only(*run_backtest(values, with_threshold(rule(), threshold), period=SIX_HOURS).rules)
    tried = only(
        *run_backtest(values, rule(), period=SIX_HOURS, thresholds={rule().id: [threshold]}).rules
    )

    assert tried.variants[0] == plain.outcome


@settings(max_examples=8)
@given(VALUES, st.sampled_from(["Average", "Count", "Maximum", "Minimum", "Total"]))
def test_a_batch_is_as_evaluation_by_evaluation(values: Values, aggregation: str) -> None:
    condition = Condition(
        aggregation,  # type: ignore[arg-type]
        "GreaterThan",
        0.2,
        None if aggregation == "Count" else "Sum",
        BY_CIRCUIT,
        3,
        2,
    )
    subject = rule(condition=condition)
    with Engine(TABLES) as engine:
        engine.add_rows("AppMetrics", metric_rows(values))
        service = language_service(TABLES)
        batch = measure_rule(engine, service, subject, SIX_HOURS)
        prepared = prepare_query(engine, service, subject.query)
        alone = [
            measure_one(engine, subject, prepared, (0, now)) for now in times(subject, SIX_HOURS)
        ]

    assert batch.batched
    assert fold_alerts(subject, batch.measurements) == fold_alerts(subject, alone)


@settings(max_examples=8)
@given(VALUES)
def test_alerts_are_those_of_the_state_machine(values: Values) -> None:
    with Engine(TABLES) as engine:
        engine.add_rows("AppMetrics", metric_rows(values))
        measured = measure_rule(engine, language_service(TABLES), rule(), SIX_HOURS, [0.0])
    told = {
        (series.dimension_combination, evaluation.evaluation_time)
        for series in evaluate(rule(), measured.measurements).series
        for evaluation in series.evaluations
        if evaluation.actions_called
    }

    alerts = fold_alerts(rule(), measured.measurements).alerts
    assert {(alert.series, alert.fired_at) for alert in alerts} == told


def test_a_value_within_the_last_bits_of_a_tried_threshold_is_run_by_itself() -> None:
    sums = {"C1": [0.1, 0.2, 0.3] * 4}
    condition = Condition("Average", "GreaterThan", 5, "Sum", BY_CIRCUIT)
    subject = replace(rule(condition=condition), window_size=90 * MINUTES)
    threshold = (0.1 + 0.2 + 0.3) / 3  # not the nearest number to the mean

    report = only(
        *run_backtest(sums, subject, period=DAY, thresholds={subject.id: [threshold]}).rules
    )
    plain = only(*run_backtest(sums, with_threshold(subject, threshold), period=DAY).rules)

    assert report.variants[0] == plain.outcome
