"""What is ours and no longer rendered goes, and nothing else does."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource
from deployment.prune.deleting import Result, carry_out
from deployment.prune.ownership import TABLE, Leaving
from deployment.prune.plan import Leftover, Plan, make_plan
from deployment.prune.reading import read_holdings
from deployment.resource_manager import ResourceManager
from deployment.stacks import Stack as ReadStack
from generator.fleet import Fleet
from tests.azure.endpoint import ArmEndpoint
from tests.azure.stacks import Stack
from tests.azure.wire import Json
from tests.conftest import Mlmon
from tests.deployment.conftest import ROOT
from tests.deployment.deployed import (
    GROUP,
    GROUPS,
    LEARNING,
    LOGS,
    RULES,
    TAGS,
    action_group,
    deploy,
    rule,
    schedule,
)

OLD_SCHEDULE = f"{LEARNING}/schedules/monitor-plant099-circuit01"
OLD_RULE = f"{RULES}/old-rule"
OLD_GROUP = f"{GROUPS}/ag-old"
OLD_SEARCH = f"{LOGS}/savedSearches/old"
LOGS_BODY: dict[str, object] = {"properties": {"sku": {"name": "PerGB2018"}}}
STACK_BODY = {"properties": {"actionOnUnmanage": {}, "denySettings": {"mode": "none"}}}
A_STACK = ReadStack(f"{GROUP}/x", "mlmon-prod_old", "succeeded", TAGS, ())


@pytest.fixture
def azure(fleet_arm: ArmEndpoint, expected: list[ExpectedResource]) -> ArmEndpoint:
    """Everything that is rendered, deployed."""
    deploy(fleet_arm, expected)
    return fleet_arm


def leave(arm: ArmEndpoint) -> list[str]:
    """Leave resources over that an earlier configuration deployed; return their ids."""
    arm.add(OLD_SCHEDULE, "2025-12-01", **schedule("PLANT099", "CIRCUIT01"))
    arm.add(OLD_GROUP, "2023-01-01", **action_group())
    arm.add(OLD_RULE, "2023-12-01", **rule("ag-old"))
    query = "// Generated from kql/queries/old.kql. Do not edit: run `make render`.\nAppEvents"
    search = {"category": "Model monitoring", "displayName": "Old", "query": query}
    arm.add(OLD_SEARCH, "2025-07-01", properties=search)
    return [OLD_SCHEDULE, OLD_GROUP, OLD_RULE, OLD_SEARCH]


def plan_of(manager: ResourceManager, expected: list[ExpectedResource], fleet: Fleet) -> Plan:
    return make_plan(expected, read_holdings(manager, fleet), fleet)


def is_there(arm: ArmEndpoint, resource_id: str) -> bool:
    return resource_id.lower() in arm.state.resources


def names(plan: Plan) -> list[str]:
    return [item.id.rsplit("/", 1)[-1] for item in plan.leaving]


def test_after_a_deployment_nothing_is_left_over(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    plan = plan_of(manager, expected, prod)

    assert (plan.leaving, plan.kept, plan.stacks, plan.unreadable) == ((), (), (), ())
    # The retention of three tables is set by us, and nothing in Azure says so.
    assert plan.ours == plan.rendered - 3 == len(expected) - 3
    assert manager.requests < 20


def test_what_left_the_configuration_goes_and_nothing_else(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    before = set(azure.state.resources)
    left = leave(azure)
    plan = plan_of(manager, expected, prod)
    told: list[str] = []

    outcomes = carry_out(plan, prod, manager, lambda outcome: told.append(outcome.id))

    assert [outcome.result for outcome in outcomes] == [Result.DELETED] * 4
    assert {outcome.id.lower() for outcome in outcomes} == {i.lower() for i in left}
    assert set(azure.state.resources) == before
    assert told == [outcome.id for outcome in outcomes]


@pytest.mark.parametrize("kind", [row.type for row in TABLE])
def test_one_resource_of_each_type_goes_or_is_listed(
    azure: ArmEndpoint,
    manager: ResourceManager,
    expected: list[ExpectedResource],
    prod: Fleet,
    kind: str,
) -> None:
    """A rule of an outage is the only type that the shipped configuration does not render."""
    gone = next((e for e in expected if e.type.lower() == kind.lower()), None)
    if gone is None:
        resource_id = f"{GROUP}/providers/{kind}/outage-plant099-1"
        azure.add(resource_id, "2021-08-08", location="Global", tags=TAGS, properties={})
    else:
        resource_id = gone.id
    before = set(azure.state.resources)
    plan = plan_of(manager, [e for e in expected if e is not gone], prod)

    outcomes = carry_out(plan, prod, manager, lambda outcome: None)

    lost = before - set(azure.state.resources)
    if next(row for row in TABLE if row.type == kind).leaving is Leaving.LISTED:
        assert (lost, outcomes) == (set(), [])
        assert [kept.id.lower() for kept in plan.kept] == [resource_id.lower()]
    elif kind == "Microsoft.Insights/actionGroups":
        assert [outcome.result for outcome in outcomes] == [Result.KEPT]
    else:
        assert lost == {resource_id.lower()}


def test_rules_go_before_the_groups_they_name_and_schedules_first(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)

    assert names(plan_of(manager, expected, prod)) == [
        "monitor-plant099-circuit01",
        "old-rule",
        "old",
        "ag-old",
    ]


def test_a_schedule_is_disabled_as_it_stands_before_it_is_deleted(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    plan = plan_of(manager, expected, prod)
    azure.requests.clear()

    carry_out(plan, prod, manager, lambda outcome: None)

    of_schedule = [r.method for r in azure.requests if "/schedules/" in r.path]
    assert of_schedule == ["GET", "PUT", "DELETE"]


def test_a_schedule_whose_deletion_failed_is_found_again_though_it_is_disabled(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    azure.add(OLD_SCHEDULE, "2025-12-01", **schedule("PLANT099", "CIRCUIT01"))
    azure.lock(OLD_SCHEDULE)
    [first] = carry_out(plan_of(manager, expected, prod), prod, manager, lambda outcome: None)
    assert first.result is Result.FAILED
    assert "ScopeLocked" in first.reason
    assert azure.read(OLD_SCHEDULE)["properties"]["isEnabled"] is False
    azure.state.locks.clear()
    azure.requests.clear()

    [second] = carry_out(plan_of(manager, expected, prod), prod, manager, lambda outcome: None)

    assert second.result is Result.DELETED
    assert azure.count("PUT") == 0


def test_what_fails_stops_nothing_and_is_told_with_its_reason(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    azure.lock(OLD_RULE)

    outcomes = carry_out(plan_of(manager, expected, prod), prod, manager, lambda outcome: None)

    results = {outcome.id.rsplit("/", 1)[-1]: outcome for outcome in outcomes}
    assert results["monitor-plant099-circuit01"].result is Result.DELETED
    assert results["old-rule"].result is Result.FAILED
    assert "locked" in results["old-rule"].reason
    assert results["ag-old"].result is Result.KEPT
    assert results["ag-old"].reason == "still named by old-rule"


_INSIGHTS = f"{GROUP}/providers/Microsoft.Insights"
_MANAGEMENT = f"{GROUP}/providers/Microsoft.AlertsManagement"


@pytest.mark.parametrize(
    ("resource_id", "api_version", "properties"),
    [
        (
            f"{_INSIGHTS}/metricAlerts/cpu",
            "2018-03-01",
            {"actions": [{"actionGroupId": OLD_GROUP.upper(), "webHookProperties": {}}]},
        ),
        (
            f"{_INSIGHTS}/activityLogAlerts/cpu",
            "2020-10-01",
            {"actions": {"actionGroups": [{"actionGroupId": OLD_GROUP}]}},
        ),
        (
            f"{_MANAGEMENT}/actionRules/cpu",
            "2021-08-08",
            {"actions": [{"actionType": "AddActionGroups", "actionGroupIds": [OLD_GROUP]}]},
        ),
        (
            f"{_MANAGEMENT}/prometheusRuleGroups/cpu",
            "2023-03-01",
            {"rules": [{"alert": "x", "actions": [{"actionGroupId": OLD_GROUP}]}]},
        ),
    ],
)
def test_a_group_that_a_rule_of_others_names_is_kept(
    azure: ArmEndpoint,
    manager: ResourceManager,
    expected: list[ExpectedResource],
    prod: Fleet,
    resource_id: str,
    api_version: str,
    properties: Json,
) -> None:
    azure.add(OLD_GROUP, "2023-01-01", **action_group())
    azure.add(resource_id, api_version, location="Global", properties=properties)

    [outcome] = carry_out(plan_of(manager, expected, prod), prod, manager, lambda outcome: None)

    assert (outcome.result, outcome.reason) == (Result.KEPT, "still named by cpu")


def test_throttling_and_an_outage_are_waited_out(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    azure.faults.throttle(2, "GET .*/schedules$")
    azure.faults.throttle(1, "DELETE")
    azure.faults.unavailable(1, "DELETE")

    outcomes = carry_out(plan_of(manager, expected, prod), prod, manager, lambda outcome: None)

    assert {outcome.result for outcome in outcomes} == {Result.DELETED}


def test_a_list_that_cannot_be_read_is_told_and_the_rest_is_planned(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    azure.state.groups["rg-mlops-ml-prod"].permissions = []

    plan = plan_of(manager, expected, prod)

    assert names(plan) == ["old-rule", "old", "ag-old"]
    assert len(plan.unreadable) == 2
    assert all("403 AuthorizationFailed" in problem for problem in plan.unreadable)


def test_what_holds_data_is_listed_and_never_deleted(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    old = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-old"
    azure.add(old, "2025-07-01", location="eastus", tags=TAGS, **LOGS_BODY)
    azure.add(
        f"{LOGS}/tables/AppTraces2",
        "2025-07-01",
        properties={"retentionInDays": 30, "totalRetentionInDays": 60},
    )
    azure.edit(
        f"{LOGS}/tables/AppTraces2",
        lambda body: body["properties"].update(retentionInDaysAsDefault=False),
    )

    plan = plan_of(manager, expected, prod)

    assert plan.leaving == ()
    kept = {item.id.rsplit("/", 1)[-1]: item.reason for item in plan.kept}
    assert kept.keys() == {"law-old", "AppTraces2"}
    assert "never deleted here" in kept["law-old"]
    assert kept["AppTraces2"].startswith("decide yourself: the table keeps rows for 30 days, 60")


def test_resources_of_others_in_the_same_group_are_not_even_listed(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    azure.add(f"{RULES}/theirs", "2023-12-01", **{**rule(), "tags": {"team": "other"}})
    azure.add(
        f"{RULES}/of-test", "2023-12-01", **{**rule(), "tags": {**TAGS, "environment": "test"}}
    )
    azure.add(
        f"{LEARNING}/schedules/monitor-plant001-circuit99",
        "2025-12-01",
        **schedule("PLANT001", "CIRCUIT99", environment="test"),
    )

    plan = plan_of(manager, expected, prod)

    assert (plan.leaving, plan.kept) == ((), ())


def test_another_teams_environment_of_the_same_name_keeps_its_monitors(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    theirs = schedule("PLANT099", "CIRCUIT01", resource_group="rg-of-another-team")
    azure.add(OLD_SCHEDULE, "2025-12-01", **theirs)

    plan = plan_of(manager, expected, prod)

    assert (plan.leaving, plan.kept) == ((), ())


def test_more_than_a_tenth_needs_a_word(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    kept = [e for e in expected if "/schedules/" not in e.id]
    plan = plan_of(manager, kept, prod)

    refusal = plan.refusal(more_than_a_tenth=False)

    assert refusal is not None
    assert refusal.startswith("125 of 151 resources would go, more than a tenth")
    assert plan.refusal(more_than_a_tenth=True) is None


@pytest.mark.parametrize(("ours", "is_refused"), [(30, False), (29, True), (0, True)])
def test_a_tenth_is_not_more_than_a_tenth(ours: int, is_refused: bool) -> None:
    row = TABLE[0]
    leaving = tuple(Leftover(f"{LEARNING}/schedules/{n}", row) for n in "abc")
    plan = Plan("prod", ours, 1, leaving, (), (), ())

    assert (plan.refusal(more_than_a_tenth=False) is not None) is is_refused


def test_when_nothing_is_rendered_everything_stays(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    refusal = plan_of(manager, [], prod).refusal(more_than_a_tenth=True)

    assert refusal is not None
    assert "nothing is rendered for prod" in refusal


def test_stacks_count_among_what_goes() -> None:
    leaving = tuple(Leftover(f"{LEARNING}/schedules/{n}", TABLE[0]) for n in "abc")
    plan = Plan("prod", 30, 1, leaving, (A_STACK,), (), ())

    refusal = plan.refusal(more_than_a_tenth=False)

    assert refusal is not None
    assert refusal.startswith("4 of 30 resources would go")


def _stack(
    arm: ArmEndpoint, name: str, *managed: str, tags: Mapping[str, str] | None = TAGS
) -> None:
    arm.stacks.all["rg-mlops-prod", name] = Stack(
        name, "rg-mlops-prod", {**STACK_BODY, "tags": tags}, None, list(managed)
    )


@pytest.mark.parametrize("tags", [None, {"team": "frontend"}, {**TAGS, "environment": "test"}])
def test_a_stack_with_our_name_and_without_our_tags_stays(
    azure: ArmEndpoint,
    manager: ResourceManager,
    expected: list[ExpectedResource],
    prod: Fleet,
    tags: Mapping[str, str] | None,
) -> None:
    _stack(azure, "mlmon-prod_frontend", f"{GROUP}/providers/Microsoft.Web/sites/x", tags=tags)

    plan = plan_of(manager, expected, prod)

    assert (plan.stacks, plan.leaving) == ((), ())
    assert plan.ours == len(expected) - 3


def test_what_a_living_stack_manages_is_left_to_it(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    _stack(azure, "mlmon-prod", OLD_RULE, OLD_SCHEDULE)

    plan = plan_of(manager, expected, prod)

    assert plan.stacks == ()
    assert names(plan) == ["old", "ag-old"]
    assert {item.reason for item in plan.kept} == {
        "the stack mlmon-prod manages it: the next deployment of the stack removes it"
    }


def test_a_stack_without_entry_point_goes_and_its_resources_by_themselves(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    _stack(azure, "mlmon-prod_plant099", OLD_SCHEDULE, expected[0].id)
    _stack(azure, "mlmon-production", OLD_RULE, tags={**TAGS, "environment": "production"})
    plan = plan_of(manager, expected, prod)
    assert [stack.name for stack in plan.stacks] == ["mlmon-prod_plant099"]

    outcomes = carry_out(plan, prod, manager, lambda outcome: None)

    assert {outcome.result for outcome in outcomes} == {Result.DELETED}
    assert [name for _, name in azure.stacks.all] == ["mlmon-production"]
    assert is_there(azure, expected[0].id)
    assert not is_there(azure, OLD_SCHEDULE)


def test_without_the_stacks_nothing_is_planned(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    azure.faults.throttle(50, "deploymentStacks")

    with pytest.raises(DeploymentError, match=r"deploymentStacks: 429"):
        read_holdings(manager, prod)


def test_a_resource_group_that_is_not_there_is_named(
    arm: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    with pytest.raises(DeploymentError, match="has no resource group rg-mlops-prod"):
        read_holdings(manager, prod)


def test_the_resource_group_of_the_workspace_is_looked_for(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    azure.remove(LEARNING)
    del azure.state.groups["rg-mlops-ml-prod"]

    with pytest.raises(DeploymentError, match="has no resource group rg-mlops-ml-prod, which"):
        read_holdings(manager, prod)


def test_a_workspace_that_is_not_there_is_named(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    azure.remove(LEARNING)

    with pytest.raises(DeploymentError, match="group rg-mlops-ml-prod has no Azure ML workspace"):
        read_holdings(manager, prod)


def test_an_expired_token_is_renewed(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    leave(azure)
    plan = plan_of(manager, expected, prod)
    azure.tokens.expire()

    outcomes = carry_out(plan, prod, manager, lambda outcome: None)

    assert {outcome.result for outcome in outcomes} == {Result.DELETED}


@pytest.fixture
def signed_in(sdk_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("signed_in")
def test_a_circuit_that_left_the_fleet_leaves_azure(
    azure: ArmEndpoint, mlmon: Mlmon, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    circuits = tmp_path / "config" / "circuits.yaml"
    text = circuits.read_text(encoding="utf-8")
    circuit = "circuit_id: CIRCUIT02, model_name: forecast-p001-c02"
    circuits.write_text(text.replace(circuit, f"{circuit}, enabled: false"), encoding="utf-8")
    assert mlmon("render").exit_code == 0
    gone = f"{LEARNING}/schedules/monitor-plant001-circuit02"

    dry = mlmon("prune", "--env", "prod", "--format", "json")

    assert dry.exit_code == 1, dry.output
    assert is_there(azure, gone)
    [told] = json.loads(dry.stdout)["resources"]
    assert (told["id"].lower(), told["result"]) == (gone.lower(), "would be deleted")
    assert "nothing was deleted; --yes deletes" in dry.stderr

    done = mlmon("prune", "--env", "prod", "--yes", "--format", "json")

    assert done.exit_code == 0, done.output
    assert not is_there(azure, gone)
    assert json.loads(done.stdout)["resources"][0]["result"] == "deleted"
    assert f"deleted: {told['id']}" in done.stderr

    clean = mlmon("prune", "--env", "prod")

    assert clean.exit_code == 0
    assert clean.stdout == "prod: all 150 resources of ours are rendered.\n"


@pytest.mark.usefixtures("signed_in")
def test_too_much_is_refused_and_nothing_is_deleted(azure: ArmEndpoint, mlmon: Mlmon) -> None:
    shutil.copytree(ROOT / "config", "config")
    environment = Path("config/environments/prod.yaml")
    text = environment.read_text(encoding="utf-8")
    environment.write_text(text.replace("circuits: all", "circuits: {plants: [PLANT001]}"))
    assert mlmon("render").exit_code == 0
    before = len(azure.state.resources)

    result = mlmon("prune", "--env", "prod", "--yes")

    assert result.exit_code == 1
    assert "more than a tenth" in result.stderr
    assert "nothing was deleted" in result.stderr
    assert len(azure.state.resources) == before


@pytest.mark.usefixtures("signed_in")
def test_stale_output_is_no_reason_to_delete(azure: ArmEndpoint, mlmon: Mlmon) -> None:
    result = mlmon("prune", "--env", "prod", "--yes", "--config", str(ROOT / "config"))

    assert result.exit_code == 1
    assert "stale" in result.stderr


def test_an_order_of_deletion_is_one_of_types(
    azure: ArmEndpoint, manager: ResourceManager, expected: list[ExpectedResource], prod: Fleet
) -> None:
    """A plan does not depend on the order in which Azure lists."""
    leave(azure)
    holdings = read_holdings(manager, prod)
    turned = replace(holdings, resources=holdings.resources[::-1])

    assert make_plan(expected, holdings, prod) == make_plan(expected, turned, prod)
