"""The real Azure CLI builds and deploys what was rendered."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deployment.bicep import BicepError, find_bicep
from tests import arm_endpoint
from tests.arm_endpoint import ArmEndpoint
from tests.conftest import skip

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "rendered" / "prod" / "main.bicep"
MLMON = Path(sys.executable).with_name("mlmon")
WEBHOOK = "https://hooks.example.com/secret-8fe1"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def az() -> str:
    found = os.environ.get("AZ") or shutil.which("az") or str(ROOT / ".tools/azure-cli/bin/az")
    if not Path(found).is_file():
        skip("the Azure CLI is not installed: `make azure-cli`, or set AZ")
    return found


@pytest.fixture(scope="module")
def environment(az: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An Azure CLI with its own configuration, and the real Bicep CLI on its PATH."""
    folder = tmp_path_factory.mktemp("azure")
    try:
        bicep = find_bicep()
    except BicepError as error:
        skip(str(error))
    programs = folder / "bin"
    programs.mkdir()
    (programs / "bicep").symlink_to(bicep)
    variables = os.environ | {
        "AZ": az,
        "AZURE_CONFIG_DIR": str(folder / "config"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_BICEP_USE_BINARY_FROM_PATH": "true",
        "AZURE_BICEP_CHECK_VERSION": "false",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


def run(*command: str | Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(c) for c in command], env=environment, capture_output=True, text=True, cwd=ROOT
    )


def test_az_builds_the_entry_point_and_its_parameters(
    az: str, environment: Mapping[str, str]
) -> None:
    built = run(az, "bicep", "build", "--file", MAIN, "--stdout", environment=environment)
    parameters = run(
        *(az, "bicep", "build-params", "--file", MAIN.with_suffix(".bicepparam"), "--stdout"),
        environment=environment,
    )

    assert (built.returncode, parameters.returncode) == (0, 0), built.stderr + parameters.stderr
    assert "rules" in json.loads(built.stdout)["resources"]
    values = json.loads(json.loads(parameters.stdout)["parametersJson"])["parameters"]
    assert values["location"] == {"value": "eastus"}
    assert "Warning" not in built.stderr


@pytest.fixture(scope="module")
def azure(
    az: str, environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ArmEndpoint, Mapping[str, str]]]:
    """An Azure CLI that is logged in to a local Resource Manager."""
    endpoint = arm_endpoint.start(tmp_path_factory.mktemp("arm"))
    variables = {**environment, "REQUESTS_CA_BUNDLE": str(endpoint.certificate)}
    names = [
        *("resourceManager", "activeDirectory", "activeDirectoryResourceId", "management"),
        *("activeDirectoryGraphResourceId", "logAnalyticsResourceId", "microsoftGraphResourceId"),
    ]
    cloud = json.dumps({"endpoints": dict.fromkeys(names, endpoint.url)})
    register = ("cloud", "register", "-n", "Local", "--skip-endpoint-discovery")
    login = ("login", "--service-principal", "-u", arm_endpoint.SUBSCRIPTION, "-p", "any")
    for command in (
        (*register, "--cloud-config", cloud),
        ("cloud", "set", "-n", "Local"),
        (*login, "--tenant", arm_endpoint.TENANT),
    ):
        result = run(az, *command, environment=variables)
        assert result.returncode == 0, result.stderr
    yield endpoint, variables
    endpoint.server.stop()


def test_deploy_sends_what_was_rendered(azure: tuple[ArmEndpoint, Mapping[str, str]]) -> None:
    endpoint, variables = azure

    result = run(MLMON, "deploy", "--env", "prod", environment=variables)

    assert result.returncode == 0, result.stderr
    properties = endpoint.deployments["mlmon-prod"]["properties"]
    built = run(
        variables["AZ"], "bicep", "build", "--file", MAIN, "--stdout", environment=variables
    )
    assert properties["template"] == json.loads(built.stdout)
    assert properties["mode"] == "Incremental"
    assert properties["parameters"]["secret_teams_webhook"] == {"value": WEBHOOK}
    assert WEBHOOK not in result.stdout + result.stderr


def test_what_if_changes_nothing(azure: tuple[ArmEndpoint, Mapping[str, str]]) -> None:
    endpoint, variables = azure
    before = dict(endpoint.deployments)

    result = run("make", "what-if", "ENV=test", environment=variables)

    assert result.returncode == 0, result.stderr
    assert list(endpoint.what_ifs) == ["mlmon-test"]
    assert endpoint.deployments == before


def test_an_empty_secret_is_refused(azure: tuple[ArmEndpoint, Mapping[str, str]]) -> None:
    endpoint, variables = azure
    endpoint.deployments.clear()
    without = {**variables, "MLMON_SECRET_TEAMS_WEBHOOK": ""}

    result = run(MLMON, "deploy", "--env", "prod", environment=without)

    assert result.returncode == 2
    assert "MLMON_SECRET_TEAMS_WEBHOOK must be set" in result.stderr
    assert endpoint.deployments == {}


def test_a_refused_deployment_fails_the_command(
    azure: tuple[ArmEndpoint, Mapping[str, str]],
) -> None:
    endpoint, variables = azure
    endpoint.failing.add("mlmon-test")

    result = run(MLMON, "deploy", "--env", "test", environment=variables)

    assert result.returncode == 1
    assert "a rule is not valid" in result.stderr
    assert "az ended with" in result.stderr
    assert "Traceback" not in result.stderr
