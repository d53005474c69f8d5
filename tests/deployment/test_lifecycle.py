"""The life of the shipped environment as the deployment guide tells it, with the real Azure CLI."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.deployment.conftest import MLMON, ROOT, run
from tests.deployment.deployed import GROUPS, LEARNING, RULES
from tests.deployment.small_fleet import register_preprocessing

WEBHOOK = "https://hooks.example.com/secret-8fe1"
RETIRED = "monitor-plant001-circuit02"

pytestmark = pytest.mark.slow


class Operator:
    """Runs commands on a copy of the shipped configuration, as a person with a clone does."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.config = folder / "config"
        shutil.copytree(ROOT / "config", self.config)
        self._folders = ("--config", str(self.config), "--out", str(folder / "rendered"))
        self._environment = environment

    def __call__(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        env = () if command == "render" else ("--env", "prod")
        result = run(*MLMON, command, *env, *self._folders, *options, environment=self._environment)
        said = result.stdout + result.stderr
        assert "Traceback" not in said
        assert "secret-8fe1" not in said
        return result

    def document(self, command: str, status: int = 0) -> Any:
        result = self(command, "--format", "json")
        assert result.returncode == status, result.stdout + result.stderr
        return json.loads(result.stdout)


def test_an_environment_from_its_first_deployment_to_a_circuit_that_leaves(
    fleet_arm: ArmEndpoint, az_environment: Mapping[str, str], tmp_path: Path
) -> None:
    azure = fleet_arm
    register_preprocessing(azure)
    mlmon = Operator(tmp_path, {**az_environment, "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK})
    assert mlmon("render").returncode == 0

    azure.state.tables_with_data = set()
    first = mlmon("deploy", "--first")
    assert first.returncode == 0, first.stdout + first.stderr
    unvalidated = mlmon("verify")
    assert unvalidated.returncode == 0, unvalidated.stdout
    assert "not validated" in unvalidated.stdout

    azure.state.tables_with_data = None
    second = mlmon("deploy")
    assert second.returncode == 0, second.stdout + second.stderr
    preview = mlmon.document("what-if")
    assert [preview[k] for k in ("created", "changed", "deleted", "left_behind")] == [[]] * 4
    assert preview["unchanged"] == 154
    in_sync = mlmon.document("verify")
    assert {r["state"] for r in in_sync["resources"]} == {"in sync"}
    assert len(in_sync["resources"]) == 154

    azure.edit(f"{RULES}/circuit-silent", lambda body: body["properties"].update(severity=4))
    azure.edit(f"{GROUPS}/ag-management", lambda body: body["properties"].update(hidden="x"))
    azure.remove(f"{LEARNING}/schedules/monitor-plant001-circuit01")
    differing = {
        r["name"]: r for r in mlmon.document("verify", 1)["resources"] if r["state"] != "in sync"
    }
    assert {name: r["state"] for name, r in differing.items()} == {
        "circuit-silent": "changed",
        "ag-management": "changed",
        "mlw-prod/monitor-plant001-circuit01": "missing",
    }

    azure.fail("*/scheduledqueryrules/data-drift-detected", "BadRequest", "not today")
    failed = mlmon("deploy")
    assert failed.returncode == 1
    assert "not today" in failed.stdout + failed.stderr
    azure.state.failing.clear()
    assert mlmon("deploy").returncode == 0
    assert mlmon("verify").returncode == 0

    circuits = mlmon.config / "circuits.yaml"
    text = circuits.read_text(encoding="utf-8")
    circuit = "circuit_id: CIRCUIT02, model_name: forecast-p001-c02"
    circuits.write_text(text.replace(circuit, f"{circuit}, enabled: false"), encoding="utf-8")
    assert mlmon("render").returncode == 0
    left = f"{LEARNING}/schedules/{RETIRED}".lower()
    assert [r["id"].lower() for r in mlmon.document("prune", 1)["resources"]] == [left]
    pruned = mlmon("prune", "--yes")
    assert pruned.returncode == 0, pruned.stdout + pruned.stderr
    assert left not in azure.state.resources
