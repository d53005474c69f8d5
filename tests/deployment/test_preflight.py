"""What is found before a deployment: each problem named, with what to do."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from deployment import component
from deployment.azure_cli import Account
from deployment.expected import ExpectedResource
from deployment.preflight import Check, check_azure
from deployment.preflight.access import is_allowed
from deployment.preflight.limits import check_subscription_limits, check_templates
from deployment.resource_manager import ResourceManager, resource_manager
from deployment.target import Target, make_target
from generator import azure as limits
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION, TENANT
from tests.deployment.small_fleet import (
    COMPONENT,
    GROUP,
    ML_GROUP,
    OURS,
    WORKSPACE,
    SmallFleet,
    register_preprocessing,
)

ACCOUNT = Account(SUBSCRIPTION, "local", TENANT, "deployer")
READER = {"actions": ["*/read"], "notActions": []}


@pytest.fixture(scope="module")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """What is deployed, expanded once; it reaches no Azure."""
    folder = tmp_path_factory.mktemp("fleet")
    circuits = ("PLANT001/CIRCUIT01", "PLANT002/CIRCUIT01")
    fleet = SmallFleet.make(folder, *circuits, layout="plant")
    unreachable = ResourceManager(None, SUBSCRIPTION, "https://localhost")  # type: ignore[arg-type]
    return make_target(replace(fleet.render(), is_first=True), ACCOUNT, unreachable)


@pytest.fixture
def target(
    expanded: Target,
    fleet_arm: ArmEndpoint,
    sdk_environment: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Target]:
    """The first deployment to the local Resource Manager, with nothing against it."""
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)
    register_preprocessing(fleet_arm)
    with resource_manager() as manager:
        yield replace(expanded, azure=manager)


def later(target: Target, **changes: object) -> Target:
    """The same, but not as the first deployment, or as stacks."""
    wanted = replace(target.wanted, is_first=False)
    return replace(target, wanted=replace(wanted, **changes))  # type: ignore[arg-type]


def found(target: Target, state: str = "refused") -> list[Check]:
    return [check for check in check_azure(target, lambda _: None) if check.state == state]


def one(target: Target, state: str = "refused") -> Check:
    (check,) = found(target, state)
    return check


def test_a_first_deployment_has_nothing_against_it(target: Target, fleet_arm: ArmEndpoint) -> None:
    checks = check_azure(target, lambda _: None)

    assert {check.state for check in checks} == {"ok"}
    assert len(fleet_arm.requests) <= 20
    assert {request.method for request in fleet_arm.requests} == {"GET"}


def test_a_resource_group_that_is_not_there(target: Target, fleet_arm: ArmEndpoint) -> None:
    group = fleet_arm.state.groups.pop("rg-mlops-prod")
    fleet_arm.state.groups["rg-mlops-prd"] = replace(group, name="rg-mlops-prd")

    check = one(target)

    assert check.found == (
        "the subscription local has no resource group rg-mlops-prod; did you mean rg-mlops-prd?"
    )
    assert "az group create --name rg-mlops-prod --location eastus" in check.advice


def test_both_resource_groups_are_looked_for(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.state.groups.clear()

    assert [check.name for check in found(target)] == ["resource group", "resource group"]


def test_a_workspace_that_is_not_there(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.remove(WORKSPACE)
    fleet_arm.add(WORKSPACE.replace("mlw-prod", "mlw-prod2"), "2025-12-01", location="eastus")

    check = next(c for c in found(target) if c.name == "Azure ML workspace")

    assert (
        check.found
        == "rg-mlops-ml-prod has no Azure ML workspace mlw-prod; did you mean mlw-prod2?"
    )


def test_an_empty_group_asks_for_first(target: Target) -> None:
    check = one(later(target))

    assert check.found == "rg-mlops-prod holds nothing of prod yet"
    assert "--first" in check.advice


def test_a_group_with_something_of_ours_is_ours(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=OURS)
    # Azure makes this rule by itself, without tags.
    name = "smartDetectorAlertRules/Failure Anomalies - appi-mlops-prod"
    companion = f"{GROUP}/providers/microsoft.alertsManagement/{name}"
    assert "tags" not in fleet_arm.read(companion)

    assert companion.lower() in target.by_id
    assert found(later(target)) == []


def test_a_group_of_another_environment_is_refused_also_at_first(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    tags = OURS | {"environment": "test"}
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=tags)

    assert one(target).found == (
        "rg-mlops-prod holds resources of test, and a resource group has one environment"
    )


OWNER = "mlops-team@company.com"


def test_what_is_rendered_names_its_owner(target: Target) -> None:
    tagged = [r for r in target.resources if "tags" in r.body]

    assert len(tagged) > 10
    assert {r.body["tags"]["owner"] for r in tagged} == {OWNER}


def test_an_environment_of_the_same_name_but_of_another_team_is_refused(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    tags = OURS | {"owner": "teamx@company.com"}
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=tags)

    check = one(later(target))

    assert check.found == "rg-mlops-prod holds prod of teamx@company.com"
    assert check.advice.startswith("if its owner changed, run with --first")
    assert found(target) == []


def test_another_team_is_refused_also_where_no_name_is_the_same(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    tags = OURS | {"Owner": "teamx@company.com"}
    fleet_arm.add(COMPONENT + "-x", "2020-02-02", location="eastus", tags=tags)

    assert one(later(target)).found == "rg-mlops-prod holds prod of teamx@company.com"


def test_what_is_left_of_a_former_owner_stops_no_deployment(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    former = OURS | {"owner": "teamx@company.com"}
    fleet_arm.add(COMPONENT + "-old", "2020-02-02", location="eastus", tags=former)
    own = OURS | {"owner": OWNER.upper()}
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=own)

    assert found(later(target)) == []


def test_an_owner_that_was_changed_halfway_is_asked_for_again(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    former = OURS | {"owner": "teamx@company.com"}
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=former)
    own = OURS | {"owner": OWNER}
    fleet_arm.add(COMPONENT + "-new", "2020-02-02", location="eastus", tags=own)

    assert one(later(target)).found == "rg-mlops-prod holds prod of teamx@company.com"


def test_what_somebody_else_made_is_not_overwritten(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.add(
        COMPONENT.replace("appi", "APPI"), "2020-02-02", location="eastus", tags={"team": "others"}
    )

    check = one(target)

    assert "APPI-mlops-prod would be overwritten" in check.found
    assert "--tags managed-by=mlmon environment=prod owner=mlops-team@company.com" in check.advice


def test_a_workspace_that_another_environment_monitors(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    setting = f"{WORKSPACE}/providers/Microsoft.Insights/diagnosticSettings/mlmon"
    other = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-other"
    fleet_arm.add(setting, "2021-05-01-preview", properties={"workspaceId": other})

    check = one(target)

    assert check.found.startswith("mlw-prod is monitored from elsewhere")
    assert "law-other" in check.found


def a_monitor(target: Target) -> ExpectedResource:
    return next(r for i, r in target.by_id.items() if i.endswith("/monitor-plant001-circuit01"))


def test_a_monitor_of_another_environment_is_not_overwritten(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    monitor = a_monitor(target)
    body = copy.deepcopy(monitor.body)
    body["properties"]["tags"] |= {"environment": "test", "owner": "teamx@company.com"}
    body["properties"]["isEnabled"] = False  # such a one is in no list unless asked for
    fleet_arm.add(monitor.id.replace("monitor-p", "Monitor-P"), monitor.api_version, **body)

    check = one(target)

    assert check.found == (
        "mlw-prod has schedules of others that would be overwritten: monitor-plant001-circuit01 "
        "(environment: test, owner: teamx@company.com)"
    )
    assert fleet_arm.count("GET", "/schedules") == 1


def test_a_schedule_without_our_tags_is_not_overwritten(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    for number, monitor in enumerate(r for i, r in target.by_id.items() if "/schedules/" in i):
        body = copy.deepcopy(monitor.body)
        if number:
            del body["properties"]["tags"]
        else:
            body["properties"]["tags"].pop("managed-by")
        fleet_arm.add(monitor.id, monitor.api_version, **body)

    check = one(target)

    assert "(without managed-by); " in check.found
    assert "without circuit_id, " in check.found


def test_our_own_monitors_and_schedules_of_other_names_are_no_reason_to_stop(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    monitor = a_monitor(target)
    fleet_arm.add(monitor.id, monitor.api_version, **monitor.body)
    body = copy.deepcopy(monitor.body)
    body["properties"]["tags"]["environment"] = "test"
    fleet_arm.add(f"{monitor.id}-x", monitor.api_version, **body)

    assert found(target) == []


def test_a_provider_that_is_not_registered(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.state.unregistered.add("microsoft.alertsmanagement")

    check = one(target)

    assert "not registered" in check.found
    assert "az provider register --wait --namespace microsoft.alertsManagement" in check.advice


def test_a_missing_role_is_told_by_its_actions(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.state.groups["rg-mlops-ml-prod"].permissions = [READER]

    denied = {check.found for check in found(target)}

    assert denied == {
        "deployer lacks Microsoft.Resources/deployments/validate/action, "
        "Microsoft.Resources/deployments/write on rg-mlops-ml-prod",
        "deployer lacks Microsoft.Insights/diagnosticSettings/write, "
        "Microsoft.MachineLearningServices/workspaces/schedules/write on mlw-prod",
    }


def test_a_stack_needs_the_right_to_write_stacks(target: Target, fleet_arm: ArmEndpoint) -> None:
    role = {"actions": ["*"], "notActions": ["Microsoft.Resources/deploymentStacks/*"]}
    fleet_arm.state.groups["rg-mlops-prod"].permissions = [role]

    assert found(target) == []
    assert (
        "deploymentStacks/write on rg-mlops-prod"
        in one(later(target, is_first=True, as_stack=True)).found
    )


@pytest.mark.parametrize(
    ("action", "roles", "allowed"),
    [
        ("Microsoft.Insights/components/write", [{"actions": ["*"]}], True),
        ("microsoft.insights/COMPONENTS/write", [{"actions": ["Microsoft.Insights/*"]}], True),
        ("Microsoft.Insights/components/write", [{"actions": ["*/read"]}], False),
        ("Microsoft.Insights/components/write", [], False),
        (
            "Microsoft.Authorization/roleAssignments/write",
            [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"]}],
            False,
        ),
        (
            "Microsoft.Authorization/roleAssignments/write",
            [
                {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"]},
                {"actions": ["Microsoft.Authorization/roleAssignments/*"], "notActions": None},
            ],
            True,
        ),
    ],
)
def test_permissions_are_read_as_azure_reads_them(
    action: str, roles: list[dict[str, Any]], allowed: bool
) -> None:
    assert is_allowed(action, roles) is allowed


@pytest.mark.parametrize("scope", [f"/subscriptions/{SUBSCRIPTION}", GROUP, ML_GROUP, WORKSPACE])
def test_a_read_only_lock_stops(target: Target, fleet_arm: ArmEndpoint, scope: str) -> None:
    fleet_arm.lock(scope, "ReadOnly")

    check = one(target)

    assert check.name == "locks"
    assert scope.rpartition("/")[2].lower() in check.found


def test_a_lock_on_something_else_does_not_matter(target: Target, fleet_arm: ArmEndpoint) -> None:
    other = "providers/Microsoft.Storage/storageAccounts/others"
    fleet_arm.lock(f"{GROUP}/{other}", "ReadOnly")

    assert found(target) == []


def test_an_undeletable_group_matters_to_stacks_only(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    fleet_arm.lock(GROUP)
    as_stack = later(target, is_first=True, as_stack=True)

    assert (found(target), found(target, "warning")) == ([], [])
    assert "a stack cannot delete what leaves it there" in one(as_stack, "warning").found


def test_what_may_not_be_read_is_skipped_and_stops_nothing(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    fleet_arm.faults.forbid(where="GET .*/locks")

    checks = {check.name: check for check in check_azure(target, lambda _: None)}

    assert checks["locks"].state == "skipped"
    assert checks["locks"].found == "deployer may not read it (AuthorizationFailed)"
    assert {check.state for check in checks.values()} == {"ok", "skipped"}


def test_a_deployment_of_the_same_name_that_runs(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.deployments.hold()
    name = target.entry_points[1].deployment_name
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
    }
    path = f"{GROUP}/providers/Microsoft.Resources/deployments/{name}"
    body = {"properties": {"mode": "Incremental", "template": template, "parameters": {}}}
    target.azure._send("PUT", path, "2025-04-01", {}, body)

    check = one(target)

    assert check.found.startswith("mlmon-prod_plant001 is being deployed")
    assert "az deployment group cancel" in check.advice
    fleet_arm.deployments.release()


def test_a_template_that_is_too_large(target: Target) -> None:
    sizes = {**target.template_bytes, "main.bicep": limits.MAX_TEMPLATE_BYTES + 1}

    (check,) = check_templates(replace(target, template_bytes=sizes))

    assert check.state == "refused"
    assert check.advice == "use `layout: plant`"


def test_rules_of_others_count_against_the_limits_of_a_subscription(
    target: Target, fleet_arm: ArmEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet_arm.add_group("rg-others")
    others = GROUP.replace("rg-mlops-prod", "rg-others")
    ours = sum("scheduledqueryrules" in key for key in target.by_id)
    room = limits.MAX_RULES_OF_A_SUBSCRIPTION - ours
    rule = {"scopes": [], "evaluationFrequency": "PT5M", "criteria": {"allOf": []}}
    for number in range(3):
        fleet_arm.add(
            f"{others}/providers/Microsoft.Insights/scheduledQueryRules/rule{number}",
            "2023-12-01",
            location="eastus",
            properties=rule | {"enabled": number > 0},
        )
    assert list(check_subscription_limits(target)) == []
    assert room > 0

    monkeypatch.setattr("deployment.preflight.limits._LIMITS", _with_room_for(ours + 1))

    (check,) = check_subscription_limits(target)
    assert check.found == (
        f"the subscription would have {ours + 2} alert rules, and Azure takes {ours + 1}"
    )


def _with_room_for(most: int) -> tuple[Any, ...]:
    from deployment.preflight.limits import _LIMITS

    return (replace(_LIMITS[0], most=most),)


def test_the_component_that_monitors_name_has_to_be_there_or_be_ours(
    target: Target, fleet_arm: ArmEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet_arm.remove(f"{WORKSPACE}/components/monitoring_preprocessing/versions/1")
    ready = [c for c in check_azure(target, lambda _: None) if "preprocessing" in c.name]
    monkeypatch.setattr(component, "is_shipped", lambda _: False)
    monkeypatch.setattr("deployment.preflight.component.is_shipped", lambda _: False)

    assert [c.found for c in ready] == ["monitoring_preprocessing 1 will be registered"]
    assert "it is not the one that is shipped" in one(target).found
