"""A what-if as it is told: to a person, to a pull request, to a program."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment.arm_errors import Cause
from deployment.expected import ExpectedResource
from deployment.what_if import WhatIf, markdown, record, text
from deployment.what_if.difference import lines_of
from deployment.what_if.markdown import LIMIT, escape
from deployment.what_if.reading import Answer, PropertyChange, read
from deployment.what_if.result import assemble
from deployment.what_if.running import told_once
from tests.deployment.shipped import shipped

GROUP = "/subscriptions/1/resourceGroups/rg-mlops-prod/providers"
RULES = f"{GROUP}/Microsoft.Insights/scheduledQueryRules"
ACTION_GROUP = f"{GROUP}/Microsoft.Insights/actionGroups/ag-mlops-critical"
URL = "https://hooks.example.com/workflows/1?sig=S3CR3T"
OURS = {"tags": {"managed-by": "mlmon", "environment": "prod"}}


def expected(identifier: str, body: dict[str, Any] | None = None) -> ExpectedResource:
    return ExpectedResource(identifier, "", "", shipped()[1].entry_points[0], body or {})


def answer(*changes: dict[str, Any]) -> Answer:
    return read({"changes": list(changes)})


def change(identifier: str, kind: str, *delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceId": identifier, "changeType": kind, "delta": list(delta), **more}


def modified(path: str, before: Any, after: Any) -> dict[str, Any]:
    return {"path": path, "propertyChangeType": "Modify", "before": before, "after": after}


def result(*changes: dict[str, Any], rendered: tuple[ExpectedResource, ...] = ()) -> WhatIf:
    return assemble("prod", [answer(*changes)], rendered, shipped()[0], secrets=[URL])


QUERY = "AppMetrics\n| where Sum > 1\n| project plant_id\n"
ALL_KINDS = (
    change(f"{RULES}/circuit-silent", "Create"),
    change(
        f"{RULES}/high-mae-alert",
        "Modify",
        modified("properties.severity", 3, 2),
        modified("properties.criteria.allOf[0].query", QUERY, QUERY.replace("> 1", "> 2")),
    ),
    change(f"{RULES}/retired", "Delete"),
    change(f"{RULES}/data-drift-detected", "Unsupported", unsupportedReason="no api"),
    change(f"{RULES}/batch-job-failure", "NoChange"),
    change(f"{RULES}/removed", "Ignore", before=OURS),
    change(f"{GROUP}/Microsoft.Storage/storageAccounts/other", "Ignore", before={}),
)


def test_a_person_sees_what_happens_to_what_and_where_it_is_said() -> None:
    told = text(result(*ALL_KINDS))

    assert re.sub(r"\S*alerts\.yaml:\d+:\d+", "alerts.yaml:1:1", told) == (
        "prod: 1 to create, 1 to change, 1 to delete, 1 unchanged, 1 not compared\n"
        "\n"
        "created\n"
        "  alert rule  circuit-silent  alerts.yaml:1:1\n"
        "\n"
        "changed\n"
        "  alert rule  high-mae-alert  alerts.yaml:1:1\n"
        "      severity: 3 -> 2\n"
        "      criteria.allOf[0].query:\n"
        "         AppMetrics\n"
        "        -| where Sum > 1\n"
        "        +| where Sum > 2\n"
        "         | project plant_id\n"
        "\n"
        "deleted\n"
        "  alert rule  retired\n"
        "\n"
        "not compared\n"
        "  alert rule  data-drift-detected  alerts.yaml:1:1\n"
        "      no api\n"
        "\n"
        "left behind: `mlmon prune` deletes it, a deployment does not\n"
        "  alert rule  removed\n"
        "\n"
        "of others, 1: resources in the same groups, left alone"
    )


def test_what_azure_says_nothing_of_is_not_compared() -> None:
    silent = result(rendered=(expected(f"{RULES}/circuit-silent"),))
    limited = result(
        change(f"{RULES}/circuit-silent", "Ignore"), rendered=(expected(f"{RULES}/circuit-silent"),)
    )

    assert [e.reason for e in silent.of("uncompared")] == ["Azure's what-if says nothing of it"]
    assert "stopped before it" in limited.of("uncompared")[0].reason


def test_what_one_entry_point_ignores_another_may_change() -> None:
    rule = expected(f"{RULES}/circuit-silent")
    answers = [
        answer(change(rule.id.lower(), "Ignore")),
        answer(change(rule.id, "Create")),
        answer(change(rule.id, "Ignore")),
    ]

    found = assemble("prod", answers, [rule], shipped()[0])

    assert [(e.name, e.kind) for e in found.entries] == [("circuit-silent", "created")]
    assert found.foreign == 0


def test_a_stack_deletes_what_left_it() -> None:
    gone = f"{RULES}/removed"
    found = assemble(
        "prod",
        [answer(change(gone, "Ignore", before=OURS))],
        [],
        shipped()[0],
        unstacked=[gone],
    )

    assert [(e.name, e.kind) for e in found.entries] == [("removed", "deleted")]
    assert found.left_behind == ()


def test_noise_is_counted_and_listed_on_request() -> None:
    workspace = f"{GROUP}/Microsoft.OperationalInsights/workspaces/law-mlops-monitoring"
    delta = {
        "path": "properties.features.legacy",
        "propertyChangeType": "Delete",
        "before": 0,
    }
    found = result(change(workspace, "Modify", delta))

    assert text(found).splitlines() == [
        "prod: 0 to create, 0 to change, 0 to delete, 1 unchanged",
        "",
        "known noise, 1: differences of 1 resources that a deployment does not change; --all "
        "lists them",
    ]
    everything = text(found, everything=True)
    assert "workspace law-mlops-monitoring: features.legacy: - 0" in everything
    assert "https://github.com/Azure/arm-template-whatif/issues/101" in everything
    assert json.loads(record(found))["filtered"][0]["noise"] == "workspace-legacy"


SECURE = expected(
    ACTION_GROUP,
    {"properties": {"webhookReceivers": [{"serviceUri": "[parameters('s')]", "own": "[p()]"}]}},
)


@pytest.mark.parametrize(
    "delta",
    [
        modified("properties.webhookReceivers[0].serviceUri", URL, "[parameters('s')]"),
        modified("properties.webhookReceivers[0].own", "S3CR3T", None),
        modified("properties.webhookReceivers", [], [{"name": "a", "serviceUri": URL}]),
        {
            "path": "properties.webhookReceivers",
            "propertyChangeType": "Array",
            "children": [
                {
                    "path": "0",
                    "propertyChangeType": "Delete",
                    "before": {"name": "a", "serviceUri": URL, "own": "S3CR3T"},
                }
            ],
        },
        modified("properties.description", f"see {URL}", "see nothing"),
        modified("properties.itsmReceivers[0].ticketConfiguration", '{"password": "S3CR3T"}', "{}"),
    ],
)
def test_a_secret_is_never_told(delta: dict[str, Any]) -> None:
    found = result(change(ACTION_GROUP, "Modify", delta), rendered=(SECURE,))

    for told in (text(found, everything=True), markdown(found), record(found)):
        assert "S3CR3T" not in told
    assert "***" in record(found)


def test_a_secret_that_is_there_on_both_sides_is_told_to_be_not_compared() -> None:
    delta = modified("properties.webhookReceivers[0].serviceUri", URL, "[parameters('s')]")

    told = text(result(change(ACTION_GROUP, "Modify", delta), rendered=(SECURE,)))

    assert "not compared, 1: a secret is there on both sides" in told


def test_long_json_is_laid_out_and_only_what_differs_is_shown() -> None:
    items = [{"type": 1, "name": f"step-{n}", "content": {"json": "x" * 50}} for n in range(400)]
    before = json.dumps({"items": items})
    after = before.replace('"step-200"', '"step-200a"')

    told = lines_of(PropertyChange("properties.serializedData", "changed", before, after))

    assert len(told) == 5
    assert any('+   "name": "step-200a"' in line for line in told)
    shown = lines_of(PropertyChange("properties.serializedData", "deleted", before, None))
    assert len(shown) <= 16
    assert shown[-1].startswith("  ... and ")


def test_a_cause_that_several_entry_points_met_is_told_once() -> None:
    met, other = Cause("ResourceGroupNotFound", "no such group"), Cause("X", "something else")
    core, north, south = (Path(f"{name}.bicep") for name in ("main", "north", "south"))

    told = told_once({met: [core, north, south], other: [north, south]}, 3)

    assert list(told) == [
        "every entry point: no such group (ResourceGroupNotFound)",
        "north.bicep, south.bicep: something else (X)",
    ]
    assert list(told_once({met: [core]}, 1)) == [
        "main.bicep: no such group (ResourceGroupNotFound)"
    ]


def test_what_tells_two_ids_apart_is_shown() -> None:
    long = ACTION_GROUP.replace("/1/", f"/{'1' * 36}/")
    path = "properties.scopes"

    assert lines_of(PropertyChange(path, "changed", long, f"{long}-evil")) == [
        "scopes: …/actionGroups/ag-mlops-critical -> …/actionGroups/ag-mlops-critical-evil"
    ]
    assert lines_of(PropertyChange(path, "created", None, long)) == [
        "scopes: + …/actionGroups/ag-mlops-critical"
    ]
    many = [f"{long}-{n}" for n in range(3)]
    assert lines_of(PropertyChange(path, "changed", many, [*many[:2], f"{long}-evil"])) == [
        "scopes:",
        '    "…/actionGroups/ag-mlops-critical-1",',
        '  - "…/actionGroups/ag-mlops-critical-2"',
        '  + "…/actionGroups/ag-mlops-critical-evil"',
        "   ]",
    ]


def test_a_comment_is_folded_and_escaped() -> None:
    evil = "r</summary>|`@team` **b** #1 <img src=x onerror=alert(1)>\n# head"
    told = markdown(
        result(
            change(f"{RULES}/high-mae-alert", "Modify", modified("tags.a", "```\n</details>", evil))
        )
    )

    assert "<details><summary>alert rule high-mae-alert</summary>" in told
    assert told.count("````") == 2
    assert "<img" not in escape(evil)
    assert "\n" not in escape(evil)
    assert "@team" not in escape(evil)
    assert "`" not in re.sub(r"\\`", "", escape(evil))


@settings(max_examples=12)
@given(st.sampled_from([0, 1, 200, 900]), st.text(max_size=40))
def test_a_comment_stays_within_its_limit(number: int, value: str) -> None:
    changes = [
        change(f"{RULES}/r{n}", "Modify", modified("tags.a", value, value + "b" * (n % 500)))
        for n in range(number)
    ]

    told = markdown(result(*changes))

    assert len(told) <= LIMIT
    assert told.count("<details>") == told.count("</details>")


def test_a_program_gets_everything() -> None:
    document = json.loads(record(result(*ALL_KINDS)))

    assert [entry["name"] for entry in document["created"]] == ["circuit-silent"]
    assert document["changed"][0]["properties"][0] == {
        "path": "properties.severity",
        "kind": "changed",
        "before": 3,
        "after": 2,
    }
    assert document["left_behind"][0]["resource"] == f"{RULES}/removed"
    assert (document["unchanged"], document["foreign"]) == (1, 1)
