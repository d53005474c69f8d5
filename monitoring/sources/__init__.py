"""Where a fleet's readings come from: Delta tables and folders of Parquet files.

`open_table` pins what is read, `read_fleet` reads it once for every circuit. Files are found only
through the table: no id in the data ever becomes a path.
"""

from monitoring.sources.errors import Issue, SourceError
from monitoring.sources.finding import require_predictions
from monitoring.sources.keys import CircuitKey
from monitoring.sources.reading import FleetReading, read_fleet, read_predictions
from monitoring.sources.tables import StoredTable, open_table

__all__ = [
    "CircuitKey",
    "FleetReading",
    "Issue",
    "SourceError",
    "StoredTable",
    "open_table",
    "read_fleet",
    "read_predictions",
    "require_predictions",
]
