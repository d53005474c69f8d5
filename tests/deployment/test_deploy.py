"""`mlmon deploy` with the real Azure CLI, against the local Resource Manager."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.deployment.conftest import MLMON, ROOT, run, run_and_interrupt
from tests.deployment.small_fleet import (
    COMPONENT,
    GROUP,
    WORKSPACE,
    SmallFleet,
    register_preprocessing,
)

WEBHOOK = "https://hooks.example.com/secret-8fe1?a=b&sig=c%2Bd"
RULES = "Microsoft.Insights/scheduledQueryRules"
SCHEDULES = "Microsoft.MachineLearningServices/workspaces/schedules"

pytestmark = pytest.mark.slow

Deploy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment(az_environment: Mapping[str, str]) -> Mapping[str, str]:
    """An Azure CLI that is logged in, and the secrets that a deployment takes."""
    return {**az_environment, "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK}


@pytest.fixture
def azure(fleet_arm: ArmEndpoint) -> Iterator[ArmEndpoint]:
    """The local Resource Manager, with the component that monitors name."""
    register_preprocessing(fleet_arm)
    yield fleet_arm
    fleet_arm.deployments.release()


@pytest.fixture
def single(tmp_path: Path) -> SmallFleet:
    return SmallFleet.make(tmp_path, "PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02")


@pytest.fixture
def plants(tmp_path: Path) -> SmallFleet:
    return SmallFleet.make(tmp_path, "PLANT001/CIRCUIT01", "PLANT002/CIRCUIT01", layout="plant")


def deploy(
    fleet: SmallFleet, environment: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    result = run(*MLMON, "deploy", *fleet.options, *options, environment=environment)
    said = result.stdout + result.stderr
    assert "Traceback" not in said
    assert "secret-8fe1" not in said
    return result


def schedules(azure: ArmEndpoint) -> list[str]:
    return [s.id.name for s in azure.state.of_type(SCHEDULES, WORKSPACE)]


def test_the_first_deployment_and_the_next(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    azure.state.tables_with_data = set()
    first = deploy(single, environment, "--first")

    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("mlmon-prod: deployed\n")
    rules = azure.state.of_type(RULES, GROUP)
    assert rules
    assert all(rule.body["properties"]["skipQueryValidation"] for rule in rules)
    assert azure.read(WORKSPACE)["properties"]["applicationInsights"] == COMPONENT
    assert schedules(azure) == ["monitor-plant001-circuit01", "monitor-plant001-circuit02"]
    group = azure.read(f"{GROUP}/providers/Microsoft.Insights/actionGroups/ag-mlops-critical")
    assert group["properties"]["webhookReceivers"][0]["serviceUri"] == WEBHOOK
    assert "# Left to do" in first.stdout
    assert "were deployed without validation" in first.stdout
    assert "**mlops-team@company.com**: enter the code" in first.stdout

    azure.state.tables_with_data = None
    second = deploy(single, environment)

    assert second.returncode == 0, second.stderr
    assert second.stdout == "mlmon-prod: deployed\n"
    rules = azure.state.of_type(RULES, GROUP)
    assert not any(rule.body["properties"]["skipQueryValidation"] for rule in rules)


def test_a_table_without_data_fails_with_the_way_out_and_is_continued(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    deploy(single, environment, "--first")
    azure.state.tables_with_data = set()

    failed = deploy(single, environment)

    assert failed.returncode == 1
    assert "mlmon deploy --first" in failed.stdout
    assert "run the same command again" in failed.stderr
    azure.state.tables_with_data = None
    assert deploy(single, environment).returncode == 0


def test_a_plant_that_fails_stops_no_other_and_the_core_stops_all(
    azure: ArmEndpoint, environment: Mapping[str, str], plants: SmallFleet
) -> None:
    azure.fail("*/actiongroups/*", "BadRequest", "a group is not valid")
    core = deploy(plants, environment, "--first")

    assert core.returncode == 1
    assert [line.partition(":")[0] for line in _summary(core)] == [
        "mlmon-prod",
        "mlmon-prod_plant001",
        "mlmon-prod_plant002",
    ]
    assert "a group is not valid" in core.stdout
    assert "mlmon-prod_plant001: not tried: the core failed" in core.stdout

    azure.state.failing.clear()
    azure.fail("*/schedules/monitor-plant001-*", "BadRequest", "a schedule is not valid")
    plant = deploy(plants, environment, "--first")

    assert plant.returncode == 1
    assert "mlmon-prod: deployed\nmlmon-prod_plant001: failed: " in plant.stdout
    assert "a schedule is not valid" in plant.stdout
    assert "config/circuits.yaml" in plant.stdout
    assert plant.stdout.splitlines()[-1] == "mlmon-prod_plant002: deployed"
    assert schedules(azure) == ["monitor-plant002-circuit01"]

    azure.state.failing.clear()
    rest = deploy(plants, environment, "--first")

    assert rest.returncode == 0, rest.stderr
    assert schedules(azure) == ["monitor-plant001-circuit01", "monitor-plant002-circuit01"]


def _summary(result: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in result.stdout.splitlines() if line.startswith("mlmon-")]


def test_what_leaves_a_stack_is_deleted_and_a_stack_that_leaves_is_told(
    azure: ArmEndpoint, environment: Mapping[str, str], plants: SmallFleet
) -> None:
    plants.select("PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02", "PLANT002/CIRCUIT01")
    first = deploy(plants, environment, "--first", "--stack")
    assert first.returncode == 0, first.stdout + first.stderr

    plain = deploy(plants, environment)
    assert plain.returncode == 1
    assert "run with --stack" in plain.stderr

    plants.select("PLANT001/CIRCUIT01")
    second = deploy(plants, environment, "--stack")

    assert second.returncode == 0, second.stdout + second.stderr
    assert "disabled monitor-plant001-circuit02" in second.stderr
    assert "  deleted monitor-plant001-circuit02" in second.stdout
    assert "**The stack mlmon-prod_plant002** is no longer rendered" in second.stdout
    assert schedules(azure) == ["monitor-plant001-circuit01", "monitor-plant002-circuit01"]


def test_an_interrupted_deployment_goes_on_and_the_same_command_continues(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    azure.deployments.hold()
    stopped = run_and_interrupt(
        *(*MLMON, "deploy", *single.options, "--first"),
        environment=environment,
        when=lambda: azure.count("PUT", "/deployments/mlmon-prod$") > 0,
    )

    assert stopped.returncode == 130
    assert "Azure goes on with mlmon-prod if it has begun it" in stopped.stderr
    cancel = "az deployment group cancel --resource-group rg-mlops-prod --name mlmon-prod"
    assert cancel in stopped.stderr
    assert "Traceback" not in stopped.stderr

    meanwhile = deploy(single, environment, "--first")
    assert meanwhile.returncode == 1
    assert "mlmon-prod is being deployed" in meanwhile.stderr

    azure.deployments.release()
    assert deploy(single, environment, "--first").returncode == 0


def test_an_interrupted_pre_flight_says_that_nothing_was_deployed(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    azure.faults.hold(where="GET .*/locks$")

    stopped = run_and_interrupt(
        *(*MLMON, "deploy", *single.options, "--first"),
        environment=environment,
        when=lambda: azure.count("GET", "/locks$") > 0,
    )
    azure.faults.clear()

    assert stopped.returncode == 130
    assert stopped.stderr.splitlines()[-1] == "mlmon: interrupted before anything was deployed"
    assert azure.count("PUT") == 0


def test_a_connection_that_is_lost_says_that_azure_may_go_on(
    azure: ArmEndpoint, environment: Mapping[str, str], plants: SmallFleet
) -> None:
    azure.faults.cut(100, "PUT .*/deployments/mlmon-prod$")

    lost = deploy(plants, environment, "--first")

    assert lost.returncode == 1
    assert "Azure goes on with mlmon-prod if it has begun it" in lost.stdout
    assert "mlmon-prod_plant001: not tried" in lost.stdout
    azure.faults.clear()
    assert deploy(plants, environment, "--first").returncode == 0


def test_problems_of_this_machine_are_told_together(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet, tmp_path: Path
) -> None:
    nobody = {
        **environment,
        "AZURE_CONFIG_DIR": str(tmp_path / "empty"),
        "MLMON_SECRET_TEAMS_WEBHOOK": " ",
    }

    result = deploy(single, nobody, "--first")

    assert result.returncode == 1
    assert "MLMON_SECRET_TEAMS_WEBHOOK: not set" in result.stderr
    assert "nobody is signed in to the Azure CLI" in result.stderr
    assert azure.requests == []


def test_a_token_that_azure_refuses_asks_for_a_login(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    run(environment["AZ"], "account", "get-access-token", environment=environment)
    azure.tokens.expire()

    result = deploy(single, environment, "--first")

    assert result.returncode == 1
    assert "az login" in result.stderr
    assert azure.deployments.all == {}


def test_another_subscription_and_a_confirmation_without_a_terminal_are_refused(
    azure: ArmEndpoint, environment: Mapping[str, str], single: SmallFleet
) -> None:
    unseen = deploy(single, environment, "--first", "--confirm")
    assert unseen.returncode == 2
    assert "nobody is at a terminal" in unseen.stderr

    single.edit(
        "resource_group: rg-mlops-prod\n", "resource_group: rg-mlops-prod\nsubscription: Ours\n"
    )
    single.render()
    result = deploy(single, environment, "--first")

    assert result.returncode == 1
    assert "prod is deployed to Ours only" in result.stderr
    assert "az account set --subscription 'Ours'" in result.stderr
    assert azure.deployments.all == {}


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_a_person_is_shown_the_changes_and_asked(
    azure: ArmEndpoint,
    environment: Mapping[str, str],
    single: SmallFleet,
    answer: str,
    code: int,
) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, f"{answer}\n".encode())

    result = subprocess.run(
        [*MLMON, "deploy", *single.options, "--first", "--confirm"],
        env=environment,
        cwd=ROOT,
        stdin=terminal,
        capture_output=True,
        text=True,
    )

    os.close(keyboard)
    os.close(terminal)
    assert result.returncode == code, result.stderr
    assert "monitor-plant001-circuit01" in result.stdout
    assert "Deploy prod?" in result.stderr
    assert (azure.deployments.all == {}) == (answer == "n")
    assert ("nothing was deployed" in result.stderr) == (answer == "n")
