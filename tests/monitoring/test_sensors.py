from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitoring.sensors import CircuitReadings
from monitoring.windows import Window

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR_US = 3_600_000_000


def _readings(hours: list[int]) -> CircuitReadings:
    window = Window(START, START + timedelta(days=1))
    times = window.start_us + np.array(hours, dtype=np.int64) * HOUR_US
    return CircuitReadings("P1", "C1", times, {"voltage": np.array(hours, np.float64)}, {})


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([0, 1, 1, 2, 3, 4], [1, 1, 2]),
        ([4, 2, 0, 1, 3, 1], [2, 1, 1]),
        ([], []),
        ([3, 4], []),
    ],
)
def test_a_window_keeps_its_rows_with_duplicates_and_order(
    hours: list[int], expected: list[int]
) -> None:
    window = Window(START + timedelta(hours=1), START + timedelta(hours=3))

    assert _readings(hours).within(window)["voltage"].tolist() == expected


def test_readings_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="P1/C1: voltage has 2 values for 1 timestamps"):
        CircuitReadings("P1", "C1", np.zeros(1, np.int64), {"voltage": np.zeros(2)}, {})
