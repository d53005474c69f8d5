"""Azure's test notification, asked for by the SDK for the receivers that Azure holds."""

import json
from collections.abc import Mapping

import pytest

from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource
from deployment.notify_test import notify_test
from deployment.resource_manager import ResourceManager
from generator.fleet import Fleet
from tests.azure.endpoint import ArmEndpoint
from tests.azure.wire import Json
from tests.conftest import Mlmon
from tests.deployment.conftest import ROOT
from tests.deployment.deployed import GROUPS, deploy

CRITICAL = f"{GROUPS}/ag-mlops-critical"
URL = "https://hooks.example.com/secret"


@pytest.fixture
def azure(fleet_arm: ArmEndpoint, expected: list[ExpectedResource]) -> ArmEndpoint:
    """The action groups, deployed with the webhook's address."""
    deploy(fleet_arm, [e for e in expected if "/actiongroups/" in e.id.lower()])

    def set_url(body: Json) -> None:
        body["properties"]["webhookReceivers"][0]["serviceUri"] = URL

    fleet_arm.edit(CRITICAL, set_url)
    return fleet_arm


def test_every_receiver_is_asked_for_and_told(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    results = notify_test(manager, prod, "ag-mlops-critical")

    assert [(r.receiver, r.mechanism, r.is_told) for r in results] == [
        ("MLOps Team", "email", True),
        ("On-Call Engineer", "sms", True),
        ("Teams Webhook", "webhook", True),
    ]
    [sent] = azure.state.test_notifications
    assert sent["alertType"] == "logalertv2"
    assert sent["webhookReceivers"][0]["serviceUri"] == URL


def test_a_receiver_that_azure_could_not_tell_is_told_without_its_address(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    azure.state.notification_details = {
        "Teams Webhook": {"Status": "Failed", "SubState": "Unknown", "Detail": f"{URL} said 404"}
    }

    results = {r.receiver: r for r in notify_test(manager, prod, "ag-mlops-critical")}

    assert results["MLOps Team"].is_told
    assert not results["Teams Webhook"].is_told
    assert results["Teams Webhook"].detail == "Failed, Unknown, *** said 404"


def test_an_unknown_group_is_named_with_those_that_are_known(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    with pytest.raises(DeploymentError, match="no action group 'ag-x' in prod; known are ag-data"):
        notify_test(manager, prod, "ag-x")


def test_a_group_that_is_not_deployed_is_said_to_be(
    fleet_arm: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    with pytest.raises(DeploymentError, match="is not in rg-mlops-prod; was the environment"):
        notify_test(manager, prod, "ag-mlops-critical")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enabled": False}, "is disabled in Azure: it tells nobody"),
        ({"emailReceivers": []}, "has no receivers in Azure"),
    ],
)
def test_a_group_that_tells_nobody(
    azure: ArmEndpoint,
    manager: ResourceManager,
    prod: Fleet,
    change: dict[str, object],
    said: str,
) -> None:
    azure.edit(f"{GROUPS}/ag-mlops-warning", lambda body: body["properties"].update(change))

    with pytest.raises(DeploymentError, match=said):
        notify_test(manager, prod, "ag-mlops-warning")


def test_without_the_right_the_role_is_named(
    azure: ArmEndpoint, manager: ResourceManager, prod: Fleet
) -> None:
    reader = {"actions": ["*/read"], "notActions": []}
    azure.state.groups["rg-mlops-prod"].permissions = [reader]

    with pytest.raises(DeploymentError, match=r"403 AuthorizationFailed.*Monitoring Contributor"):
        notify_test(manager, prod, "ag-mlops-critical")


def test_the_command_prints_results_and_no_address(
    azure: ArmEndpoint,
    mlmon: Mlmon,
    sdk_environment: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)
    to_prod = ("--env", "prod", "--config", str(ROOT / "config"))

    text = mlmon("notify-test", "ag-mlops-critical", *to_prod)
    answer = mlmon("notify-test", "ag-mlops-critical", "--format", "json", *to_prod)
    unknown = mlmon("notify-test", "ag-x", *to_prod)

    assert text.exit_code == 0, text.output
    assert "On-Call Engineer" in text.stdout
    assert URL not in text.output + answer.output
    assert len(json.loads(answer.stdout)["receivers"]) == 3
    assert unknown.exit_code == 2
