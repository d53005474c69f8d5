"""Each part of an estimate against a number that was computed by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost import ASSUMPTIONS, estimate, savings
from cost.compute import monitor_cost
from cost.ingestion import RUN_LOGS, Volume, volumes
from cost.keeping import retention_usd
from cost.notifications import notifications
from cost.prices import PRICES
from cost.rules import rule_costs, rule_usd
from generator.fleet import Fleet
from generator.models.alerts import Dimension
from generator.models.environments import LogAnalytics, TableRetention
from tests.cost.conftest import Environment

MINUTE = timedelta(minutes=1)


def with_log_analytics(fleet: Fleet, **changes: object) -> Fleet:
    settings = fleet.environment.log_analytics.model_copy(update=changes)
    environment = fleet.environment.model_copy(update={"log_analytics": settings})
    return replace(fleet, environment=environment)


@pytest.mark.parametrize(
    ("minutes", "series", "usd"),
    [
        (1, None, 3.00),
        (5, None, 1.50),
        (5, 125, 1.50 + 125 * 0.15),
        (10, 10, 1.00 + 10 * 0.10),
        (14, 10, 1.00 + 10 * 0.10),
        (15, 200, 0.50 + 200 * 0.05),
        (60, None, 0.50),
        (24 * 60, 200, 0.50 + 200 * 0.05),
    ],
)
def test_a_rule_costs_its_frequency_and_each_series(
    minutes: int, series: int | None, usd: float
) -> None:
    assert rule_usd(minutes * MINUTE, series) == pytest.approx(usd)


@given(minutes=st.integers(1, 1440), series=st.integers(0, 5_000))
def test_a_rule_costs_no_less_when_it_is_evaluated_more_often_or_has_more_series(
    minutes: int, series: int
) -> None:
    usd = rule_usd(minutes * MINUTE, series)

    assert usd >= rule_usd((minutes + 1) * MINUTE, series)
    assert usd < rule_usd(minutes * MINUTE, series + 1)


def test_a_split_rule_has_a_series_for_each_circuit(environment: Environment) -> None:
    fleet, rules = environment

    costs = {c.name: c for c in rule_costs(rules, fleet.circuits)}

    assert costs.keys() == {"high-mae-alert", "batch-job-failure"}
    assert costs["high-mae-alert"].series == 3
    assert costs["high-mae-alert"].usd == pytest.approx(1.50 + 3 * 0.15)
    assert costs["batch-job-failure"].series == 1
    assert costs["batch-job-failure"].usd == pytest.approx(1.50)


@pytest.mark.parametrize(
    ("dimensions", "series"),
    [
        ([Dimension(name="plant_id")], 2),
        ([Dimension(name="plant_id", values=["NORTH"]), Dimension(name="circuit_id")], 2),
        ([Dimension(name="plant_id", operator="Exclude", values=["NORTH"])], 1),
        ([Dimension(name="endpoint")], 1),
    ],
)
def test_only_the_combinations_that_a_rule_takes_are_counted(
    dimensions: list[Dimension], series: int, environment: Environment
) -> None:
    fleet, rules = environment
    rule = replace(rules[0], dimensions=tuple(dimensions))

    assert rule_costs([rule], fleet.circuits)[0].series == series


def test_rows_follow_the_contract(environment: Environment) -> None:
    fleet, _ = environment

    rows = {v.table: v.rows_a_day for v in volumes(fleet, ASSUMPTIONS)}

    # 11 gauges, a counter and a histogram, for 3 circuits.
    assert rows["AppMetrics"] == (11 + 2) * 3
    # A scored file, a hundredth of a failed one, three verdicts in a twentieth; three ended jobs.
    assert rows["AppEvents"] == pytest.approx((1 + 0.01 + 3 * 0.05) * 3 + 3)
    # 5 signals of 7 Spark jobs for one circuit, 2 runs for each scored file, 8 rows each.
    assert rows[RUN_LOGS] == (5 * 7 + 2 * 3) * 8


def test_a_circuit_that_scores_every_hour_sends_24_files(environment: Environment) -> None:
    fleet, _ = environment
    hourly = replace(fleet.circuits[0], expected_every=timedelta(hours=1))

    (metrics, *_) = volumes(replace(fleet, circuits=(hourly,)), ASSUMPTIONS)

    assert metrics.rows_a_day == 11 + 2 * 24


def test_bytes_are_those_of_names_and_values(environment: Environment) -> None:
    fleet, _ = environment
    kiln = replace(fleet, circuits=fleet.circuits[:1])
    assert fleet.circuits[0].key == "NORTH/KILN"

    metrics = volumes(kiln, replace(ASSUMPTIONS, gauge_exports=0))[0]
    events = volumes(replace(fleet, circuits=()), ASSUMPTIONS)[1]

    attributes = (8 + 6 + 5) + (10 + 6 + 4) + (10 + 6 + 13) + (13 + 6 + 20)
    assert metrics.bytes_a_day == 2 * (350 + attributes) + len(
        "model_predictions" + "prediction_latency_ms"
    )
    ended = 350 + len("monitoring_run_completed") + len("jobcircuitsokfailedduration_s") + 5 * 26
    assert events.bytes_a_day == 3 * ended


def test_without_the_diagnostic_setting_no_run_is_logged(environment: Environment) -> None:
    fleet, _ = environment
    families = fleet.environment.families.model_copy(update={"diagnostic_settings": False})
    silent = replace(fleet, environment=fleet.environment.model_copy(update={"families": families}))

    assert RUN_LOGS not in {v.table for v in volumes(silent, ASSUMPTIONS)}


def test_ingestion_is_free_up_to_five_gigabytes(environment: Environment) -> None:
    fleet, rules = environment

    little = estimate(fleet, rules)
    much = estimate(fleet, rules, replace(ASSUMPTIONS, run_log_bytes=1_000_000))

    assert little.usd_of("Log ingestion") == 0
    gigabytes = sum(v.bytes_a_day for v in much.volumes) * (730 / 24) / 1e9
    assert gigabytes > 328e6 * (730 / 24) / 1e9
    assert much.usd_of("Log ingestion") == pytest.approx((gigabytes - 5) * 2.30)


@pytest.mark.parametrize(
    ("table", "days", "total", "usd_a_gigabyte"),
    [
        ("AppMetrics", 90, 90, 0),
        ("AppMetrics", 120, 400, 30 * 0.10 + 280 * 0.02),
        ("AppMetrics", 30, 90, 60 * 0.02),
        (RUN_LOGS, 31, 31, 0),
        (RUN_LOGS, 90, 90, 59 * 0.10),
    ],
)
def test_retention_costs_beyond_the_free_days(
    table: str, days: int, total: int, usd_a_gigabyte: float
) -> None:
    own = LogAnalytics(
        name="law-forecasts", tables={table: TableRetention(days=days, total_days=total)}
    )

    assert retention_usd([Volume(table, 1, 1e9)], own) == pytest.approx(usd_a_gigabyte)


def test_a_table_without_its_own_retention_has_the_workspaces(environment: Environment) -> None:
    fleet, rules = environment

    longer = estimate(with_log_analytics(fleet, retention_days=131), rules)

    gigabytes = {v.table: v.bytes_a_day / 1e9 for v in longer.volumes}
    application = gigabytes["AppMetrics"] + gigabytes["AppEvents"]
    assert longer.usd_of("Log retention") == pytest.approx(
        (application * 41 + gigabytes[RUN_LOGS] * 100) * 0.10
    )


def test_a_monitored_circuit_is_35_spark_jobs_a_day(environment: Environment) -> None:
    found = monitor_cost(environment[0], ASSUMPTIONS)

    assert (found.circuits, found.spark_jobs_a_day) == (1, 35)
    assert found.node_hours == pytest.approx(35 * 2 / 60 * 730 / 24)
    assert found.usd == pytest.approx(found.node_hours * 0.252)


def test_a_larger_node_costs_in_proportion_to_its_cores(environment: Environment) -> None:
    fleet, _ = environment
    learning = fleet.environment.machine_learning
    assert learning.monitors is not None
    larger = learning.monitors.model_copy(update={"instance_type": "Standard_E16s_v3"})
    changed = learning.model_copy(update={"monitors": larger})
    environment_ = fleet.environment.model_copy(update={"machine_learning": changed})

    usd = monitor_cost(replace(fleet, environment=environment_), ASSUMPTIONS).usd

    assert usd == pytest.approx(4 * monitor_cost(fleet, ASSUMPTIONS).usd)


def test_calls_are_counted_by_receiver_and_priced_beyond_what_is_free(
    environment: Environment,
) -> None:
    fleet, rules = environment
    groups = {g.name: g for g in fleet.action_groups}

    few = notifications(rules, groups, ASSUMPTIONS)
    many = notifications(rules, groups, replace(ASSUMPTIONS, calls_a_month=100_000))

    # The stateful rule calls twice; the stateless one calls both groups once.
    assert (few.emails, few.messages, few.webhooks, few.usd) == (30, 10, 30, 0)
    assert many.usd == pytest.approx(
        (300_000 - 1_000) * 2 / 100_000 + (100_000 - 100) * 0.0075 + 200_000 * 0.60 / 1_000_000
    )


def test_the_job_and_the_data_are_priced(environment: Environment) -> None:
    found = estimate(*environment)

    assert found.usd_of("Our own nightly job") == pytest.approx(0.5 * 730 / 24 * 0.229)
    gigabytes = 3 * 1440 * 8 * 7 * (365 + 30) / 1e9
    assert found.usd_of("Data storage") == pytest.approx(gigabytes * 0.0208)


def test_the_whole_is_the_sum_of_its_parts(environment: Environment) -> None:
    found = estimate(*environment)

    assert found.usd == pytest.approx(sum(line.usd for line in found.lines))
    assert found.usd == pytest.approx(3.45 + 0.0019352 + 8.9425 + 3.48271 + 0.001988, abs=1e-3)


def test_an_environment_without_monitors_and_rules_pays_for_neither(
    environment: Environment,
) -> None:
    fleet, _ = environment
    bare = replace(fleet, circuits=tuple(replace(c, signals=()) for c in fleet.circuits))

    found = estimate(bare, ())

    assert found.usd_of("Alert rules") == found.usd_of("Azure ML monitors") == 0
    assert found.usd_of("Action groups") == 0


def test_each_way_to_save_is_the_difference_that_it_makes(environment: Environment) -> None:
    fleet, rules = environment

    by_setting = {s.setting: s for s in savings(fleet, rules)}

    frequency = by_setting["`alert_rules[].frequency`"]
    assert frequency.usd == pytest.approx((1.95 - 0.65) + (1.50 - 0.50))
    assert not frequency.is_taken
    none = by_setting["`monitors: none`"]
    assert none.usd == pytest.approx(8.9425 + 35 * 8_000 / 1e9 * 59 * 0.10, abs=1e-3)
    selection = by_setting["`machine_learning.monitors.signals: none`, `classes.*.monitors: all`"]
    assert (selection.usd, selection.is_taken) == (0, True)


def test_a_longer_retention_is_what_a_shorter_one_saves(environment: Environment) -> None:
    fleet, rules = environment

    retention = savings(fleet, rules)[0]

    sent = {v.table: v.bytes_a_day / 1e9 for v in volumes(fleet, ASSUMPTIONS)}
    assert retention.usd == pytest.approx(sum(sent.values()) * 275 * 0.10)
    assert retention.is_taken
    assert not savings(with_log_analytics(fleet, retention_days=365), rules)[0].is_taken


def test_archived_days_cost_less_than_interactive_ones(environment: Environment) -> None:
    fleet, rules = environment
    tables = {"AppMetrics": TableRetention(days=90, total_days=730)}
    archived = with_log_analytics(fleet, tables=tables)

    archive = savings(archived, rules)[1]

    gigabytes = volumes(fleet, ASSUMPTIONS)[0].bytes_a_day / 1e9
    assert archive.usd == pytest.approx(gigabytes * 640 * (0.10 - 0.02))
    assert archive.is_taken
    assert savings(fleet, rules)[1].usd == 0


def test_every_price_says_where_it_is_from() -> None:
    for price in PRICES:
        assert price.usd > 0
        assert price.source.startswith("https://azure.microsoft.com/pricing/")
    assert len({price.what for price in PRICES}) == len(PRICES)
