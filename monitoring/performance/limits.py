"""The limits that a circuit's errors are held to, from the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.fleet import Circuit
from monitoring.performance.metrics import Metrics

LIMITED: Final = ("mae", "rmse", "r2")
"""Measures that have a limit; the others are told and do not decide."""
_LEAST_UNEXPLAINED: Final = 1e-9
"""Share of the variance that a limit of R2 leaves at least: a limit of 1 leaves none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A circuit's own limits, by measure."""

    values: Mapping[str, float]
    origins: Mapping[str, str]
    """Where each was written."""

    @classmethod
    def of(cls, circuit: Circuit) -> "Limits":
        """Take those that the configuration gives a circuit."""
        values, origins = {}, {}
        for name in LIMITED:
            limit = circuit.limits[name]
            words = (limit.origin.level, limit.origin.key, limit.origin.place)
            values[name] = float(limit.value)
            origins[name] = " ".join(word for word in words if word)
        return cls(values, origins)

    def exceedances(self, metrics: Metrics) -> dict[str, float]:
        """Return how far each measure is to its limit: above 1 it is worse, NaN if undefined.

        That of MAE and RMSE is value / limit. R2 has its limit below; its exceedance is the share
        of the variance that the model leaves unexplained over the share that it may leave,
        (1 - R2) / (1 - limit).
        """
        unexplained = max(1 - self.values["r2"], _LEAST_UNEXPLAINED)
        return {
            "mae": metrics.mae / self.values["mae"],
            "rmse": metrics.rmse / self.values["rmse"],
            "r2": (1 - metrics.r2) / unexplained,
        }
