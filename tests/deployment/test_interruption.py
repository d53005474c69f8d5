"""Ctrl-C ends every command with a sentence that says what became of it."""

from collections.abc import Iterator, Mapping

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.deployment.conftest import MLMON, run_and_interrupt
from tests.deployment.deployed import RULES, rule

pytestmark = pytest.mark.slow


@pytest.fixture
def azure(fleet_arm: ArmEndpoint) -> Iterator[ArmEndpoint]:
    yield fleet_arm
    fleet_arm.faults.clear()


@pytest.mark.parametrize("command", ["verify", "prune"])
def test_a_command_that_reads_says_that_it_was_interrupted(
    azure: ArmEndpoint, sdk_environment: Mapping[str, str], command: str
) -> None:
    azure.faults.hold(1000, "GET")

    stopped = run_and_interrupt(
        *(*MLMON, command, "--env", "prod"),
        environment=sdk_environment,
        when=lambda: azure.count("GET") > 0,
        then=azure.faults.clear,  # a command with threads waits for what they have asked
    )

    assert (stopped.returncode, stopped.stdout) == (130, "")
    assert stopped.stderr.splitlines()[-1] == "mlmon: interrupted"


def test_what_prune_had_begun_to_delete_is_told(
    azure: ArmEndpoint, sdk_environment: Mapping[str, str]
) -> None:
    azure.add(f"{RULES}/old-rule", "2023-12-01", **rule())
    azure.faults.hold(where="DELETE")

    stopped = run_and_interrupt(
        *(*MLMON, "prune", "--env", "prod", "--yes", "--more-than-a-tenth"),
        environment=sdk_environment,
        when=lambda: azure.count("DELETE") > 0,
    )

    assert stopped.returncode == 130
    assert stopped.stderr.startswith(
        "mlmon: interrupted; what is deleted stays so, Azure may go on"
    )
