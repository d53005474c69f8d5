"""An Azure of one's own: the local Resource Manager, the Azure CLI and the SDKs pointed at it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import certifi
import pytest
from azure.core.pipeline import policies
from azure.identity import DefaultAzureCredential
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from deployment.bicep import BicepError, find_bicep
from deployment.expected import ExpectedResource, expected_resources
from deployment.resource_manager import ResourceManager, resource_manager
from generator.fleet import Fleet
from generator.project import render_environments, validate
from generator.resolve import resolve
from tests.azure import endpoint
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import PRINCIPAL, SUBSCRIPTION, TENANT
from tests.azure.tokens import IDENTITY_HEADER
from tests.conftest import skip
from tests.deployment.small import ArmClient

ROOT = Path(__file__).resolve().parents[2]
MLMON = (sys.executable, "-c", "from cli.main import main; main()")


def run(*command: str | Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program from the project's folder."""
    return subprocess.run(
        [str(c) for c in command], env=environment, capture_output=True, text=True, cwd=ROOT
    )


def run_and_interrupt(
    *command: str | Path,
    environment: Mapping[str, str],
    when: Callable[[], bool],
    then: Callable[[], None] = lambda: None,
) -> subprocess.CompletedProcess[str]:
    """Run a program, press Ctrl-C once something has come to pass, and do something after it."""
    with subprocess.Popen(
        [str(c) for c in command],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not when():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        then()
        output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


@pytest.fixture(scope="session")
def running_arm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArmEndpoint]:
    try:
        find_bicep()
    except BicepError as error:
        skip(str(error))
    running = endpoint.start(tmp_path_factory.mktemp("arm"))
    yield running
    running.close()


@pytest.fixture
def arm(running_arm: ArmEndpoint) -> ArmEndpoint:
    """The local Resource Manager, with an empty subscription."""
    running_arm.deployments.release()
    running_arm.reset()
    return running_arm


@pytest.fixture
def fleet_arm(arm: ArmEndpoint) -> ArmEndpoint:
    """The same with what must be there before the shipped configuration can be deployed."""
    for name, workspace in (
        ("rg-mlops-prod", None),
        ("rg-mlops-ml-prod", "mlw-prod"),
        ("rg-mlops-test", "mlw-test"),
    ):
        arm.add_group(name)
        if workspace is not None:
            arm.add(
                f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}/providers/"
                f"Microsoft.MachineLearningServices/workspaces/{workspace}",
                "2025-12-01",
                location="eastus",
                kind="Default",
                properties={"friendlyName": workspace},
            )
    return arm


@pytest.fixture(scope="session")
def bundle(running_arm: ArmEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Authorities to trust: the public ones, and the endpoint's."""
    path = tmp_path_factory.mktemp("trust") / "bundle.pem"
    own = running_arm.certificate.read_text(encoding="utf-8")
    path.write_text(Path(certifi.where()).read_text(encoding="utf-8") + own, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def sdk_environment(running_arm: ArmEndpoint, bundle: Path) -> Mapping[str, str]:
    """Variables with which azure-identity and the SDKs talk to the local Resource Manager."""
    return os.environ | {
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "AZURE_RESOURCE_MANAGER_URL": running_arm.url,
        "IDENTITY_ENDPOINT": f"{running_arm.url}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "REQUESTS_CA_BUNDLE": str(bundle),
    }


@pytest.fixture
def sdk_in_process(
    sdk_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """The same variables, set for the test's own process."""
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)
    return sdk_environment


@pytest.fixture
def arm_client(running_arm: ArmEndpoint, sdk_in_process: Mapping[str, str]) -> Iterator[ArmClient]:
    """The pipeline of every SDK: azure-identity's credential, retries, polling of operations."""
    policy = ARMChallengeAuthenticationPolicy(
        DefaultAzureCredential(), f"{running_arm.url}/.default"
    )
    client = ArmClient(
        running_arm.url,
        policies=[policies.RequestIdPolicy(), policies.RetryPolicy(retry_backoff_factor=0), policy],
    )
    yield client
    client.close()


@pytest.fixture(scope="session")
def az_program() -> str:
    found = os.environ.get("AZ") or shutil.which("az") or str(ROOT / ".tools/azure-cli/bin/az")
    if not Path(found).is_file():
        skip("the Azure CLI is not installed: `make azure-cli`, or set AZ")
    return found


@pytest.fixture(scope="session")
def az_environment(
    az_program: str,
    running_arm: ArmEndpoint,
    sdk_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, str]:
    """The same, with an Azure CLI that is logged in and the real Bicep CLI on its PATH."""
    folder = tmp_path_factory.mktemp("azure")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "bicep").symlink_to(find_bicep())
    variables = {
        **sdk_environment,
        "AZ": az_program,
        "AZURE_CONFIG_DIR": str(folder / "config"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_BICEP_USE_BINARY_FROM_PATH": "true",
        "AZURE_BICEP_CHECK_VERSION": "false",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    _log_in(az_program, running_arm.url, variables)
    return variables


def _log_in(az: str, url: str, variables: Mapping[str, str]) -> None:
    names = [
        *("resourceManager", "activeDirectory", "activeDirectoryResourceId", "management"),
        *("activeDirectoryGraphResourceId", "logAnalyticsResourceId", "microsoftGraphResourceId"),
    ]
    cloud = json.dumps({"endpoints": dict.fromkeys(names, url)})
    register = ("cloud", "register", "-n", "Local", "--skip-endpoint-discovery")
    login = ("login", "--service-principal", "-u", PRINCIPAL, "-p", "any", "--tenant", TENANT)
    for command in (
        (*register, "--cloud-config", cloud),
        ("cloud", "set", "-n", "Local"),
        login,
    ):
        result = run(az, *command, environment=variables)
        assert result.returncode == 0, result.stderr


@cache
def shipped(environment: str) -> Fleet:
    """The fleet of an environment of the shipped configuration."""
    return resolve(validate(ROOT / "config", date(2026, 11, 26)), environment)


@pytest.fixture(scope="session")
def prod() -> Fleet:
    return shipped("prod")


@pytest.fixture(scope="session")
def expected() -> list[ExpectedResource]:
    """What the shipped environment `prod` deploys."""
    configuration = validate(ROOT / "config", date(2026, 11, 26))
    [rendered] = render_environments(configuration, ["prod"], ROOT / "rendered")
    return list(expected_resources(rendered, ROOT / "rendered", SUBSCRIPTION))


@pytest.fixture
def manager(
    running_arm: ArmEndpoint, sdk_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ResourceManager]:
    """The product's own client, signed in."""
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)
    with resource_manager() as client:
        yield client
