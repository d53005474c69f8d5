"""Times `mlmon verify` against the local Resource Manager, and measures its memory.

Run it with `python -m benchmarks.verify`; it needs the Bicep CLI and a quarter of an hour. Each run
is a process of its own that does what a user's does: it reads and renders the configuration, has
the Bicep CLI expand it, fetches a token, and reads. What it is compared with was put straight into
the local Resource Manager, as Azure would answer it. That runs on the same machine and takes
processor time from what is timed; a network does not, and adds its own time.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import certifi

from benchmarks.fleets import ROOT, write_fleet
from benchmarks.render import machine
from cli.app import count
from deployment.expected import expected_resources
from generator.project import render_environments, validate
from tests.azure import endpoint
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.azure.tokens import IDENTITY_HEADER

_RUN = """
import json, resource, sys, time
start = time.perf_counter()
from cli.main import app
try:
    app(sys.argv[1:], standalone_mode=False)
except SystemExit as end:
    sys.exit(end.code)
own = resource.getrusage(resource.RUSAGE_SELF)
bicep = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": time.perf_counter() - start,
    "own_cpu": own.ru_utime + own.ru_stime,
    "bicep_cpu": bicep.ru_utime + bicep.ru_stime,
    "own_mb": own.ru_maxrss / 1024,
    "bicep_mb": bicep.ru_maxrss / 1024,
}), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A configuration, and how often it is verified."""

    name: str
    config: Path
    out: Path
    runs: int
    target: str


def deploy(case: Case, arm: ArmEndpoint) -> int:
    """Put what is rendered into the local Resource Manager; tell how many resources that are."""
    arm.reset()
    configuration = validate(case.config, datetime.now(UTC).date())
    [rendered] = render_environments(configuration, ["prod"], case.out)
    environment = rendered.fleet.environment
    learning = environment.machine_learning.resource_group or environment.resource_group
    for group in {environment.resource_group, learning}:
        arm.add_group(group)
    resources = 0
    for resource in expected_resources(rendered, case.out, SUBSCRIPTION):
        arm.add(resource.id, resource.api_version, **resource.body)
        resources += 1
    return resources


def measure(case: Case, arm: ArmEndpoint, variables: Mapping[str, str]) -> None:
    """Verify several times; print medians and ranges. The expansion before has warmed the disk."""
    resources = deploy(case, arm)
    places = ("--config", str(case.config), "--out", str(case.out))
    command = [sys.executable, "-c", _RUN, "verify", "--env", "prod", *places]
    figures = []
    for _ in range(case.runs):
        result = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=ROOT)
        if result.returncode:
            raise SystemExit(f"verify ended with {result.returncode}:\n{result.stderr[-2000:]}")
        figures.append(json.loads(result.stderr.splitlines()[-1]))
    requests = result.stdout.strip().rpartition("(")[2].rstrip(")")
    print(f"{case.name}: {resources} resources, {requests}, target {case.target}")
    for key, words, unit in (
        ("seconds", "wall clock", "s"),
        ("own_cpu", "processor time of Python", "s"),
        ("bicep_cpu", "processor time of the Bicep CLI", "s"),
        ("own_mb", "peak memory of Python", "MB"),
        ("bicep_mb", "peak memory of the Bicep CLI", "MB"),
    ):
        values = [figure[key] for figure in figures]
        runs = f"({min(values):.1f}-{max(values):.1f} in {count(len(values), 'run')})"
        print(f"  {words:<34} {statistics.median(values):7.1f} {unit:<3} {runs}")


def main() -> None:
    """Print the machine, then every figure."""
    print(f"{machine()}, load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arm = endpoint.start(folder)
        bundle = folder / "bundle.pem"
        bundle.write_text(Path(certifi.where()).read_text() + arm.certificate.read_text())
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_RESOURCE_MANAGER_URL": arm.url,
            "IDENTITY_ENDPOINT": f"{arm.url}/msi/token",
            "IDENTITY_HEADER": IDENTITY_HEADER,
            "REQUESTS_CA_BUNDLE": str(bundle),
        }
        shipped = Case("shipped, 125 circuits", ROOT / "config", ROOT / "rendered", 7, "5 s")
        measure(shipped, arm, variables)
        config = write_fleet(folder, 5000)
        out = folder / "out"
        places = ("--config", str(config), "--out", str(out))
        render = [sys.executable, "-c", "from cli.main import main; main()", "render", *places]
        subprocess.run([*render, "--env", "prod"], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        large = Case("layout plant, 5000 circuits", config, out, 3, "300 MB of Python")
        measure(large, arm, variables)
        arm.close()


if __name__ == "__main__":
    main()
