"""Every command keeps to the subscription that the environment names."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deployment.errors import DeploymentError
from deployment.subscription import environment_manager
from generator.fleet import Fleet
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.conftest import Mlmon
from tests.deployment.conftest import MLMON, run
from tests.deployment.small_fleet import SmallFleet

REFUSAL = (
    f"prod is in the subscription Ours only, and this one is local ({SUBSCRIPTION}); run `az "
    "account set --subscription 'Ours'`, or correct AZURE_SUBSCRIPTION_ID where it is set"
)


def in_subscription(fleet: Fleet, subscription: str) -> Fleet:
    environment = fleet.environment.model_copy(update={"subscription": subscription})
    return replace(fleet, environment=environment)


@pytest.fixture
def elsewhere(tmp_path: Path) -> SmallFleet:
    """The environment prod, of a subscription that is not the one at hand."""
    fleet = SmallFleet.make(tmp_path, "PLANT001/CIRCUIT01")
    fleet.edit(
        "resource_group: rg-mlops-prod\n", "resource_group: rg-mlops-prod\nsubscription: Ours\n"
    )
    fleet.render()
    return fleet


@pytest.mark.usefixtures("sdk_in_process")
@pytest.mark.parametrize("wanted", ["LOCAL", SUBSCRIPTION.upper()])
def test_the_subscription_is_known_by_name_and_by_id(
    fleet_arm: ArmEndpoint, prod: Fleet, wanted: str
) -> None:
    with environment_manager(in_subscription(prod, wanted)) as manager:
        assert manager.subscription_id == SUBSCRIPTION


@pytest.mark.usefixtures("sdk_in_process")
def test_another_subscription_is_refused(fleet_arm: ArmEndpoint, prod: Fleet) -> None:
    with (
        pytest.raises(DeploymentError) as caught,
        environment_manager(in_subscription(prod, "Ours")),
    ):
        pytest.fail("it was reached")

    assert (str(caught.value), caught.value.code) == (REFUSAL, 2)


@pytest.mark.usefixtures("sdk_in_process")
def test_a_subscription_whose_name_cannot_be_read_is_refused(
    fleet_arm: ArmEndpoint, prod: Fleet
) -> None:
    fleet_arm.faults.throttle(50, f"GET /subscriptions/{SUBSCRIPTION}$")

    with (
        pytest.raises(DeploymentError, match=r"cannot be told \(.*429.*\); write its id") as caught,
        environment_manager(in_subscription(prod, "local")),
    ):
        pytest.fail("it was reached")

    assert caught.value.code == 2


@pytest.mark.usefixtures("sdk_in_process")
@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("prune", "--yes"),
        ("doctor", "--no-probe"),
        ("notify-test", "ag-mlops-critical"),
    ],
    ids=lambda command: command[0],
)
def test_no_command_looks_at_another_subscription(
    fleet_arm: ArmEndpoint, elsewhere: SmallFleet, mlmon: Mlmon, command: tuple[str, ...]
) -> None:
    is_of_output = command[0] in ("verify", "prune")
    options = elsewhere.options if is_of_output else elsewhere.options[:4]

    result = mlmon(*command, *options)

    assert result.exit_code == 2, result.output
    assert REFUSAL in " ".join(result.stderr.split())
    asked = [r.path for r in fleet_arm.requests if "/msi/" not in r.path]
    assert asked == [f"/subscriptions/{SUBSCRIPTION}"]


@pytest.mark.slow
def test_what_if_does_not_ask_another_subscription(
    fleet_arm: ArmEndpoint, elsewhere: SmallFleet, az_environment: Mapping[str, str]
) -> None:
    result = run(*MLMON, "what-if", *elsewhere.options, environment=az_environment)

    assert result.returncode == 2, result.stderr
    assert "prod is deployed to Ours only" in result.stderr
