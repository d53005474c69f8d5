"""The steps around a deployment: the link of the workspace, the component, what is left to do."""

import warnings
from dataclasses import replace

import pytest

from deployment.closing import Left, Receivers, closing_page, left_by_stacks, live_receivers
from deployment.component import (
    SHIPPED,
    is_registered,
    is_shipped,
    needed_component,
    register_component,
)
from deployment.errors import DeploymentError
from deployment.link import Link, link_workspace
from deployment.resource_id import key
from deployment.target import Target
from generator.models.environments import PreprocessingComponent
from tests.azure.endpoint import ArmEndpoint
from tests.deployment.deployed import RULES, rule
from tests.deployment.small_fleet import COMPONENT, GROUP, PREPROCESSING, WORKSPACE
from tests.deployment.test_preflight import expanded, later, target
from tests.deployment.test_stacks import store

__all__ = ["expanded", "target"]  # fixtures

NOBODY = Receivers(frozenset(), frozenset())
OTHER = COMPONENT.replace("appi-mlops-prod", "appi-of-others")


def linked_to(arm: ArmEndpoint, component: str) -> None:
    arm.edit(WORKSPACE, lambda body: body["properties"].update(applicationInsights=component))


def replacing(target: Target) -> Target:
    """The same, allowed to replace a link."""
    fleet = target.rendered.fleet
    learning = fleet.environment.machine_learning.model_copy(
        update={"replace_application_insights": True}
    )
    environment = fleet.environment.model_copy(update={"machine_learning": learning})
    rendered = replace(target.rendered, fleet=replace(fleet, environment=environment))
    return replace(target, wanted=replace(target.wanted, rendered=rendered))


def test_the_workspace_is_linked_and_nothing_else_of_it_changes(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    before = fleet_arm.read(WORKSPACE)

    assert link_workspace(target) == Link("made")

    after = fleet_arm.read(WORKSPACE)
    assert after["properties"].pop("applicationInsights") == COMPONENT
    assert after["properties"] == before["properties"]
    assert {k: v for k, v in after.items() if k not in ("properties", "systemData")} == {
        k: v for k, v in before.items() if k not in ("properties", "systemData")
    }
    assert fleet_arm.count("PUT") == 0


def test_a_link_that_is_there_is_not_written_again(target: Target, fleet_arm: ArmEndpoint) -> None:
    linked_to(fleet_arm, COMPONENT.lower())

    assert link_workspace(target) == Link("there")
    assert fleet_arm.count("PATCH") == 0


def test_a_link_to_another_component_stays_unless_the_environment_says_so(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    linked_to(fleet_arm, OTHER)

    assert link_workspace(target) == Link("another", OTHER)
    assert fleet_arm.count("PATCH") == 0
    assert link_workspace(replacing(target)) == Link("made")
    assert fleet_arm.read(WORKSPACE)["properties"]["applicationInsights"] == COMPONENT


def test_a_link_that_may_not_be_made_is_told(target: Target, fleet_arm: ArmEndpoint) -> None:
    fleet_arm.lock(WORKSPACE, "ReadOnly")

    link = link_workspace(target)

    assert link.state == "failed"
    assert "ScopeLocked" in link.why
    assert "could not be linked" in closing_page(
        later(target), live_receivers(target), link, Left()
    )


def test_the_component_is_asked_for_by_name_and_version(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    component = needed_component(target)

    assert component is not None
    assert is_registered(target, component)
    assert not is_registered(target, PreprocessingComponent(version="2"))
    fleet_arm.remove(PREPROCESSING)
    assert not is_registered(target, component)


def test_without_monitors_no_component_is_needed(target: Target) -> None:
    assert needed_component(replace(target, resources=())) is None


def test_only_the_shipped_component_is_registered_by_a_deployment() -> None:
    assert is_shipped(PreprocessingComponent())
    assert not is_shipped(PreprocessingComponent(version="2"))
    assert not is_shipped(PreprocessingComponent(name="another"))


def test_the_shipped_component_is_one_that_azure_ai_ml_takes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.ai.ml import load_component

        component = load_component(source=SHIPPED)

    assert (component.name, component.version) == ("monitoring_preprocessing", "1")
    assert set(component.inputs) == {"data_window_start", "data_window_end", "input_data"}


def test_a_registration_that_fails_is_one_sentence(
    target: Target, fleet_arm: ArmEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library asks the workspace first; where to upload the code, nothing here can tell."""
    metadata = f"{fleet_arm.url}/metadata/endpoints?api-version=2019-05-01"
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", metadata)
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "Local")

    with pytest.raises(DeploymentError) as told:
        register_component(target)

    assert str(told.value).startswith("the preprocessing component was not registered: ")
    assert "\n" not in str(told.value)
    assert fleet_arm.count("GET", "workspaces/mlw-prod") > 0


def test_the_closing_page_of_a_first_deployment(target: Target) -> None:
    page = closing_page(target, NOBODY, Link("made"), Left())

    assert page.startswith("# Left to do\n\n")
    assert "- **mlops-team@company.com**: enter the code" in page
    assert "register the workflow" in page
    assert f"- **{len(target.rendered.rules)} rules** were deployed without validation" in page
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in page
    assert "Nobody may send" not in page


def test_a_later_deployment_tells_only_what_is_new(target: Target, fleet_arm: ArmEndpoint) -> None:
    groups = {r.id: r for r in target.resources if r.type.endswith("/actionGroups")}
    for resource in groups.values():
        fleet_arm.add(resource.id, resource.api_version, **resource.body)
    before = live_receivers(target)

    assert closing_page(later(target), before, Link("there"), Left()) == ""

    fleet_arm.edit(next(iter(groups)), lambda body: body["properties"].update(webhookReceivers=[]))
    first = next(iter(before.emails))
    fewer = replace(before, emails=before.emails - {first})
    page = closing_page(later(target), fewer, Link("there"), Left())
    assert page.splitlines()[2:] == [
        f"- **{first}**: enter the code that Azure sends to it within 30 minutes; until then it "
        "gets nothing."
    ]


def test_a_link_of_others_and_a_stack_that_left_are_on_the_page(target: Target) -> None:
    before = live_receivers(target)
    page = closing_page(
        later(target), before, Link("another", OTHER), Left(("mlmon-prod_plant009",))
    )

    assert f"stays linked to {OTHER}" in page
    assert "replace_application_insights: true" in page
    assert "**The stack mlmon-prod_plant009** is no longer rendered" in page
    assert GROUP in OTHER


def test_what_a_stack_failed_to_delete_is_on_the_page_of_the_next_deployment(
    target: Target, fleet_arm: ArmEndpoint
) -> None:
    store(fleet_arm, "mlmon-prod", *(r.id for r in target.resources))
    store(fleet_arm, "mlmon-prod_plant009", managed := f"{RULES}/of-plant009")
    for name in (managed, f"{RULES}/locked"):
        fleet_arm.add(name, "2023-12-01", **rule())
    stacked = later(target, as_stack=True)

    fleet_arm.faults.forbid(where="GET .*/savedSearches")
    left = left_by_stacks(stacked)

    assert left.stacks == ("mlmon-prod_plant009",)
    assert [key(resource_id) for resource_id in left.resources] == [key(f"{RULES}/locked")]
    page = closing_page(stacked, live_receivers(target), Link("there"), left)
    assert "- **1 resource** (locked) is left, in no stack and no longer rendered: " in page
    assert "`mlmon prune --env prod` shows what would go." in page
    assert "- **Whether anything is left** is not known in full: " in page
