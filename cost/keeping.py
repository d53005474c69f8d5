"""What it costs to keep data: retention of log tables, and files in storage."""

from collections.abc import Sequence
from datetime import timedelta

from cost.assumptions import Assumptions
from cost.ingestion import Volume
from cost.prices import (
    FREE_DAYS,
    FREE_DAYS_OF_APPLICATION_TABLES,
    LONG_TERM,
    RETENTION,
    STORAGE,
)
from generator.fleet import Fleet
from generator.models.environments import LogAnalytics

_DAY = timedelta(days=1)


def retention_usd(volumes: Sequence[Volume], settings: LogAnalytics) -> float:
    """Price the retention beyond what is free for a month, once tables are full, in USD."""
    return sum(_table_usd(volume, settings) for volume in volumes)


def kept_days(table: str, settings: LogAnalytics) -> tuple[int, int]:
    """Days of interactive retention of a table, and days in all."""
    own = settings.tables.get(table)
    if own is None:
        return settings.retention_days, settings.retention_days
    return own.days, own.total_days


def _table_usd(volume: Volume, settings: LogAnalytics) -> float:
    days, total = kept_days(volume.table, settings)
    free = FREE_DAYS_OF_APPLICATION_TABLES if volume.table.startswith("App") else FREE_DAYS
    paid, archived = max(0, days - free), total - days
    return volume.bytes_a_day / 1e9 * (paid * RETENTION.usd + archived * LONG_TERM.usd)


def storage_gb(fleet: Fleet, assumed: Assumptions) -> float:
    """Gigabytes of production data and baselines, once the oldest day is deleted."""
    days = assumed.data_days + assumed.baseline_days
    rows = sum(_DAY / c.sample_every * 8 * (len(c.features) + 1) for c in fleet.circuits)
    return rows * days / 1e9


def storage_usd(fleet: Fleet, assumed: Assumptions) -> float:
    """Price that data for a month, in USD."""
    return storage_gb(fleet, assumed) * STORAGE.usd
