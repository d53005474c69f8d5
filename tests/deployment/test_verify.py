"""What Azure holds against what was rendered: the real credential and pipeline, a local Azure."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline import policies

from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource
from deployment.origin import Origins
from deployment.resource_manager import ResourceManager, resource_manager
from deployment.verify.compare import Kind
from deployment.verify.result import State, Verification, Verified
from deployment.verify.verifying import verify
from generator.fleet import Fleet
from generator.project import render_environments, validate
from tests.azure.endpoint import ArmEndpoint
from tests.conftest import TODAY, Mlmon
from tests.deployment.conftest import ROOT
from tests.deployment.deployed import (
    COMPONENT,
    GROUP,
    GROUPS,
    LEARNING,
    LOGS,
    RULES,
    action_group,
    deploy,
    schedule,
)

RULE = f"{RULES}/circuit-silent"
SCHEDULE = f"{LEARNING}/schedules/monitor-plant001-circuit01"
SECRET = "https://hooks.example.com/secret-8fe1"  # noqa: S105 - none
Check = Callable[[], Verification]


@pytest.fixture(scope="module")
def origins() -> Origins:
    configuration = validate(ROOT / "config", date.fromisoformat(TODAY))
    [rendered] = render_environments(configuration, ["prod"], ROOT / "rendered")
    return Origins(configuration, rendered)


@pytest.fixture
def azure(fleet_arm: ArmEndpoint, expected: list[ExpectedResource]) -> ArmEndpoint:
    """Everything that is rendered, deployed with a secret."""
    deploy(fleet_arm, expected)
    fleet_arm.edit(f"{GROUPS}/ag-mlops-critical", _set_secret)
    return fleet_arm


def _set_secret(body: dict[str, Any]) -> None:
    for receiver in body["properties"]["webhookReceivers"]:
        receiver["serviceUri"] = SECRET


@pytest.fixture
def check(
    azure: ArmEndpoint,
    manager: ResourceManager,
    expected: list[ExpectedResource],
    origins: Origins,
    prod: Fleet,
) -> Check:
    return lambda: verify(prod, expected, manager, origins)


def differing(verification: Verification) -> list[Verified]:
    return verification.of(State.CHANGED, State.MISSING, State.UNEXPECTED, State.UNREADABLE)


def test_what_was_deployed_is_in_sync_within_thirty_requests(
    azure: ArmEndpoint, check: Check, expected: list[ExpectedResource]
) -> None:
    verification = check()

    assert differing(verification) == []
    assert verification.counts == {State.IN_SYNC: len(expected)}
    assert sum("/schedules/" in r.id for r in verification.resources) == 125
    assert len(azure.requests) == verification.requests <= 30


EDITS: list[tuple[str, str, Any, str]] = [
    (f"{RULES}/circuit-silent", "criteria.allOf.0.threshold", 7, "criteria.allOf[0].threshold"),
    (f"{RULES}/high-mae-alert", "enabled", False, "enabled"),
    (f"{RULES}/batch-job-failure", "actions.actionGroups", [], "actions.actionGroups[0]"),
    (SCHEDULE, "isEnabled", False, "isEnabled"),
    (LOGS, "retentionInDays", 30, "retentionInDays"),
    (f"{LOGS}/tables/AppEvents", "plan", "Basic", "plan"),
    (COMPONENT, "DisableLocalAuth", False, "DisableLocalAuth"),
]


def test_edits_in_the_portal_are_found_and_named(azure: ArmEndpoint, check: Check) -> None:
    for resource, path, value, _ in EDITS:
        azure.edit(resource, partial(_put, path=f"properties.{path}", value=value))
    azure.edit(f"{RULES}/data-drift-detected", partial(_put, path="tags.environment", value="test"))

    changed = differing(check())

    assert {r.state for r in changed} == {State.CHANGED}
    assert {(r.id, d.property) for r in changed for d in r.differences} == {
        *((resource, f"properties.{named}") for resource, *_, named in EDITS),
        (f"{RULES}/data-drift-detected", "tags.environment"),
    }
    assert all(r.place for r in changed)


def _put(body: Any, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        body = body[int(name)] if isinstance(body, list) else body[name]
    body[last] = value


def test_the_place_of_a_changed_rule_is_told(azure: ArmEndpoint, check: Check) -> None:
    azure.edit(RULE, partial(_put, path="properties.severity", value=0))

    [changed] = differing(check())

    assert Path(changed.place.split(":")[0]).name == "alerts.yaml"


def test_a_removed_receiver_and_an_unknown_property_are_found_together(
    azure: ArmEndpoint, check: Check
) -> None:
    def edit(body: dict[str, Any]) -> None:
        body["properties"]["emailReceivers"] = []
        body["properties"]["forwardsTo"] = "https://elsewhere.example.com/?sig=secret-77"

    azure.edit(f"{GROUPS}/ag-data-engineering", edit)

    [changed] = differing(check())

    assert [(d.property, d.kind) for d in changed.differences] == [
        ("properties.emailReceivers[Data Engineering]", Kind.MISSING),
        ("properties.forwardsTo", Kind.UNEXPECTED),
    ]
    assert "secret-77" not in str(changed)


def test_a_deleted_resource_is_missing(azure: ArmEndpoint, check: Check) -> None:
    azure.remove(SCHEDULE)

    [missing] = differing(check())

    assert (missing.state, missing.name) == (State.MISSING, "mlw-prod/monitor-plant001-circuit01")
    assert Path(missing.place.split(":")[0]).name == "circuits.yaml"


def test_what_is_ours_and_not_rendered_is_unexpected_and_what_is_not_ours_is_not_told(
    azure: ArmEndpoint, check: Check
) -> None:
    old = schedule("PLANT099", "CIRCUIT01")
    old["properties"]["isEnabled"] = False  # type: ignore[index] # a body
    azure.add(f"{LEARNING}/schedules/monitor-plant099-circuit01", "2025-12-01", **old)
    azure.add(f"{GROUPS}/ag-old", "2023-01-01", **action_group())
    azure.add(f"{GROUPS}/ag-theirs", "2023-01-01", **(action_group() | {"tags": {}}))

    names = [(r.state, r.name) for r in differing(check())]

    assert names == [
        (State.UNEXPECTED, "mlw-prod/monitor-plant099-circuit01"),
        (State.UNEXPECTED, "ag-old"),
    ]


def test_a_component_and_a_workspace_that_are_no_longer_rendered_are_unexpected(
    azure: ArmEndpoint, check: Check
) -> None:
    ours = {"location": "eastus", "tags": dict(azure.read(COMPONENT)["tags"])}
    component, workspace = (f"{i.rpartition('/')[0]}" for i in (COMPONENT, LOGS))
    azure.add(f"{component}/appi-old", "2020-02-02", kind="web", properties={}, **ours)
    azure.add(f"{workspace}/law-old", "2025-07-01", properties={}, **ours)
    azure.add(f"{workspace}/law-theirs", "2025-07-01", properties={}, location="eastus")

    assert [(r.state, r.name) for r in differing(check())] == [
        (State.UNEXPECTED, "appi-old"),
        (State.UNEXPECTED, "law-old"),
    ]


def test_what_azure_makes_by_itself_is_a_companion(azure: ArmEndpoint, check: Check) -> None:
    azure.add(
        f"{GROUP}/providers/microsoft.alertsmanagement/smartDetectorAlertRules/Of Azure",
        "2021-04-01",
        location="global",
        properties={
            "state": "Enabled",
            "severity": "Sev3",
            "frequency": "PT1M",
            "detector": {"id": "FailureAnomaliesDetector"},
            "scope": [COMPONENT],
            "actionGroups": {"groupIds": []},
        },
    )
    verification = check()

    [companion] = verification.of(State.COMPANION)
    assert companion.name == "Of Azure"
    assert "appi-mlops-prod" in companion.note
    assert verification.is_in_sync


def test_a_rule_that_was_deployed_unvalidated_is_told_with_its_tables(
    azure: ArmEndpoint, check: Check
) -> None:
    azure.edit(f"{RULES}/batch-job-failure", _skip_validation)

    verification = check()

    assert verification.is_in_sync
    [rule] = verification.of(State.NOT_VALIDATED)
    assert rule.note == "reads AmlComputeJobEvent, AmlRunStatusChangedEvent"


def _skip_validation(body: dict[str, Any]) -> None:
    body["properties"]["skipQueryValidation"] = True


def test_a_collection_that_may_not_be_read_leaves_the_others(
    azure: ArmEndpoint, check: Check
) -> None:
    denied = "Microsoft.Insights/scheduledQueryRules/read"
    azure.state.groups["rg-mlops-prod"].permissions = [{"actions": ["*"], "notActions": [denied]}]

    verification = check()

    unreadable = verification.of(State.UNREADABLE)
    assert len(unreadable) == 8
    assert {r.type for r in unreadable} == {"Microsoft.Insights/scheduledQueryRules"}
    assert "403 AuthorizationFailed" in unreadable[0].note
    assert not verification.is_in_sync
    assert len(verification.of(State.IN_SYNC)) == len(verification.resources) - 8


def test_throttling_an_outage_and_a_cut_answer_are_waited_out(
    azure: ArmEndpoint, check: Check
) -> None:
    azure.faults.throttle(2, "scheduledqueryrules")
    azure.faults.unavailable(1, "schedules")
    azure.faults.cut(1, "actiongroups")

    assert differing(check()) == []


def test_a_service_that_stays_away_is_unreadable(azure: ArmEndpoint, check: Check) -> None:
    azure.faults.unavailable(99, "savedsearches")

    unreadable = check().of(State.UNREADABLE)

    assert len(unreadable) == 6
    assert "503 ServerTimeout" in unreadable[0].note


def test_an_expired_token_is_renewed(azure: ArmEndpoint, check: Check) -> None:
    check()
    azure.tokens.expire()

    assert differing(check()) == []


def test_without_a_token_it_ends_with_one_sentence(
    prod: Fleet,
    expected: list[ExpectedResource],
    origins: Origins,
    sdk_environment: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**sdk_environment, "IDENTITY_HEADER": "wrong"}.items():
        monkeypatch.setenv(name, value)

    with resource_manager() as manager, pytest.raises(DeploymentError) as caught:
        verify(prod, expected, manager, origins)

    assert "sign in with `az login`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lost_network_ends_it_with_one_sentence(
    check: Check, manager: ResourceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies.RetryPolicy, "sleep", lambda *_, **__: None)
    manager.url = "https://localhost:1"

    with pytest.raises(DeploymentError, match="Azure cannot be reached"):
        check()


@pytest.fixture
def verified(
    azure: ArmEndpoint, mlmon: Mlmon, sdk_environment: Mapping[str, str], monkeypatch: Any
) -> Callable[..., Any]:
    """Run the command itself against the local Azure."""
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)

    def run(style: str) -> Any:
        config, out = str(ROOT / "config"), str(ROOT / "rendered")
        return mlmon("verify", "--env", "prod", "--format", style, "--config", config, "--out", out)

    return run


def test_the_command_tells_differences_and_never_a_secret(
    azure: ArmEndpoint, verified: Callable[..., Any]
) -> None:
    azure.edit(RULE, partial(_put, path="properties.enabled", value=False))
    azure.edit(f"{LOGS}/savedSearches/daily-monitoring-summary", _change_query)
    azure.edit(f"{GROUPS}/ag-mlops-critical", partial(_put, path="properties.enabled", value=False))

    result = verified("text")

    assert result.exit_code == 1
    assert "scheduledQueryRules/circuit-silent" in result.stdout
    assert "+| where Sum > 99" in result.stdout
    assert "prod: 3 changed, 151 in sync (19 requests)" in result.stdout
    assert "secret-8fe1" not in result.output


def _change_query(body: dict[str, Any]) -> None:
    body["properties"]["query"] += "| where Sum > 99\n"


@pytest.mark.slow
def test_the_command_says_that_all_is_in_sync(verified: Callable[..., Any]) -> None:
    result = verified("text")

    assert result.stdout == "prod: 154 in sync (19 requests)\n"
    assert result.exit_code == 0
