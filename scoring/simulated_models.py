"""What the models of a simulated fleet say: the forecasts that the simulation drew for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.simulation.writing import ROW_GROUP_ROWS
from monitoring.sources.keys import CircuitKey
from monitoring.windows import Window
from scoring.files import IDS


@dataclass(frozen=True)
class SimulatedModel:
    """Says of the rows of one file what was drawn for them."""

    drawn: FloatArray

    def predict(self, _: FloatArray, /) -> FloatArray:
        """Return a value a row."""
        return self.drawn


@dataclass(frozen=True)
class SimulatedModels:
    """The models of a fleet, from the moment on at which the demo begins to score."""

    drawn: Mapping[tuple[str, str, int], float]
    """By plant, circuit, and microseconds since 1970 of the row that is forecast from."""

    def of(self, key: CircuitKey, issued: MicrosecondArray) -> SimulatedModel:
        """Return the model of a circuit, for a file of rows of these times.

        It says nothing of the last hour, as the simulation ends before that hour's target.
        """
        values = [self.drawn.get((*key, each), np.nan) for each in issued.tolist()]
        return SimulatedModel(np.array(values))


def begin_table(simulated: str, collected: Path, history: Window) -> SimulatedModels:
    """Begin the collector's table anew with what was forecast before the demo scores.

    Args:
        simulated: the table of predictions of `mlmon simulate`.
        collected: where the collector's table is.
        history: from the first target time that is wanted, up to where scoring begins.

    Returns:
        The models for what is left to scoring.
    """
    from deltalake import DeltaTable, WriterProperties, write_deltalake

    wanted: Any = pc.field("target_time") >= pa.scalar(history.start)
    table = DeltaTable(simulated).to_pyarrow_table(filters=wanted)
    is_past = pc.less(table["issued_at"], pa.scalar(history.end))
    # In the order of plants, of which a reader takes one group of rows at a time.
    past = table.filter(is_past).sort_by([(name, "ascending") for name in (*IDS, "issued_at")])
    groups = WriterProperties(max_row_group_size=ROW_GROUP_ROWS)
    write_deltalake(collected, past, mode="overwrite", writer_properties=groups)
    left = table.filter(pc.invert(is_past)).select([*IDS, "issued_at", "predicted_value"])
    left = left.set_column(2, "issued_at", left["issued_at"].cast(pa.int64()))
    rows: Any = zip(*(column.to_pylist() for column in left.columns), strict=True)
    drawn = {(plant, circuit, issued): value for plant, circuit, issued, value in rows}
    return SimulatedModels(drawn)
