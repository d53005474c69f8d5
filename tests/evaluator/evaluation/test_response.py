"""The result in the shape of Microsoft's PreviewAlertRule response."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from jsonschema import Draft202012Validator

from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.state import evaluate
from evaluator.rules import Condition, Dimension
from tests.evaluator.evaluation.examples import C1, C2, MAE_BY_CIRCUIT, at, stateful

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$"}
# `RulePreviewResult[]` of models.tsp, PreviewAlertRule 2025-07-01-preview:
# https://github.com/Azure/azure-rest-api-specs/tree/main/specification/alertsmanagement
RESULTS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "dimensionCombination": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "value"],
                    "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
                },
            },
            "evaluations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "evaluationTime": _TIME,
                        "alertState": {
                            "enum": ["NoAlert", "Fired", "Firing", "Resolving", "Resolved"]
                        },
                        "thresholdMet": {"type": "boolean"},
                        "evaluatedPeriods": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "timestamp": _TIME,
                                    "highThreshold": {"type": "number"},
                                    "lowThreshold": {"type": "number"},
                                    "metricValue": {"type": "number"},
                                    "thresholdMet": {"type": "boolean"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_a_result_has_the_shape_of_the_response() -> None:
    rule = stateful(replace(MAE_BY_CIRCUIT, number_of_evaluation_periods=3))
    values = {C1: (0.4, None, math.inf), C2: (math.nan, 0.1, -0.0)}

    response = evaluate(
        rule, [Measurement(at(0.25 + 5 * k), values if k % 4 < 2 else {}) for k in range(9)]
    ).to_response()

    Draft202012Validator(RESULTS).validate(response)
    assert json.loads(json.dumps(response, allow_nan=False)) == response
    assert '"metricValue": 0.4' in json.dumps(response)


def test_the_specification_s_own_example_comes_out() -> None:
    """Its evaluation at 10:00; a fixed threshold of 80 in place of the learned one."""
    condition = Condition(
        "Count",
        "GreaterThan",
        80.0,
        dimensions=(Dimension("AlertName", values=("Alert1",)),),
        number_of_evaluation_periods=2,
    )
    rule = replace(stateful(condition, frequency=60), window_size=timedelta(hours=1))
    now = datetime(2025, 2, 15, 10, tzinfo=UTC)

    result = evaluate(rule, [Measurement(now, {(("AlertName", "Alert1"),): (85.0, 75.0)})])

    assert result.to_response() == [
        {
            "dimensionCombination": [{"name": "AlertName", "value": "Alert1"}],
            "evaluations": [
                {
                    "alertState": "Fired",
                    "evaluatedPeriods": [
                        {
                            "metricValue": 85.0,
                            "thresholdMet": True,
                            "timestamp": "2025-02-15T09:00:00Z",
                        },
                        {
                            "metricValue": 75.0,
                            "thresholdMet": False,
                            "timestamp": "2025-02-15T08:00:00Z",
                        },
                    ],
                    "evaluationTime": "2025-02-15T10:00:00Z",
                    "thresholdMet": True,
                }
            ],
        }
    ]
