"""Many evaluations in one statement measure what each measures by itself."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.analysis.language_service import language_service
from evaluator.evaluation.measure import Measurement, measure
from evaluator.execution import batch as batch_module
from evaluator.execution.batch import measure_many, measure_one
from evaluator.execution.batch_shapes import can_batch
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError
from evaluator.query_text import of_file
from evaluator.rules import Condition, Dimension, LogAlertRule, TimeAggregation
from evaluator.tables import Table
from tests.evaluator.execution.parity_cases import NOW

MINUTE = timedelta(minutes=1)
METRIC = Table(
    "Metric",
    {
        "TimeGenerated": "datetime",
        "Name": "string",
        "Value": "real",
        "Count": "long",
        "Properties": "dynamic",
    },
)
EVENT = Table("Event", {"TimeGenerated": "datetime", "Name": "string", "Properties": "dynamic"})
TABLES = {"Metric": METRIC, "Event": EVENT}
PLANT = "extend plant = tostring(Properties.plant)"

SHAPES = {
    "raw rows": "Metric | where Value > 1",
    "mean in bins": f"Metric | {PLANT}"
    " | summarize Value = avg(Value) by plant, bin(TimeGenerated, 10m)",
    "two summarizes": f"Metric | {PLANT}"
    " | summarize v = max(Value) by plant, t = bin(TimeGenerated, 5m)"
    " | summarize Value = sum(v) by plant, TimeGenerated = bin(t, 10m)",
    "newest value": f"Metric | {PLANT}"
    " | summarize arg_max(TimeGenerated, Value) by plant | project plant, Value",
    "newest rows": f"Metric | {PLANT} | summarize arg_max(TimeGenerated, *) by plant",
    "conditional": f"Metric | {PLANT} | summarize Value = avgif(Value, Name == 'a') by plant",
    "ratio": f"Metric | {PLANT} | summarize bad = countif(Value > 2), all = count() by plant"
    " | extend Value = todouble(bad) / all",
    "percentile": f"Metric | {PLANT} | summarize Value = percentile(Value, 90) by plant",
    "distinct": f"Metric | {PLANT} | distinct plant, Value",
    "dcount": f"Metric | {PLANT} | summarize Value = dcount(Name) by plant",
    "clock": f"Metric | where TimeGenerated > ago(7m) | {PLANT}"
    " | extend Value = (now() - TimeGenerated) / 1m",
    "fleet": "let fleet = datatable(plant: string, most: real) ['p0', 2.0, 'p1', 1.0, 'p9', 3.0];"
    f" let seen = Metric | {PLANT} | summarize newest = max(TimeGenerated) by plant;"
    " fleet | lookup seen on plant | extend Value = (now() - coalesce(newest, ago(48h))) / 1h",
    "limits": "let limits = datatable(plant: string, most: real) ['p1', 1.0];"
    f" Metric | {PLANT} | summarize arg_max(TimeGenerated, Value) by plant"
    " | lookup limits on plant | extend Value = Value / coalesce(most, 2.0)",
    "anti and semi join": "let fleet = datatable(plant: string) ['p0', 'p1'];"
    " let silenced = datatable(plant: string, ends: datetime) ['p1', datetime(2026-01-08 12:00)];"
    f" Metric | {PLANT} | join kind=leftsemi fleet on plant"
    " | join kind=leftanti (silenced | where now() < ends) on plant",
    "two tables": f"Metric | {PLANT} | summarize Value = max(Value) by plant"
    f" | join kind=fullouter (Event | {PLANT} | summarize n = count() by plant) on plant"
    " | project plant = iff(isempty(plant), plant1, plant),"
    " Value = coalesce(Value, 0.0) + coalesce(n, 0)",
    "self join": f"let m = Metric | {PLANT}; m | summarize a = max(Value) by plant"
    " | join kind=inner (m | summarize b = min(Value) by plant) on plant | extend Value = a - b",
    "union": "union (Metric | project TimeGenerated, Value, Properties),"
    f" (Event | project TimeGenerated, Value = 1.0, Properties) | {PLANT}",
    "membership": "let names = Event | distinct Name;"
    f" Metric | where Name in (names) | {PLANT} | summarize Value = sum(Value) by plant",
    "expansion": "Metric | mv-expand tag = Properties.tags to typeof(string)"
    " | summarize Value = count() by plant = tag",
    "lists": f"Metric | {PLANT} | summarize l = make_list(Value), s = make_set(Name) by plant"
    " | extend Value = toreal(array_length(l)) + array_length(s)",
    "sorted": f"Metric | {PLANT} | order by Value desc, TimeGenerated asc",
    "without a key": "Metric | summarize Value = avg(Value), n = count()",
    "count": "Metric | count",
    "reassigned": 'Metric | extend Properties = parse_json(\'{"plant": "p1"}\')'
    f" | {PLANT} | summarize Value = max(Value) by plant",
}
AGGREGATIONS: tuple[TimeAggregation, ...] = ("Average", "Count", "Maximum", "Minimum", "Total")


def rule(
    text: str,
    aggregation: TimeAggregation = "Maximum",
    dimensions: Sequence[str] = (),
    *,
    threshold: float = 1.0,
    periods: int = 1,
    failing: int = 1,
    window: timedelta = 10 * MINUTE,
    query_range: timedelta | None = None,
) -> LogAlertRule:
    column = None if aggregation == "Count" else "Value"
    condition = Condition(
        aggregation,
        "GreaterThan",
        threshold,
        column,
        tuple(Dimension(name) for name in dimensions),
        periods,
        failing,
    )
    query = of_file("rule.kql", text)
    return LogAlertRule("rule", "Rule", query, condition, 5 * MINUTE, window, query_range)


def dimensions_of(text: str) -> tuple[str, ...]:
    return ("plant",) if "plant" in text else ()


def telemetry(seed: int, size: int) -> dict[str, list[dict[str, object]]]:
    """Make rows of the hour before `NOW`; some at the same time, some with nothing in them."""
    chosen = random.Random(seed)  # noqa: S311 - the same rows for the same seed

    def row(table: Table) -> dict[str, object]:
        cells: dict[str, object] = {
            "TimeGenerated": NOW - chosen.randrange(3600) * timedelta(seconds=1),
            "Name": chosen.choice("abc"),
            "Value": chosen.choice([0.0, 1.0, 2.5, 3.25, None, float("nan"), float("inf"), -1.5]),
            "Count": chosen.choice([0, 1, 5, None]),
            "Properties": chosen.choice(
                [{"plant": "p0", "tags": ["x"]}, {"plant": "p1", "tags": ["x", "y"]}, {}, None]
            ),
        }
        return {name: cell for name, cell in cells.items() if name in table.columns}

    return {name: [row(table) for _ in range(size)] for name, table in TABLES.items()}


def evaluations(datasets: int) -> list[tuple[int, datetime]]:
    times = [NOW - 55 * MINUTE + i * 5 * MINUTE for i in range(14)]
    return [(dataset, now) for now in times for dataset in range(datasets)]


def one_by_one(
    engine: Engine, one: LogAlertRule, asked: Sequence[tuple[int, datetime]]
) -> list[Measurement]:
    prepared = engine.prepare(language_service(TABLES).analyse(one.query.text))
    return [measure_one(engine, one, prepared, evaluation) for evaluation in asked]


def assert_same(batched: Sequence[Measurement], alone: Sequence[Measurement]) -> None:
    for many, one in zip(batched, alone, strict=True):
        assert many.evaluation_time == one.evaluation_time
        assert many.failure == one.failure
        assert many.values.keys() == one.values.keys()
        for series, values in many.values.items():
            assert all(map(is_close, values, one.values[series])), (values, one.values[series])


def is_close(some: float | None, other: float | None) -> bool:
    if some is None or other is None:
        return some is other
    return math.isclose(some, other, rel_tol=1e-12, abs_tol=1e-12)


@pytest.fixture(scope="module")
def many_datasets() -> Iterator[tuple[Engine, Iterator[int]]]:
    """One engine for all examples, so that a query is translated once; numbers of its datasets."""
    with Engine(TABLES) as engine:
        yield engine, itertools.count()


def check_a_batch(
    many_datasets: tuple[Engine, Iterator[int]], shape: str, data: st.DataObject
) -> None:
    engine, numbers = many_datasets
    text = SHAPES[shape]
    analysis = language_service(TABLES).analyse(text)
    names = {c.name for c in analysis.columns}
    time = any(c.type == "datetime" for c in analysis.columns)
    aggregations = AGGREGATIONS if "Value" in names else ("Count",)
    window = data.draw(st.sampled_from([7 * MINUTE, 10 * MINUTE, 30 * MINUTE]))
    aggregation = data.draw(st.sampled_from(aggregations))
    one = rule(text, aggregation, dimensions_of(text), periods=3 if time else 1, window=window)
    datasets = [next(numbers), next(numbers)]
    latency = data.draw(st.sampled_from([timedelta(0), 4 * MINUTE]))
    for dataset in datasets:
        rows = telemetry(data.draw(st.integers(0, 9999)), data.draw(st.sampled_from([0, 1, 60])))
        for table, cells in rows.items():
            engine.add_rows(table, cells, dataset=dataset, latency=latency)
    prepared = engine.prepare(analysis)
    minutes = data.draw(st.lists(st.integers(-10, 65), min_size=2, max_size=4, unique=True))
    asked = [(dataset, NOW - minute * MINUTE) for minute in minutes for dataset in datasets]
    with pytest.MonkeyPatch.context() as patch:
        # Tables are few rows here: properties get columns of their own all the same.
        least = data.draw(st.sampled_from([0, 10**9]))
        patch.setattr("evaluator.execution.engine._LARGE_TABLE_ROWS", least)
        many = measure_many(engine, one, prepared, asked, all_values=True, checks=0)

    assert many.batched
    assert_same(many.measurements, one_by_one(engine, one, asked))


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_batch_measures_what_each_evaluation_does(
    many_datasets: tuple[Engine, Iterator[int]], shape: str, data: st.DataObject
) -> None:
    check_a_batch(many_datasets, shape, data)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_batches_of_much_telemetry_measure_what_each_evaluation_does(
    many_datasets: tuple[Engine, Iterator[int]], shape: str, data: st.DataObject
) -> None:
    check_a_batch(many_datasets, shape, data)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(TABLES) as engine:
        for table, rows in telemetry(1, 300).items():
            engine.add_rows(table, rows)
        yield engine


NEWEST = SHAPES["newest rows"]


def test_without_all_values_only_series_that_are_met_are_there(engine: Engine) -> None:
    split = rule(SHAPES["raw rows"] + f" | {PLANT}", "Count", ["plant"], threshold=12)
    prepared = engine.prepare(language_service(TABLES).analyse(split.query.text))
    asked = evaluations(1)

    everything = measure_many(engine, split, prepared, asked, all_values=True).measurements
    met = measure_many(engine, split, prepared, asked).measurements

    expected = [{s: v for s, v in m.values.items() if (v[0] or 0) > 12} for m in everything]
    assert [dict(m.values) for m in met] == expected
    assert 0 < sum(map(len, expected)) < sum(len(m.values) for m in everything)


def test_dimensions_leave_values_out_in_a_batch_too(engine: Engine) -> None:
    condition = Condition(
        "Count", "GreaterThan", 0, None, (Dimension("plant", "Exclude", ("p0", "")),)
    )
    query = of_file("rule.kql", f"Metric | {PLANT}")
    some = LogAlertRule("rule", "Rule", query, condition, 5 * MINUTE, 10 * MINUTE)
    prepared = engine.prepare(language_service(TABLES).analyse(query.text))

    many = measure_many(engine, some, prepared, evaluations(1), all_values=True)

    assert {s for m in many.measurements for s in m.values} == {(("plant", "p1"),)}
    assert_same(many.measurements, one_by_one(engine, some, evaluations(1)))


@pytest.mark.parametrize(
    "text",
    [
        "Metric | top 3 by Value",
        "Metric | order by Value | take 3",
        "Metric | where Value > toscalar(Metric | summarize avg(Value))",
        "let m = materialize(Metric); m",
        "Metric | join (Event) on Name",
    ],
)
def test_what_depends_on_an_order_or_is_computed_once_runs_one_by_one(
    engine: Engine, text: str
) -> None:
    one = rule(text, "Count")
    analysis = language_service(TABLES).analyse(text)

    many = measure_many(engine, one, engine.prepare(analysis), evaluations(1)[:3])

    assert not can_batch(analysis)
    assert not many.batched
    assert_same(many.measurements, one_by_one(engine, one, evaluations(1)[:3]))


def test_a_rule_that_azure_refuses_fails_at_every_evaluation(engine: Engine) -> None:
    wrong = rule("Metric", "Count", ["nothing"])
    prepared = engine.prepare(language_service(TABLES).analyse("Metric"))

    many = measure_many(engine, wrong, prepared, evaluations(1))

    assert all("`nothing` is no column" in str(m.failure) for m in many.measurements)


def test_nothing_asked_is_nothing_measured(engine: Engine) -> None:
    prepared = engine.prepare(language_service(TABLES).analyse("Metric"))

    assert measure_many(engine, rule("Metric", "Count"), prepared, []).measurements == []


def wrong_at(moment: datetime) -> object:
    """Make a reference that measures otherwise at one time."""

    def measured(one: LogAlertRule, columns: object, rows: object, now: datetime) -> Measurement:
        result = measure(one, columns, rows, now)  # type: ignore[arg-type]
        if now != moment:
            return result
        return Measurement(now, {s: (99.0, *v[1:]) for s, v in result.values.items()})

    return measured


def test_a_difference_between_a_batch_and_one_by_one_is_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = rule("Metric | count", "Count", threshold=100)
    prepared = engine.prepare(language_service(TABLES).analyse(one.query.text))
    asked = evaluations(1)
    monkeypatch.setattr(batch_module, "measure", wrong_at(asked[5][1]))

    with pytest.raises(ExecutionError, match="measures otherwise in a batch than by itself"):
        measure_many(engine, one, prepared, asked, checks=len(asked))


def test_an_evaluation_at_which_the_alert_begins_is_among_those_checked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOW + 24 * 60 * MINUTE
    engine.add_rows("Metric", [{"TimeGenerated": later - MINUTE, "Value": 5.0}])
    text = "Metric | summarize Value = max(Value)"
    one = rule(text, threshold=4.5)
    asked = [(0, later + (i - 150) * MINUTE) for i in range(300)]
    prepared = engine.prepare(language_service(TABLES).analyse(text))
    monkeypatch.setattr(batch_module, "measure", wrong_at(later))

    with pytest.raises(ExecutionError, match="measures otherwise"):
        measure_many(engine, one, prepared, asked, checks=2)


def test_a_value_near_the_threshold_is_measured_by_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOW + 24 * 60 * MINUTE
    engine.add_rows("Metric", [{"TimeGenerated": later - MINUTE, "Value": 1 + 1e-12}])
    text = "Metric | summarize Value = max(Value)"
    asked = [(0, later), (0, later + MINUTE)]
    prepared = engine.prepare(language_service(TABLES).analyse(text))
    alone: list[datetime] = []

    def counted(one: LogAlertRule, columns: object, rows: object, now: datetime) -> Measurement:
        alone.append(now)
        return measure(one, columns, rows, now)  # type: ignore[arg-type]

    monkeypatch.setattr(batch_module, "measure", counted)
    measure_many(engine, rule(text, threshold=1.0), prepared, asked, checks=0)
    near = alone[1:]
    alone.clear()
    measure_many(engine, rule(text, threshold=1.5), prepared, asked, checks=0)

    assert (near, alone[1:]) == ([later, later + MINUTE], [])


def test_a_result_over_azures_size_fails_in_a_batch_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "_LARGE_RESULT_ROWS", 10)
    monkeypatch.setattr("evaluator.execution.engine.MAX_RESULT_BYTES", 100 * 8 * 4 - 1)
    with Engine(TABLES) as engine:
        rows = [{"TimeGenerated": NOW - MINUTE} for _ in range(100)]
        engine.add_rows("Metric", rows)
        engine.add_rows("Metric", rows[:5], dataset=1)
        prepared = engine.prepare(language_service(TABLES).analyse("Metric"))
        asked = [(0, NOW), (1, NOW), (0, NOW + MINUTE)]

        many = measure_many(engine, rule("Metric", "Count"), prepared, asked)

    assert many.batched
    assert [bool(m.failure) for m in many.measurements] == [True, False, True]


def test_chunks_of_a_batch_fit_together(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    one = rule(NEWEST, dimensions=["plant"])
    prepared = engine.prepare(language_service(TABLES).analyse(NEWEST))
    asked = evaluations(1) * 3
    whole = measure_many(engine, one, prepared, asked, all_values=True).measurements
    monkeypatch.setattr("evaluator.execution.batch_statement._MAX_EVALUATIONS", 13)

    parts = measure_many(engine, one, prepared, asked, all_values=True).measurements

    assert_same(parts, whole)


def test_rows_added_after_a_property_has_a_column_have_it_too(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluator.execution.engine._LARGE_TABLE_ROWS", 0)
    one = rule(NEWEST, dimensions=["plant"])
    prepared = engine.prepare(language_service(TABLES).analyse(NEWEST))
    asked = evaluations(1)
    measure_many(engine, one, prepared, asked)
    engine.add_rows(
        "Metric",
        [{"TimeGenerated": NOW - MINUTE, "Value": 2.0, "Properties": {"plant": "new"}}],
    )

    many = measure_many(engine, one, prepared, asked, all_values=True).measurements

    assert any((("plant", "new"),) in m.values for m in many)
    assert_same(many, one_by_one(engine, one, asked))
