"""Writes results for machines."""

import json
import math
from collections.abc import Sequence

from evaluator.rule_tests.comparing_rows import show
from evaluator.rule_tests.plan import QueryExpected
from evaluator.rule_tests.results import (
    Difference,
    ExpectationResult,
    Explanation,
    FileResult,
    TestResult,
)


def json_report(files: Sequence[FileResult]) -> str:
    """Write every test with its expectations, differences and explanations."""
    return json.dumps([_file(file) for file in files], indent=2, ensure_ascii=False)


def _file(file: FileResult) -> dict[str, object]:
    return {"file": file.planned.file, "tests": [_test(test) for test in file.tests]}


def _test(test: TestResult) -> dict[str, object]:
    return {
        "name": test.test.name,
        "line": test.test.location.span.line,
        "outcome": test.outcome.value,
        "expectations": [_expectation(result) for result in test.results],
    }


def _expectation(result: ExpectationResult) -> dict[str, object]:
    expected = result.expected
    if isinstance(expected, QueryExpected):
        subject = {"query": expected.name}
    else:
        subject = {"rule": expected.rule_id}
    record: dict[str, object] = {
        **subject,
        "line": expected.location.span.line,
        "column": expected.location.span.column,
        "outcome": result.outcome.value,
    }
    if result.reason:
        record["reason"] = result.reason
    if result.differences:
        record["differences"] = [_difference(d) for d in result.differences]
    if result.explanations:
        record["why"] = [_explanation(e) for e in result.explanations]
    return record


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "message": difference.message,
        "line": difference.location.span.line,
        "column": difference.location.span.column,
        "comparisons": [
            {"subject": c.subject, "expected": c.expected, "got": c.got}
            for c in difference.comparisons
        ],
    }


def _explanation(explanation: Explanation) -> dict[str, object]:
    evaluation = explanation.evaluation
    record: dict[str, object] = {
        "title": explanation.title,
        "rows": [
            {c.name: _value(v) for c, v in zip(explanation.columns, row, strict=True)}
            for row in explanation.rows
        ],
        "row_count": explanation.row_count,
        "visible": [{"table": v.table, "count": v.count} for v in explanation.visible],
    }
    if evaluation is not None:
        record["evaluation_time"] = show(evaluation.evaluation_time)
        record["state"] = evaluation.alert_state.value
        record["windows"] = [
            {
                "start": show(p.timestamp),
                "value": _value(p.metric_value),
                "violated": p.threshold_met,
            }
            for p in evaluation.evaluated_periods
        ]
    return record


def _value(value: object) -> object:
    """Keep what JSON has; write the rest as for people."""
    if isinstance(value, float):
        return value if math.isfinite(value) else show(value)
    return value if value is None or isinstance(value, bool | int | str) else show(value)
