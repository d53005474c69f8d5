"""Times Evidently's and NannyML's drift of one circuit, in the environment of `requirements.lock`.

`benchmarks.drift` runs it: the first argument is a file of arrays, the second how often. It prints
seconds as JSON.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable

import nannyml  # type: ignore[import-not-found]
import numpy as np
import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
from evidently import Report  # type: ignore[import-not-found]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]


def main() -> None:
    """Time both on the given arrays, in turn, after a warm-up."""
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as arrays:
        reference, current = (table(arrays[name]) for name in ("reference", "current"))
    systems: dict[str, Callable[[pd.DataFrame, pd.DataFrame], object]] = {
        "evidently": evidently,
        "nannyml": univariate,
    }
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for run in range(int(sys.argv[2]) + 1):
        for name, system in systems.items():
            start = time.perf_counter()
            system(reference, current)
            if run:
                seconds[name].append(time.perf_counter() - start)
    print(json.dumps(seconds))


def table(rows: "np.typing.NDArray[np.float64]") -> pd.DataFrame:
    """Make a column of each row."""
    return pd.DataFrame({f"feature_{k}": row for k, row in enumerate(rows)})


def evidently(reference: pd.DataFrame, current: pd.DataFrame) -> object:
    """Run the default preset; no page is made of it."""
    return Report([DataDriftPreset()]).run(current, reference)


def univariate(reference: pd.DataFrame, current: pd.DataFrame) -> object:
    """Run NannyML's three statistics of the kind that the kernel computes, in weeks."""
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(reference),
        continuous_methods=["kolmogorov_smirnov", "wasserstein", "jensen_shannon"],
        chunk_size=len(current),
    )
    return calculator.fit(reference).calculate(current)


if __name__ == "__main__":
    main()
