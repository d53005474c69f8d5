"""What the configuration asks of a circuit's data, as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from generator.fleet import Circuit


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of the configuration and where it was written."""

    value: float
    origin: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a circuit's readings are held against."""

    plant_id: str
    circuit_id: str
    features: tuple[str, ...]
    physical_limits: Mapping[str, tuple[float, float]]
    """Lowest and highest value by feature, infinite where there is none."""
    sample_every: timedelta
    null_rate: RateLimit
    type_error_rate: RateLimit
    out_of_bounds_rate: RateLimit

    @classmethod
    def of(cls, circuit: Circuit) -> "Requirements":
        """Return what the configuration says of a circuit."""
        bounds = {
            feature: (
                -inf if bound.min is None else float(bound.min),
                inf if bound.max is None else float(bound.max),
            )
            for feature, bound in circuit.physical_limits.items()
        }
        return cls(
            circuit.plant_id,
            circuit.circuit_id,
            circuit.features,
            bounds,
            circuit.sample_every,
            _limit(circuit, "null_rate"),
            _limit(circuit, "type_error_rate"),
            _limit(circuit, "out_of_bounds_rate"),
        )

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"


def _limit(circuit: Circuit, name: str) -> RateLimit:
    limit = circuit.limits[name]
    level, key, place = limit.origin.level, limit.origin.key, limit.origin.place
    return RateLimit(float(limit.value), " ".join(part for part in (level, key, place) if part))
