"""`bicep snapshot` of the committed output lists what the configuration implies, and no more."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployment.bicep import BicepCompiler
from generator import conventions, output
from generator.fleet import CIRCUIT_LIMITS, Circuit, Fleet
from generator.render import Rendered
from tests.literal_resources import BICEPCONFIG, literal_resources
from tests.rendered.conftest import OUT, of_type

SCHEDULES = "Microsoft.MachineLearningServices/workspaces/schedules"
RULES = "Microsoft.Insights/scheduledQueryRules"
METRICS = {
    "JensenShannonDistance": "jensen_shannon_distance",
    "NormalizedWassersteinDistance": "normalized_wasserstein_distance",
    "PopulationStabilityIndex": "psi",
    "NullValueRate": "null_rate",
    "DataTypeErrorRate": "type_error_rate",
    "OutOfBoundsRate": "out_of_bounds_rate",
}


def test_the_resources_are_exactly_those_of_the_configuration(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    environment = fleet.environment
    workspace = environment.log_analytics.name
    found = {
        (r["type"].casefold(), r["name"])
        for r in resources
        # Names of role assignments and workbooks are GUIDs made by Azure's guid().
        if r["type"]
        not in ("Microsoft.Authorization/roleAssignments", "Microsoft.Insights/workbooks")
    }

    expected = {
        ("Microsoft.OperationalInsights/workspaces", workspace),
        ("Microsoft.Insights/components", environment.application_insights.name),
        (
            "Microsoft.AlertsManagement/smartDetectorAlertRules",
            f"Failure Anomalies - {environment.application_insights.name}",
        ),
        ("Microsoft.Insights/diagnosticSettings", "mlmon"),
    }
    tables = environment.log_analytics.tables
    expected |= {
        ("Microsoft.OperationalInsights/workspaces/tables", f"{workspace}/{t}") for t in tables
    }
    expected |= {
        ("Microsoft.OperationalInsights/workspaces/savedSearches", f"{workspace}/{name}")
        for name in (
            "daily-monitoring-summary",
            "drift-detection-events",
            "high-latency-predictions",
            "model-performance-degradation",
            "model-performance-over-time",
            "prediction-volume-by-circuit",
        )
    }
    expected |= {("Microsoft.Insights/actionGroups", g.name) for g in fleet.action_groups}
    expected |= {(RULES, conventions.rule_id(r.name)) for r in fleet.alert_rules}
    expected |= {
        (
            SCHEDULES,
            f"{environment.machine_learning.workspace}/"
            f"monitor-{c.plant_id.lower()}-{c.circuit_id.lower()}",
        )
        for c in fleet.circuits
        if c.signals
    }
    roles = environment.roles
    assert found == {(kind.casefold(), name) for kind, name in expected}
    assert len(of_type(resources, "Microsoft.Insights/workbooks")) == 1
    assert len(of_type(resources, "Microsoft.Authorization/roleAssignments")) == len(
        roles.metrics_publishers + roles.log_readers
    )


def test_azure_knows_every_property(
    fleet: Fleet, resources: list[dict[str, Any]], compiler: BicepCompiler, tmp_path: Path
) -> None:
    """Written as literal Bicep, the compiler checks what it cannot check in computed maps."""
    (tmp_path / "bicepconfig.json").write_text(BICEPCONFIG)
    literal = tmp_path / "literal.bicep"
    literal.write_text(literal_resources(json.dumps({"predictedResources": resources})))

    assert compiler.compile(literal).diagnostics == ()


def test_what_is_committed_is_what_is_rendered(rendered: Rendered) -> None:
    assert output.changes(OUT, {rendered.fleet.name: rendered.files}) == []


def test_the_shipped_fleet_has_125_circuits_of_8_plants_in_production(fleet: Fleet) -> None:
    sizes = {"prod": (8, 125), "test": (5, 20)}

    assert (len(fleet.plants), len(fleet.circuits)) == sizes[fleet.name]


def test_the_planned_number_of_resources_is_the_deployed_one(
    rendered: Rendered, resources: list[dict[str, Any]]
) -> None:
    (entry_point,) = rendered.entry_points

    assert entry_point.resources == len(resources)


def test_every_monitor_has_the_resolved_limits_of_its_circuit(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    deployed = {
        r["properties"]["displayName"]: _monitor_limits(r) for r in of_type(resources, SCHEDULES)
    }
    expected = {c.key: _expected_monitor_limits(c) for c in fleet.circuits if c.signals}

    assert deployed == expected
    assert deployed


def _monitor_limits(schedule: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    signals = schedule["properties"]["action"]["monitorDefinition"]["signals"]
    return {
        (signal["signalType"], METRICS[t["metric"]]): Decimal(str(t["threshold"]["value"]))
        for signal in signals.values()
        for t in signal["metricThresholds"]
    }


def _expected_monitor_limits(circuit: Circuit) -> dict[tuple[str, str], Decimal]:
    signals = {
        "data_drift": [
            ("DataDrift", m)
            for m in ("jensen_shannon_distance", "normalized_wasserstein_distance", "psi")
        ],
        "prediction_drift": [("PredictionDrift", "jensen_shannon_distance")],
        "data_quality": [
            ("DataQuality", m) for m in ("null_rate", "type_error_rate", "out_of_bounds_rate")
        ],
        "model_performance": [],
    }
    return {pair: circuit.limits[pair[1]].value for s in circuit.signals for pair in signals[s]}


def test_every_query_gives_each_circuit_its_resolved_limit(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    compared = 0
    for rule in of_type(resources, RULES):
        query = rule["properties"]["criteria"]["allOf"][0]["query"]
        for name, default, overrides in _limits_in(query):
            if name not in CIRCUIT_LIMITS:
                assert default == fleet.limits[name].value
                continue
            for circuit in fleet.circuits:
                effective = overrides.get(circuit.key, default)
                assert effective == circuit.limits[name].value, (rule["name"], name, circuit.key)
                compared += 1
    # MAE in two rules, drift in one, three rates in one.
    assert compared == 6 * len(fleet.circuits)


def _limits_in(query: str) -> list[tuple[str, Decimal, dict[str, Decimal]]]:
    """Read the rendered tables back: limit, default, overrides by PLANT/CIRCUIT."""
    found = []
    for name, default in re.findall(r"^let (\w+)_limit = real\(([^)]*)\);$", query, re.MULTILINE):
        table = re.search(
            rf"^let {name}_overrides = .*?\[(.*?)\];$", query, re.MULTILINE | re.DOTALL
        )
        rows = re.findall(r'"([^"]*)", "([^"]*)", real\(([^)]*)\)', table[1] if table else "")
        overrides = {f"{plant}/{circuit}": Decimal(value) for plant, circuit, value in rows}
        found.append((name, Decimal(default), overrides))
    return found


def test_the_workbook_draws_the_limits_of_the_alerts(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    (workbook,) = of_type(resources, "Microsoft.Insights/workbooks")
    text = workbook["properties"]["serializedData"].replace('\\"', '"').replace("\\n", "\n")
    (mae_rule,) = [r for r in of_type(resources, RULES) if r["name"] == "high-mae-alert"]
    query = mae_rule["properties"]["criteria"]["allOf"][0]["query"]
    table = query[query.index("let mae_limit =") : query.index("AppMetrics\n")]

    assert table in text
    assert "let mae_limit = real(0.25);" in table


def test_rules_are_either_stateful_or_muted(resources: list[dict[str, Any]]) -> None:
    states = {
        r["name"]: (r["properties"]["autoMitigate"], r["properties"].get("muteActionsDuration"))
        for r in of_type(resources, RULES)
    }

    assert states == {
        "batch-job-failure": (False, "PT30M"),
        "circuit-silent": (True, None),
        "data-drift-detected": (True, None),
        "data-quality-issues": (True, None),
        "high-mae-alert": (True, None),
        "log-ingestion-stopped": (True, None),
        "monitoring-silent": (True, None),
        "multiple-models-degraded": (False, "P1D"),
    }


def test_rules_point_at_existing_groups_and_carry_their_runbook(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    groups = {r["id"] for r in of_type(resources, "Microsoft.Insights/actionGroups")}
    (workbook,) = of_type(resources, "Microsoft.Insights/workbooks")
    for rule in of_type(resources, RULES):
        actions = rule["properties"]["actions"]
        properties = actions["customProperties"]

        assert set(actions["actionGroups"]) <= groups
        assert properties["runbook"] == f"{fleet.environment.runbooks}/{rule['name']}.md"
        assert properties["owner"] == fleet.environment.owner
        assert workbook["id"] in properties["workbook"]


def test_monitors_start_within_the_window_and_not_together(
    fleet: Fleet, resources: list[dict[str, Any]]
) -> None:
    settings = fleet.environment.machine_learning.monitors
    assert settings is not None
    starts = []
    for schedule in of_type(resources, SCHEDULES):
        times = schedule["properties"]["trigger"]["schedule"]
        starts.append(times["hours"][0] * 60 + times["minutes"][0])
    first = settings.start_hour * 60

    assert all(first <= s < first + settings.window_minutes for s in starts)
    assert max(starts.count(s) for s in starts) <= 4


def test_no_expression_is_left_unresolved(resources: list[dict[str, Any]]) -> None:
    """An id that snapshot cannot evaluate would be unreadable in what-if, too."""
    unresolved = [
        value
        for resource in resources
        for value in _strings(resource)
        if value.startswith("[") and not value.startswith("[[") and value.endswith(")]")
    ]

    assert unresolved == []


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [s for v in value.values() for s in _strings(v)]
    if isinstance(value, list):
        return [s for v in value for s in _strings(v)]
    return [value] if isinstance(value, str) else []
