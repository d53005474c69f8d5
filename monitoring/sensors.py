"""What was read of one circuit, as it was stored: input of the quality checks and of drift."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitoring.windows import Window

FloatArray: TypeAlias = NDArray[np.float64]
MicrosecondArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CircuitReadings:
    """The rows of one circuit, duplicates and disorder included.

    Raises:
        ValueError: a feature has another number of values than there are timestamps.
    """

    plant_id: str
    circuit_id: str
    timestamps: MicrosecondArray
    """Microseconds since 1970 in UTC, in the order in which rows were stored."""
    values: Mapping[str, FloatArray]
    """By feature, one per row; NaN where the cell is null or not a number."""
    type_errors: Mapping[str, int]
    """Cells that are not null and cannot be read as a number, by feature."""
    late: int = 0
    """Rows whose date partition is not the day of their timestamp."""
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column of texts: what its values are the positions in."""

    def __post_init__(self) -> None:
        for feature, values in self.values.items():
            if values.shape != self.timestamps.shape:
                raise ValueError(
                    f"{self.key}: {feature} has {values.size} values "
                    f"for {self.timestamps.size} timestamps"
                )

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"

    def within(self, window: Window) -> dict[str, FloatArray]:
        """Return the values of each feature whose timestamp is in the window, in stored order.

        Arrays share memory with the readings where the rows of the window lie side by side.
        """
        start, end = window.start_us, window.end_us
        times = self.timestamps
        if times.size and np.all(times[1:] >= times[:-1]):
            first, last = np.searchsorted(times, (start, end), side="left")
            return {feature: values[first:last] for feature, values in self.values.items()}
        rows = (times >= start) & (times < end)
        return {feature: values[rows] for feature, values in self.values.items()}
