"""Which columns of a table are read, and what is wrong with a file that lacks them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from monitoring.sources.columns import is_instant
from monitoring.sources.keys import CircuitKey
from monitoring.sources.tables import DATE


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the columns that tell rows apart, and of the numbers that are wanted."""

    numbers: tuple[str, ...]
    timestamp: str = "timestamp"
    plant: str = "plant_id"
    circuit: str = "circuit_id"
    instants: frozenset[str] = frozenset()
    """Those of the numbers that are times: they are read as microseconds since 1970."""
    texts: frozenset[str] = frozenset()
    """Those that are texts: they are read as positions in a list of them."""
    optional: frozenset[str] = frozenset()
    """Those that a file may do without, which is no issue."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every column that is read where a file has it."""
        return tuple(dict.fromkeys((self.plant, self.circuit, self.timestamp, DATE, *self.numbers)))

    def problem(self, schema: pa.Schema, partitions: Collection[str]) -> tuple[str, str] | None:
        """Say what makes a file or a table useless, and what to do; None if nothing does."""
        for column in self.wanted:
            times = schema.names.count(column)
            if times > 1:
                return (
                    f"the column `{column}` is there {times} times",
                    "write it once: nothing tells which of them is meant",
                )
        known = {*schema.names, *partitions}
        missing = [c for c in (self.plant, self.circuit, self.timestamp) if c not in known]
        if missing:
            return _missing(missing), f"the columns there are: {_names(schema.names)}"
        if self.timestamp not in schema.names:
            return (
                f"the column `{self.timestamp}` is a partition",
                "store it in the files, as timestamp in UTC; partition by `date` instead",
            )
        kind = schema.field(self.timestamp).type
        if not is_instant(kind):
            return (
                f"the column `{self.timestamp}` has type {kind}, not timestamp",
                "write it as a timestamp in UTC",
            )
        for column in (self.plant, self.circuit):
            if column in schema.names and not _is_id(schema.field(column).type):
                return (
                    f"the column `{column}` has type {schema.field(column).type}, not text",
                    "write ids as text",
                )
        if not set(self.numbers) & set(schema.names):
            return _missing(self.numbers), f"the columns there are: {_names(schema.names)}"
        return None

    def may_hold(self, partitions: Mapping[str, str | None], key: CircuitKey) -> bool:
        """Tell whether a file can hold rows of a circuit, by the folders that it is in."""
        plant = partitions.get(self.plant, key.plant_id)
        circuit = partitions.get(self.circuit, key.circuit_id)
        return (plant, circuit) == key


def _is_id(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_integer(kind)
    )


def _missing(columns: Sequence[str]) -> str:
    noun = "the column" if len(columns) == 1 else "the columns"
    return f"{noun} {_names(columns)} {'is' if len(columns) == 1 else 'are'} missing"


def _names(columns: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in columns[:20])
    return f"{shown} and {len(columns) - 20} more" if len(columns) > 20 else shown
