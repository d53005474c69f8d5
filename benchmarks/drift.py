"""Times the statistics of drift against other ways to them; it never fails for a time.

Run it with `python -m benchmarks.drift [kernel] [threads] [others]`; all three unless named. The
last needs an environment of its own, which `make drift-benchmark` sets up. One circuit is 6
features x (43,200 + 10,080) float64. Both sides of a ratio are measured in turn in one run.

numpy's sort is slow with AVX-512 on some processors, and scipy with it. To see what is left of a
ratio without that: `NPY_DISABLE_CPU_FEATURES=X86_V4 python -m benchmarks.drift kernel`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import ks_2samp, wasserstein_distance

from benchmarks.render import machine
from generator.project import ROOT
from monitoring.drift.statistics import compare_many

FloatArray = NDArray[np.float64]
Circuit = tuple[FloatArray, FloatArray]

FEATURES, REFERENCE, CURRENT = 6, 43_200, 10_080
OTHERS: Final = ROOT / ".tools" / "drift-others" / "bin" / "python"
_QUIET: Final = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
"""Both of the others report their use otherwise."""


def circuit(kind: str, seed: int = 0) -> Circuit:
    """Make readings: independent, autocorrelated (phi .99), and those with 2 % of them missing."""
    random = np.random.default_rng(seed)
    readings = random.normal(size=(FEATURES, REFERENCE + CURRENT))
    if kind != "independent":
        readings = lfilter([np.sqrt(1 - 0.99**2)], [1, -0.99], readings, axis=1)
    if kind == "with NaN":
        readings[random.random(readings.shape) < 0.02] = np.nan
    return readings[:, :REFERENCE].copy(), readings[:, REFERENCE:].copy()


def document_psi(baseline: FloatArray, current: FloatArray, bins: int = 10) -> float:
    """Compute the population stability index as the document does."""
    breakpoints = np.percentile(baseline, np.linspace(0, 100, bins + 1))
    breakpoints[-1] = breakpoints[-1] + 0.001
    baseline_dist = np.histogram(baseline, bins=breakpoints)[0] / len(baseline)
    current_dist = np.histogram(current, bins=breakpoints)[0] / len(current)
    baseline_dist = np.where(baseline_dist == 0, 0.0001, baseline_dist)
    current_dist = np.where(current_dist == 0, 0.0001, current_dist)
    return float(np.sum((current_dist - baseline_dist) * np.log(current_dist / baseline_dist)))


def document_loop(reference: FloatArray, current: FloatArray) -> None:
    """Run the document's three tests on each feature; it would fail on NaN, so they are dropped."""
    for baseline, recent in zip(reference, current, strict=True):
        x, y = baseline[~np.isnan(baseline)], recent[~np.isnan(recent)]
        ks_2samp(x, y)
        wasserstein_distance(x, y)
        document_psi(x, y)


def kernel() -> None:
    """Time all statistics of a circuit in one thread, and scipy in turn."""
    for kind in ("independent", "autocorrelated", "with NaN"):
        readings = circuit(kind)
        pairs = []
        for run in range(8):
            ours = _seconds(partial(compare_many, *readings), 30)
            theirs = _seconds(partial(document_loop, *readings), 1)
            if run:
                pairs.append((ours, theirs))
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        _line(f"{kind}, kernel, one thread", ours)
        _line(f"{kind}, loop over scipy", theirs)
        print(f"{'  ratio, median of pairs':<46} {ratio:8.1f}     target at least 20, aim 30")


def threads() -> None:
    """Time circuits in one thread and in two."""
    circuits = [circuit("autocorrelated", seed) for seed in range(16)]
    pairs = []
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        for run in range(8):
            times = [_seconds(partial(_compare_all, pool, circuits), 4) for pool in (one, two)]
            if run:
                pairs.append([seconds / len(circuits) for seconds in times])
    for name, column in zip(("one thread", "two threads"), zip(*pairs, strict=True), strict=True):
        _line(f"a circuit of 16, {name}", statistics.median(column))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{'  ratio, median of pairs':<46} {ratio:8.2f}     of 2 at best")


def _compare_all(pool: ThreadPoolExecutor, circuits: list[Circuit]) -> None:
    for future in [pool.submit(compare_many, *each) for each in circuits]:
        future.result()


def others() -> None:
    """Time Evidently and NannyML on the same circuit in their own environment."""
    if not OTHERS.exists():
        print("Evidently and NannyML skipped: `make drift-benchmark` installs them")
        return
    reference, current = circuit("autocorrelated")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "circuit.npz"
        np.savez(path, reference=reference, current=current)
        script = ROOT / "benchmarks" / "others" / "drift.py"
        command = [str(OTHERS), str(script), str(path), "5"]
        before = _seconds(lambda: compare_many(reference, current), 100)
        result = subprocess.run(
            command, check=True, capture_output=True, text=True, env=os.environ | _QUIET
        )
        after = _seconds(lambda: compare_many(reference, current), 100)
    ours = (before + after) / 2
    _line("kernel, before and after the others", ours)
    # NannyML prints to the same stream.
    seconds = json.loads(result.stdout.splitlines()[-1])
    for name, title, target in (
        ("evidently", "Evidently, default preset", 300),
        ("nannyml", "NannyML, KS, Wasserstein, Jensen-Shannon", 60),
    ):
        median = statistics.median(seconds[name])
        _line(title, median)
        print(f"{'  ratio of medians':<46} {median / ours:8.0f}     target at least {target}")


def _seconds(run: Callable[[], object], repeats: int) -> float:
    """Tell the mean of some repeats: noise of the machine falls on both sides of a pair alike."""
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def _line(name: str, seconds: float) -> None:
    print(f"{name:<46} {seconds * 1e3:8.2f} ms")


def main() -> None:
    """Print the machine, then every figure that was asked for."""
    parts = {"kernel": kernel, "threads": threads, "others": others}
    chosen = sys.argv[1:] or list(parts)
    unknown = [name for name in chosen if name not in parts]
    if unknown:
        sys.exit(f"there is no part {unknown[0]!r}; known are {', '.join(parts)}")
    print(f"{machine()}, numpy {np.__version__}")
    compare_many(*circuit("independent"))
    for name in chosen:
        parts[name]()


if __name__ == "__main__":
    main()
