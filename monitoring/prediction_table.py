"""Columns of the table of predictions, which scoring writes and performance reads."""

from typing import Any, Final

import pyarrow as pa

INSTANT: Final = pa.timestamp("us", "UTC")
PREDICTED: Final = "predicted_value"
_COLUMNS: Final[list[Any]] = [
    pa.field("plant_id", pa.string()),
    pa.field("circuit_id", pa.string()),
    pa.field("model_name", pa.string()),
    pa.field("model_version", pa.string()),
    pa.field("issued_at", INSTANT),
    pa.field("target_time", INSTANT),
    pa.field("horizon", pa.int64(), metadata={"unit": "minutes"}),
    pa.field(PREDICTED, pa.float64()),
]
PREDICTIONS: Final = pa.schema(_COLUMNS)
"""A row says what was expected of `target_time`, `horizon` minutes before, at `issued_at`."""
