"""The same fifty tests for `mlmon test` and for `promtool test rules`."""

import json
from pathlib import Path
from typing import Final

import yaml

TESTS: Final = 50
HOURS: Final = 3
"""At five minutes these are 36 evaluations."""

QUERY: Final = """AppMetrics
| where Name == "model_accuracy_mae"
| project TimeGenerated, circuit_id = tostring(Properties.circuit_id), Sum
"""


def write_mlmon(folder: Path) -> Path:
    """Write a compiled template with one rule, and a file with its tests."""
    condition = {
        "query": QUERY,
        "timeAggregation": "Average",
        "metricMeasureColumn": "Sum",
        "dimensions": [{"name": "circuit_id", "operator": "Include", "values": ["*"]}],
        "operator": "GreaterThan",
        "threshold": 0.25,
        "failingPeriods": {"numberOfEvaluationPeriods": 4, "minFailingPeriodsToAlert": 3},
    }
    resource = {
        "type": "Microsoft.Insights/scheduledQueryRules",
        "apiVersion": "2023-12-01",
        "name": "mae-high",
        "location": "westeurope",
        "properties": {
            "severity": 2,
            "enabled": True,
            "evaluationFrequency": "PT5M",
            "windowSize": "PT5M",
            "autoMitigate": True,
            "criteria": {"allOf": [condition]},
        },
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
        "deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [resource],
    }
    (folder / "rules.json").write_text(json.dumps(template))
    tests = [_mlmon_test(number) for number in range(TESTS)]
    content = {"version": 1, "rules": ["rules.json"], "tests": tests}
    content["defaults"] = {"start": "2026-01-05T00:00:00Z", "step": "1m"}
    path = folder / "fifty.test.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def _mlmon_test(number: int) -> dict[str, object]:
    """Make a test: a circuit turns bad for half an hour, a minute later in each test."""
    before, after = 40 + number, 109 - number
    samples = f"0.1x{before - 1} 0.4x29 0.1x{after}"
    circuit = f"C{number:02}"
    properties = {"circuit_id": circuit}
    return {
        "name": f"half an hour after {before} minutes",
        "input": [
            {
                "table": "AppMetrics",
                "set": {"Name": "model_accuracy_mae", "Properties": properties},
                "values": {"Sum": samples},
            }
        ],
        "expect": [
            {"rule": "mae-high", "at": f"{HOURS}h", "alerts": []},
            {"rule": "mae-high", "notifications": {"fired": 1, "resolved": 1}},
        ],
    }


def write_promtool(folder: Path) -> Path:
    """Write a rule and its tests, as near to the other as PromQL and promtool are.

    promtool knows no notifications: the tests ask for the alert while the circuit is bad, and for
    none at the end.
    """
    rule = {
        "alert": "MaeHigh",
        "expr": "sum_over_time((avg_over_time(mae[5m]) > bool 0.25)[20m:5m]) >= 3",
    }
    groups = [{"name": "mae", "interval": "5m", "rules": [rule]}]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
    path = folder / "fifty.yml"
    tests = [_promtool_test(number) for number in range(TESTS)]
    content = {"rule_files": ["rules.yml"], "evaluation_interval": "5m", "tests": tests}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def _promtool_test(number: int) -> dict[str, object]:
    before, after = 40 + number, 109 - number
    labels = {"circuit_id": f"C{number:02}"}
    while_bad = -(-(before + 25) // 5) * 5
    return {
        "interval": "1m",
        "input_series": [
            {
                "series": f'mae{{circuit_id="C{number:02}"}}',
                "values": f"0.1x{before - 1} 0.4x29 0.1x{after}",
            }
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{while_bad}m",
                "alertname": "MaeHigh",
                "exp_alerts": [{"exp_labels": labels}],
            },
            {"eval_time": f"{HOURS}h", "alertname": "MaeHigh", "exp_alerts": []},
        ],
    }
