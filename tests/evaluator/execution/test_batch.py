"""Many evaluations in one statement measure what each measures by itself."""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.analysis.language_service import language_service
from evaluator.evaluation.measure import Measurement, measure
from evaluator.execution import batch as batch_module
from evaluator.execution.batch import measure_many, measure_one
from evaluator.execution.batch_shapes import can_batch
from evaluator.execution.beside import Sight
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
    "newest in two ways": f"Metric | {PLANT} | where isfinite(Value)"
    " | summarize newest = max(TimeGenerated), arg_max(TimeGenerated, Value, Count) by plant, Name"
    " | project plant, Value",
    "newest of all": "Metric | summarize arg_max(TimeGenerated, Value)",
    "newest by a changed key": "let fleet = datatable(plant: string) ['p0', 'p1'];"
    f" Metric | {PLANT} | join kind=leftanti fleet on plant | extend plant = strcat(plant, Name)"
    " | summarize arg_max(TimeGenerated, Value) by key = toupper(plant), plant",
    "newest of a let": f"let newest = Metric | {PLANT} | where Name in ('a', 'b')"
    " | summarize arg_max(TimeGenerated, Value) by plant;"
    " newest | where TimeGenerated > ago(5m) | project plant, Value",
    "newest of what is recent": f"Metric | where TimeGenerated > ago(6m) | {PLANT}"
    " | summarize arg_max(TimeGenerated, Value) by plant | project plant, Value",
    "newest of another time": "Metric | extend TimeGenerated = bin(TimeGenerated, 7m)"
    f" | {PLANT} | summarize arg_max(TimeGenerated, Value) by plant",
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
    """Make rows of the hour before `NOW`; many at the same time, some with nothing in them."""
    chosen = random.Random(seed)  # noqa: S311 - the same rows for the same seed

    def row(table: Table) -> dict[str, object]:
        cells: dict[str, object] = {
            "TimeGenerated": NOW - chosen.randrange(60) * MINUTE,
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


class Bench:
    """Engines for all examples, so that a query is translated once, and numbers of datasets.

    In one of the engines all rows come in time, in the other some are late.
    """

    def __init__(self) -> None:
        self.engines = Engine(TABLES), Engine(TABLES)
        self.numbers = itertools.count()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    with bench.engines[0], bench.engines[1]:
        yield bench


@dataclass(frozen=True)
class Example:
    seeds: tuple[int, ...]
    """One for each dataset."""
    size: int
    minutes: tuple[int, ...]
    """Of the evaluations, before `NOW`."""
    window: int
    aggregation: TimeAggregation
    late: bool
    properties_have_columns: bool


EXAMPLES = [
    Example((1,), 60, (-10, 0, 1, 2, 10, 11, 30, 31, 55, 65), 10, "Maximum", False, True),
    Example((2,), 40, (0, 1, 6, 7, 8, 29, 47), 7, "Total", False, False),
    Example((5,), 90, (0, 3, 20), 30, "Minimum", False, False),
    Example((3, 4), 50, (-3, 0, 1, 4, 5, 33), 10, "Average", True, True),
]


def check_a_batch(bench: Bench, shape: str, example: Example) -> None:
    engine, text = bench.engines[example.late], SHAPES[shape]
    analysis = language_service(TABLES).analyse(text)
    names = {c.name for c in analysis.columns}
    time = any(c.type == "datetime" for c in analysis.columns)
    one = rule(
        text,
        example.aggregation if "Value" in names else "Count",
        dimensions_of(text),
        periods=3 if time else 1,
        window=example.window * MINUTE,
    )
    datasets = {seed: next(bench.numbers) for seed in example.seeds}
    for seed, dataset in datasets.items():
        for table, rows in telemetry(seed, example.size).items():
            half, latency = len(rows) // 2, 4 * MINUTE * example.late
            engine.add_rows(table, rows[:half], dataset=dataset, latency=latency)
            engine.add_rows(table, rows[half:], dataset=dataset)
    prepared = engine.prepare(analysis)
    asked = [(d, NOW - m * MINUTE) for m in example.minutes for d in datasets.values()]
    with pytest.MonkeyPatch.context() as patch:
        # Tables are few rows here: properties get columns of their own all the same.
        least = 0 if example.properties_have_columns else 10**9
        patch.setattr("evaluator.execution.engine._LARGE_TABLE_ROWS", least)
        many = measure_many(engine, one, prepared, asked, all_values=True, checks=0)

    assert many.batched
    assert_same(many.measurements, one_by_one(engine, one, asked))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_measures_what_each_evaluation_does(bench: Bench, shape: str) -> None:
    for example in EXAMPLES:
        check_a_batch(bench, shape, example)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    example=st.builds(
        Example,
        seeds=st.lists(st.integers(0, 9999), min_size=1, max_size=2, unique=True).map(tuple),
        size=st.sampled_from([0, 1, 7, 60]),
        minutes=st.lists(st.integers(-10, 65), min_size=2, max_size=5, unique=True).map(tuple),
        window=st.sampled_from([7, 10, 30]),
        aggregation=st.sampled_from(AGGREGATIONS),
        late=st.booleans(),
        properties_have_columns=st.booleans(),
    )
)
def test_any_batch_measures_what_each_evaluation_does(
    bench: Bench, shape: str, example: Example
) -> None:
    check_a_batch(bench, shape, example)


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
    near = alone[3:]  # the first is of no rows, two tell how long one takes
    alone.clear()
    measure_many(engine, rule(text, threshold=1.5), prepared, asked, checks=0)

    assert (near, alone[3:]) == ([later, later + MINUTE], [])


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


@pytest.mark.parametrize(
    "text", [f"Metric | {PLANT}", NEWEST, f"union (Metric | {PLANT}), (Event | {PLANT})"]
)
def test_columns_of_properties_are_never_seen(
    engine: Engine, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluator.execution.engine._LARGE_TABLE_ROWS", 0)
    prepared = engine.prepare(language_service(TABLES).analyse(text))
    promoted = engine.promoted(prepared)
    sight = Sight(60 * MINUTE, NOW - 120 * MINUTE, NOW, None)
    beside = engine.sql_beside_evaluations(prepared, promoted, sight)
    select = f"SELECT r.* FROM evaluations AS e, LATERAL ({beside.sql}) AS r"  # noqa: S608

    engine.fetch_beside_evaluations(select, {}, [0], [NOW], 0.0)
    names = [d[0] for d in engine.connection.execute(select).description]

    assert promoted.columns
    assert names == [c.name for c in prepared.columns]


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
