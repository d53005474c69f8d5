"""What a table of every run's records is: its columns, and what tells its rows apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """The records of a job."""

    schema: pa.Schema
    """With `run_date`, `plant_id` and `circuit_id`."""
    key: tuple[str, ...]
    """What tells records apart: a rerun of a day replaces them."""

    def table(self, plain_records: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Make a table, sorted by key, of records whose days and times are text."""
        rows = [{name: self._read(name, v) for name, v in r.items()} for r in plain_records]
        found = pa.Table.from_pylist(rows, self.schema)
        return found.sort_by([(name, "ascending") for name in self.key])

    def _read(self, name: str, value: object) -> object:
        kind = self.schema.field(name).type
        if value is None:
            return None
        if pa.types.is_date(kind):
            return date.fromisoformat(str(value))
        return datetime.fromisoformat(str(value)) if pa.types.is_timestamp(kind) else value
