"""Whose a resource is: the one table that prune and verify go by."""

import copy
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment.expected import ExpectedResource
from deployment.prune.ownership import TABLE, Belonging, belonging, is_ours, ownership_of
from deployment.schedules import PERFORMANCE_API
from generator.fleet import Fleet
from tests.azure.endpoint import ArmEndpoint
from tests.deployment.conftest import ROOT, shipped
from tests.deployment.deployed import (
    COMPONENT,
    GROUP,
    LEARNING,
    LOGS,
    RULES,
    TAGS,
    deploy,
    schedule,
)

_UNDECIDED = {"Microsoft.OperationalInsights/workspaces/tables"}
_READER = "/providers/Microsoft.Authorization/roleDefinitions/73c42c96-874c-492b-b04d-ab87d138a893"


def test_every_rendered_type_has_a_row_with_the_rendered_version(
    expected: list[ExpectedResource],
) -> None:
    for resource in expected:
        row = ownership_of(resource.id)

        assert row is not None, resource.type
        assert row.type.lower() == resource.type.lower()
        assert row.api_version == resource.api_version


def _declared() -> set[tuple[str, str]]:
    """Types and versions of the resources that the modules create, in lower case."""
    declaration = re.compile(r"^resource \w+ '([^'@]+)@([^']+)' = (?!existing)", re.MULTILINE)
    texts = [p.read_text(encoding="utf-8") for p in (ROOT / "bicep" / "modules").glob("*.bicep")]
    found = {
        (kind.lower(), version) for text in texts for kind, version in declaration.findall(text)
    }
    assert len(found) > 10
    return found


def test_every_type_that_a_module_creates_has_a_row_and_no_other() -> None:
    rows = {(row.type.lower(), row.api_version) for row in TABLE}

    schedules = "microsoft.machinelearningservices/workspaces/schedules"
    assert _declared() - rows == {(schedules, PERFORMANCE_API)}
    assert rows <= _declared()


def test_what_was_deployed_is_ours_as_azure_answers_it(
    fleet_arm: ArmEndpoint, expected: list[ExpectedResource], prod: Fleet
) -> None:
    deploy(fleet_arm, expected)

    for resource in expected:
        row = ownership_of(resource.id)
        assert row is not None
        assert is_ours(fleet_arm.read(resource.id), prod) is (row.type not in _UNDECIDED)


def test_what_azure_makes_by_itself_is_not_ours(
    fleet_arm: ArmEndpoint, expected: list[ExpectedResource], prod: Fleet
) -> None:
    ours = {resource.id.lower() for resource in expected}
    deploy(fleet_arm, [e for e in expected if "/smartdetector" not in e.type.lower()])

    others = [s for k, s in fleet_arm.state.resources.items() if k not in ours]
    assert {s.id.name for s in others} == {"mlw-prod", "mlw-test"}
    companion = fleet_arm.read(
        f"{GROUP}/providers/microsoft.alertsmanagement/smartDetectorAlertRules/"
        "Failure Anomalies - appi-mlops-prod"
    )
    assert belonging(companion, prod) is Belonging.FOREIGN


@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        {"managed-by": "mlmon"},
        {"managed-by": "mlmon", "environment": "test"},
        {"managed-by": "terraform", "environment": "prod"},
        {"managed-by": "MLMON", "environment": "prod"},
    ],
)
def test_without_both_tags_a_rule_is_foreign(tags: dict[str, str] | None, prod: Fleet) -> None:
    assert not is_ours({"id": f"{RULES}/high-mae-alert", "tags": tags}, prod)


def test_case_counts_in_no_name_of_a_tag(prod: Fleet) -> None:
    resource = {"id": f"{RULES}/x".upper(), "tags": {"Managed-By": "mlmon", "ENVIRONMENT": "prod"}}

    assert is_ours(resource, prod)


def _schedule(name: str, **tags: str) -> dict[str, Any]:
    return {"id": f"{LEARNING}/schedules/{name}", **schedule("P 1", "C-1", **tags)}


@pytest.mark.parametrize("name", ["monitor-p-1-c-1", "monitor-p-1-c-1-performance"])
def test_a_monitor_named_by_its_circuit_is_ours(name: str, prod: Fleet) -> None:
    assert is_ours(_schedule(name), prod)


def test_case_counts_in_no_name_of_a_resource_group(prod: Fleet) -> None:
    assert is_ours(_schedule("monitor-p-1-c-1", resource_group="RG-mlops-PROD"), prod)


def test_a_monitor_without_resource_group_is_foreign(prod: Fleet) -> None:
    untagged = _schedule("monitor-p-1-c-1")
    del untagged["properties"]["tags"]["resource_group"]

    assert not is_ours(untagged, prod)


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("monitor-p-1-c-2", {}),
        ("nightly", {}),
        ("monitor-p-1-c-1", {"environment": "test"}),
        ("monitor-p-1-c-1", {"managed-by": "somebody"}),
        ("monitor-p-1-c-1", {"resource_group": "rg-of-another-team"}),
        ("monitor-p-1-c-1", {"resource_group": ""}),
        ("monitor-", {"plant_id": "", "circuit_id": ""}),
    ],
)
def test_other_schedules_are_foreign(name: str, tags: dict[str, str], prod: Fleet) -> None:
    assert not is_ours(_schedule(name, **tags), prod)


def test_a_job_with_the_tags_of_a_monitor_is_foreign(prod: Fleet) -> None:
    job = _schedule("monitor-p-1-c-1")
    job["properties"]["action"] = {"actionType": "CreateJob"}

    assert not is_ours(job, prod)


def test_a_query_of_ours_that_somebody_rewrote_is_undecidable(prod: Fleet) -> None:
    search = {"id": f"{LOGS}/savedSearches/x", "properties": {"category": "Model monitoring"}}

    assert belonging(search, prod) is Belonging.UNDECIDABLE
    search["properties"] = {"category": "General", "query": "// Generated from kql/queries/x.kql"}
    assert belonging(search, prod) is Belonging.FOREIGN


def test_a_diagnostic_setting_that_sends_elsewhere_is_foreign(prod: Fleet) -> None:
    setting = {
        "id": f"{LEARNING}/providers/microsoft.insights/diagnosticSettings/mlmon",
        "properties": {"workspaceId": LOGS.lower()},
    }
    elsewhere = copy.deepcopy(setting) | {"properties": {"workspaceId": f"{LOGS}-2"}}

    assert is_ours(setting, prod)
    assert not is_ours(elsewhere, prod)


@pytest.mark.parametrize(
    ("scope", "name", "role", "whose"),
    [
        (LOGS, "5f0c3a52-7b1e-4c0d-9a35-2f6f0f7f3c11", _READER, Belonging.FOREIGN),
        (LOGS, str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), _READER, Belonging.UNDECIDABLE),
        (LOGS, str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), _READER[:-1] + "0", Belonging.FOREIGN),
        (GROUP, str(uuid.uuid5(uuid.NAMESPACE_DNS, "x")), _READER, Belonging.FOREIGN),
        (COMPONENT, "no-guid", _READER, Belonging.FOREIGN),
    ],
)
def test_role_assignments_that_bicep_did_not_name(
    scope: str, name: str, role: str, whose: Belonging, prod: Fleet
) -> None:
    assignment = {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "properties": {
            "roleDefinitionId": role,
            "principalId": "0d9f1b7a-2c44-4a57-8f7e-6f1f9f2b6c12",
        },
    }

    assert belonging(assignment, prod) is whose


def test_a_copy_of_a_workbook_with_our_tags_is_undecidable(prod: Fleet) -> None:
    name = "8b1e6c52-3a0f-4f7d-b0a5-91c2d7e4f313"
    copied = {
        "id": f"{GROUP}/providers/Microsoft.Insights/workbooks/{name}",
        "tags": TAGS,
    }

    assert belonging(copied, prod) is Belonging.UNDECIDABLE


def test_our_tags_on_a_type_that_is_never_rendered_are_undecidable(prod: Fleet) -> None:
    machine = {"id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm", "tags": TAGS}

    assert belonging(machine, prod) is Belonging.UNDECIDABLE
    assert belonging({"id": machine["id"], "tags": {}}, prod) is Belonging.FOREIGN


@given(
    st.sampled_from([row.type for row in TABLE]),
    st.from_regex(re.compile(r"[A-Za-z0-9-]{1,20}", re.ASCII), fullmatch=True),
    st.dictionaries(st.sampled_from(["managed-by", "environment", "owner"]), st.text()),
)
def test_nothing_without_our_values_is_ours(kind: str, name: str, tags: dict[str, str]) -> None:
    namespace, *types = kind.split("/")
    path = "/".join(f"{part}/{name}" for part in types)
    resource = {
        "id": f"{GROUP}/providers/{namespace}/{path}",
        "tags": {key: value for key, value in tags.items() if value not in TAGS.values()},
        "properties": {"tags": tags},
    }

    assert not is_ours(resource, shipped("prod"))
