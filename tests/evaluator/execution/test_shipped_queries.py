"""Every query that this repository deploys is run, and every rule measured in a batch."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution.batch import measure_many
from evaluator.execution.engine import Engine
from evaluator.query_text import QueryText
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.project_queries import project_queries
from evaluator.tables import read_tables
from generator.loader import load
from tests.evaluator.execution.parity_cases import NOW

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = load(ROOT / "config")[0]
assert CONFIGURATION is not None
RULES = project_rules(CONFIGURATION, "prod")
QUERIES = project_queries(CONFIGURATION, "prod")
TABLES = read_tables(ROOT / "kql" / "tables")
METRICS = (
    "model_accuracy_mae data_drift_exceedance data_quality_null_rate monitoring_status "
    "model_predictions"
).split()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(TABLES) as engine:
        for name in METRICS:
            for hours in range(40):
                cells = {"plant_id": "PLANT001", "circuit_id": f"CIRCUIT{hours % 3 + 1:02}"}
                moment = NOW - timedelta(hours=hours + 1)
                value = 0.1 + hours % 4
                row = {"Name": name, "Sum": value, "ItemCount": 1, "Properties": cells}
                engine.add_rows("AppMetrics", [{"TimeGenerated": moment, **row}])
        yield engine


@pytest.mark.parametrize("query", [q.query for q in QUERIES], ids=[q.name for q in QUERIES])
def test_a_query_runs(engine: Engine, query: QueryText) -> None:
    analysis = language_service(TABLES).analyse(query.text)

    rows = engine.run(engine.prepare(analysis, alert=False), NOW, None)

    assert rows.columns == analysis.columns


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_is_measured_in_a_batch(engine: Engine, rule: LogAlertRule) -> None:
    prepared = engine.prepare(language_service(TABLES).analyse(rule.query.text))
    evaluations = [(0, NOW + i * rule.evaluation_frequency) for i in range(4)]

    # Every evaluation is checked against the one by itself.
    measured = measure_many(engine, rule, prepared, evaluations, checks=len(evaluations))

    assert measured.batched
    assert [m.failure for m in measured.measurements] == [None] * len(evaluations)
