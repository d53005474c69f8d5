"""How a circuit is addressed in data: a pair, because ids of data may hold any character."""

from typing import NamedTuple

from generator.fleet import Circuit
from monitoring.sensors import CircuitReadings


class CircuitKey(NamedTuple):
    """Plant and circuit; ordered as Parquet orders text, by code point."""

    plant_id: str
    circuit_id: str

    @classmethod
    def of(cls, circuit: Circuit | CircuitReadings) -> "CircuitKey":
        """Return the key of a configured circuit, or of the one that readings are of."""
        return cls(circuit.plant_id, circuit.circuit_id)

    def __str__(self) -> str:
        return f"{self.plant_id}/{self.circuit_id}"


class KeyRange(NamedTuple):
    """Keys from `low` up to `high`, which is excluded; None for no bound."""

    low: CircuitKey | None
    high: CircuitKey | None

    @classmethod
    def between(cls, first: CircuitKey, last: CircuitKey) -> "KeyRange":
        """Return the range from one key to another, both included."""
        return cls(first, CircuitKey(last.plant_id, last.circuit_id + "\0"))

    @classmethod
    def of_plants(cls, first: str, last: str) -> "KeyRange":
        """Return the range of all circuits of the plants from one to another, both included."""
        return cls(CircuitKey(first, ""), CircuitKey(last + "\0", ""))

    def overlaps(self, other: "KeyRange") -> bool:
        """Tell whether a key can be in both."""
        return (self.low is None or other.high is None or self.low < other.high) and (
            other.low is None or self.high is None or other.low < self.high
        )

    def __contains__(self, key: object) -> bool:
        return (
            isinstance(key, CircuitKey)
            and (self.low is None or self.low <= key)
            and (self.high is None or key < self.high)
        )
