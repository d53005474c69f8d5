"""Times the command line and the compiler on whole processes, and prints both sides.

Run it with `python -m benchmarks.render`; it needs the Bicep CLI for the last comparison and writes
only into a temporary folder. Medians of several runs; the machine's noise is printed with them.
"""

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.fleets import ROOT, write_fleet
from deployment.bicep import BicepError, find_bicep

MLMON = Path(sys.executable).with_name("mlmon")


def measure(name: str, command: Sequence[str], runs: int, target: str) -> float:
    """Time a command after one warm-up; print median, range and the largest memory."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
    seconds = []
    for run in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        if run:
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    print(f"{name:<46} {median:6.2f} s  ({spread}, {runs} runs)  target {target}")
    return median


def peak_megabytes(command: Sequence[str]) -> float:
    """Run a command in a process of its own and tell the largest memory it had."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *command], check=True, capture_output=True, text=True
    )
    return int(result.stdout) / 1024


def render(folder: Path) -> None:
    """Time rendering over fleets of growing size."""
    measure("mlmon --help", [str(MLMON), "--help"], 9, "0.3 s")
    out = folder / "shipped"
    shipped = [str(MLMON), "render", "--config", str(ROOT / "config"), "--out", str(out)]
    measure("render, shipped 125 circuits, 2 environments", shipped, 9, "0.7 s")
    medians = {}
    for circuits, runs, target in ((1000, 5, "2 s"), (2500, 3, "-"), (5000, 3, "8 s, 300 MB")):
        config = write_fleet(folder, circuits)
        out = folder / f"out-{circuits}"
        command = [str(MLMON), "render", "--config", str(config), "--out", str(out)]
        name = f"render, layout plant, {circuits} circuits, 2 env."
        medians[circuits] = measure(name, command, runs, target)
        print(f"{'  peak memory':<46} {peak_megabytes(command):6.0f} MB")
    growth = (medians[5000] - medians[1000]) / 4000 / ((medians[2500] - medians[1000]) / 1500)
    print(
        f"{'growth per circuit, 1,000-5,000 over 1,000-2,500':<46} {growth:6.2f}     (1 is linear)"
    )


def compile_ratio(folder: Path) -> None:
    """Compile the rendered entry point and an all-Bicep loop over the same fleet, in turn."""
    try:
        bicep = str(find_bicep())
    except BicepError as error:
        print(f"compile comparison skipped: {error}")
        return
    copy = folder / "project"
    shutil.copytree(ROOT / "bicep", copy / "bicep")
    shutil.copytree(ROOT / "rendered", copy / "rendered")
    shutil.copy(ROOT / "bicepconfig.json", copy)
    rendered = copy / "rendered" / "prod" / "main.bicep"
    loop = rendered.with_name("loop.bicep")
    write_loop(rendered, loop)
    pairs = []
    for run in range(8):
        times = []
        for path in (rendered, loop):
            start = time.perf_counter()
            subprocess.run(
                [bicep, "build", str(path), "--stdout"],
                check=True,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            )
            times.append(time.perf_counter() - start)
        if run:
            pairs.append(times)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{'bicep build, rendered, 125 circuits':<46} {ours:6.2f} s")
    print(f"{'bicep build, for loop over loadYamlContent':<46} {theirs:6.2f} s")
    print(f"{'ratio, median of pairs':<46} {ratio:6.2f}     target at most 1.3")


def write_loop(rendered: Path, loop: Path) -> None:
    """Write the same deployment with its monitors as a loop over the fleet's YAML."""
    fleet = yaml.safe_load((ROOT / "config" / "circuits.yaml").read_text())
    circuits = [
        {k: c[k] for k in ("plant_id", "circuit_id", "model_name")} for c in fleet["circuits"]
    ]
    (loop.parent / "fleet.yaml").write_text(yaml.safe_dump({"circuits": circuits}))
    text = rendered.read_text()
    text = re.sub(r"import \{ monitors as .*\n", "", text)
    text = re.sub(r"\nmodule mlMonitors_.*?\n\}\n", "", text, flags=re.DOTALL)
    text += "\n" + (ROOT / "benchmarks" / "loop.bicep.txt").read_text()
    loop.write_text(text)


def machine() -> str:
    """Tell the day, the Python and the processor that figures are of."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    name = cpu[1] if cpu else platform.processor()
    return (
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, "
        f"{os.cpu_count()} x {name}"
    )


def main() -> None:
    """Print the machine, then every figure."""
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        render(Path(folder))
        compile_ratio(Path(folder))


if __name__ == "__main__":
    main()
