"""Times `make demo` in an empty clone, and again with everything set up.

Run it with `python -m benchmarks.demo`; it takes some four minutes. Set-up fetches packages from
wherever pip and npm are configured to find them, so the first figure depends on that as well. What
is not committed is not measured.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.fleets import ROOT
from benchmarks.render import machine

_TARGET_S = 120


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        first = _demo(clone)
        shutil.rmtree(clone / "demo")
        again = _demo(clone)
    print(f"make demo in an empty clone      {first:4.0f} s    target {_TARGET_S} s")
    print(f"make demo with set-up done       {again:4.0f} s")


def _demo(clone: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["make", "demo"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    if not (clone / "demo" / "alerts.json").is_file():
        raise RuntimeError("the alert rules were not evaluated: npm is missing")
    return seconds


if __name__ == "__main__":
    main()
