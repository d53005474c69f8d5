"""The history of a circuit's exceedances, out of the table of records."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from monitoring.sources.errors import SourceError
from monitoring.sources.storage import ARROW_ERRORS, Storage

_COLUMNS = ["run_date", "feature", "reference", "exceedance", "status"]


@dataclass(frozen=True, slots=True)
class Point:
    """One daily run of a feature."""

    day: date
    exceedance: float
    """Score over limit."""
    is_judged: bool
    """False while the circuit warms up, when the limit is not its own."""


History = Mapping[tuple[str, str], tuple[Point, ...]]
"""By feature and reference, in order of time."""


def read_history(
    uri: str,
    plant_id: str,
    circuit_id: str,
    *,
    storage_options: Mapping[str, str] | None = None,
) -> History:
    """Read how far each feature of a circuit was over its limits, run by run.

    Raises:
        SourceError: there is no table of records, or storage does not answer.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    storage = Storage(uri, storage_options)
    try:
        options = storage.options()
        if not DeltaTable.is_deltatable(storage.root, options):
            raise SourceError("there is no Delta table", uri, "give what `--records` wrote")
        table = DeltaTable(storage.root, storage_options=options)
        missing = {*_COLUMNS, "plant_id", "circuit_id"} - {f.name for f in table.schema().fields}
        if missing:
            raise SourceError(
                f"the table has no column `{min(missing)}`", uri, "give what `--records` wrote"
            )
        # Text of a Delta table is a view, which Arrow cannot compare.
        mine: Any = (pc.field("plant_id").cast(pa.string()) == plant_id) & (
            pc.field("circuit_id").cast(pa.string()) == circuit_id
        )
        found = pa.table(table.to_pyarrow_table(columns=_COLUMNS, filters=mine))
    except (DeltaError, *ARROW_ERRORS) as error:
        raise storage.failure(error) from error
    history = defaultdict(list)
    for row in sorted(found.to_pylist(), key=lambda row: row["run_date"]):
        if row["exceedance"] is not None:
            point = Point(row["run_date"], row["exceedance"], row["status"] != "warming_up")
            history[row["feature"], row["reference"]].append(point)
    return {key: tuple(points) for key, points in history.items()}
