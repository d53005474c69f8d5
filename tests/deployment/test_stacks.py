"""What stacks manage, what leaves them, and when a deployment would lose something."""

from dataclasses import replace

import pytest

from deployment.preflight import Check
from deployment.preflight.running import check_running
from deployment.schedules import disable_schedule
from deployment.stacks import Stack, data_among, leaving, left_stacks, schedules_among
from deployment.target import Target
from tests.azure.endpoint import ArmEndpoint
from tests.azure.stacks import Stack as StoredStack
from tests.azure.state import SUBSCRIPTION
from tests.deployment.small_fleet import GROUP, OURS, WORKSPACE
from tests.deployment.test_preflight import expanded, later, target

__all__ = ["expanded", "target"]  # fixtures

GONE = f"{WORKSPACE}/schedules/monitor-plant001-circuit09"
LAW = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-old"


def store(arm: ArmEndpoint, name: str, *managed: str, tags: dict[str, str] = OURS) -> None:
    """Put a stack there, as an earlier deployment left it."""
    body = {
        "tags": tags,
        "properties": {"actionOnUnmanage": {"resources": "delete"}, "denySettings": {}},
    }
    stack = StoredStack(name, "rg-mlops-prod", body, managed=list(managed))
    arm.stacks.all["rg-mlops-prod", name] = stack


def refused(target: Target) -> list[Check]:
    return [check for check in check_running(target) if check.state == "refused"]


def a_schedule(target: Target, plant: str) -> str:
    return next(i for i in target.by_id if f"/schedules/monitor-{plant}-" in i)


def test_a_plain_deployment_beside_stacks_is_refused(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    store(fleet_arm, "mlmon-prod")

    (check,) = refused(target)

    assert "run with --stack" in check.advice
    assert refused(later(target, as_stack=True)) == []


def test_stacks_of_others_do_not_matter(target: Target, fleet_arm: ArmEndpoint) -> None:
    store(fleet_arm, "mlmon-prod-too", tags=OURS | {"environment": "prod-too"})

    assert refused(target) == []


def test_a_resource_never_changes_stacks(target: Target, fleet_arm: ArmEndpoint) -> None:
    store(fleet_arm, "mlmon-prod", a_schedule(target, "plant001").upper())

    (check,) = refused(later(target, as_stack=True))

    assert "monitor-plant001-circuit01 would leave the stack mlmon-prod" in check.found
    assert "--action-on-unmanage detachAll --name mlmon-prod" in check.advice


def test_a_resource_stays_in_its_own_stack(target: Target, fleet_arm: ArmEndpoint) -> None:
    store(fleet_arm, "mlmon-prod_plant001", a_schedule(target, "plant001"))

    assert refused(later(target, as_stack=True)) == []


@pytest.mark.parametrize("data", [LAW, f"{LAW}/tables/AppMetrics"])
def test_a_stack_does_not_delete_telemetry(
    target: Target, fleet_arm: ArmEndpoint, data: str
) -> None:
    store(fleet_arm, "mlmon-prod", data)

    (check,) = refused(later(target, as_stack=True))

    assert "would delete it with its data" in check.found


def test_a_stack_whose_plant_left_is_told(target: Target, fleet_arm: ArmEndpoint) -> None:
    store(fleet_arm, "mlmon-prod_plant009", GONE)

    checks = list(check_running(later(target, as_stack=True)))

    warning = next(check for check in checks if check.state == "warning")
    assert warning.found.startswith("mlmon-prod_plant009: no longer rendered")


def test_what_leaves_is_what_a_rendered_stack_manages_and_nobody_renders(target: Target) -> None:
    kept = a_schedule(target, "plant001")
    stacks = [
        Stack(GROUP, "mlmon-prod_plant001", "succeeded", OURS, (kept, GONE.lower())),
        Stack(GROUP, "mlmon-prod_plant009", "succeeded", OURS, (f"{LAW.lower()}/tables/x",)),
        Stack(GROUP, "mlmon-prod", "succeeded", {"environment": "prod"}, ("/of/others",)),
    ]

    assert leaving(target, stacks) == [GONE.lower()]
    assert [stack.name for stack in left_stacks(target, stacks)] == ["mlmon-prod_plant009"]


def test_schedules_and_data_are_told_apart() -> None:
    table = f"{LAW}/tables/AppMetrics".lower()
    rule = f"{GROUP}/providers/microsoft.insights/scheduledqueryrules/x".lower()

    ids = [GONE.lower(), table, rule, LAW.lower()]

    assert schedules_among(ids) == [GONE.lower()]
    assert data_among(ids) == [table, LAW.lower()]


def test_a_schedule_is_disabled_and_otherwise_left_as_it_is(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    schedule = next(r for r in target.resources if "/schedules/" in r.id)
    fleet_arm.add(schedule.id, schedule.api_version, **schedule.body)
    before = fleet_arm.read(schedule.id)["properties"]

    assert disable_schedule(target.azure, schedule.id)

    after = fleet_arm.read(schedule.id)["properties"]
    assert after == before | {"isEnabled": False}
    assert not disable_schedule(target.azure, schedule.id)
    assert not disable_schedule(target.azure, GONE)


def test_a_stack_that_azure_works_on_is_waited_for(target: Target, fleet_arm: ArmEndpoint) -> None:
    stack = Stack.read(
        {"id": GROUP, "name": "mlmon-prod", "properties": {"provisioningState": "Deploying"}}
    )

    assert stack.is_running
    assert not replace(stack, state="failed").is_running
    assert SUBSCRIPTION in target.azure.subscription
