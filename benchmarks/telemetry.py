"""A week of telemetry of a fleet, the same bytes each time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

START: Final = datetime(2026, 1, 5, tzinfo=UTC)
DAYS: Final = 7
CIRCUITS: Final = 200
METRICS: Final = ("model_accuracy_mae", "model_accuracy_rmse", "data_drift_exceedance")
METRICS_IN_ALL: Final = (*METRICS, "data_quality_null_rate", "prediction_latency_ms")
ROWS: Final = 1_000_000


def write_week(folder: Path) -> Path:
    """Write a million rows of AppMetrics as Parquet: 200 circuits, 5 metrics, about every 10 min.

    A circuit's values lie around 0.15 and for some hours of the week, at times of its own, around
    0.35. The scatter is a hash of circuit, metric and time.
    """
    path = folder / "AppMetrics.parquet"
    of_each = ROWS // (CIRCUITS * len(METRICS_IN_ALL))
    step_us = DAYS * 86_400_000_000 // of_each
    names = ", ".join(f"'{name}'" for name in METRICS_IN_ALL)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"""
            COPY (
                SELECT
                    TIMESTAMPTZ '{START.isoformat()}'
                        + to_microseconds(step * {step_us} + circuit * 1000003) AS TimeGenerated,
                    [{names}][metric + 1] AS Name,
                    'monitoring' AS AppRoleName,
                    1 AS ItemCount,
                    0.15 + CAST(hash(circuit, metric, step) % 1000 AS DOUBLE) / 10000
                        + if((step + circuit * 37) % {of_each} < 30, 0.2, 0.0) AS Sum,
                    json_object(
                        'plant_id', printf('PLANT%03d', circuit // 25 + 1),
                        'circuit_id', printf('CIRCUIT%03d', circuit + 1),
                        'model_name', printf('forecast-%03d', circuit + 1)
                    ) AS Properties
                FROM range({of_each}) s(step), range({CIRCUITS}) c(circuit),
                    range({len(METRICS_IN_ALL)}) m(metric)
                ORDER BY 1, 2
            ) TO '{path}' (FORMAT parquet)
            """  # noqa: S608 - the path is a temporary folder's
        )
    return path
