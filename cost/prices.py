"""List prices in USD, each with its source: the only module that holds a price.

They are pay-as-you-go prices of East US; alert rules and notifications are priced for the whole
world. Azure's Retail Prices API (https://prices.azure.com/api/retail/prices) has the day's own.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

AS_OF: Final = "2026-11"
"""Month in which the prices were looked up."""

REGION: Final = "East US"

MONTH: Final = timedelta(hours=730)
"""The month of Azure's price lists."""

DAYS_A_MONTH: Final = MONTH / timedelta(days=1)

_MONITOR = "https://azure.microsoft.com/pricing/details/monitor/"
_MACHINES = "https://azure.microsoft.com/pricing/details/virtual-machines/linux/"
_STORAGE = "https://azure.microsoft.com/pricing/details/storage/data-lake/"


@dataclass(frozen=True, slots=True)
class Price:
    """A price and what is known about it."""

    usd: float
    what: str
    unit: str
    source: str
    is_inferred: bool = False
    """Derived from other prices, or not found in a price list: look it up before quoting it."""


@dataclass(frozen=True, slots=True)
class AlertPrice:
    """What a log alert rule costs a month at a frequency, and each series of one that is split."""

    frequency: timedelta
    rule: Price
    series: Price


def _alert(minutes: int, rule: float, series: float, inferred: str) -> AlertPrice:
    every = f"evaluated every {minutes} min"
    return AlertPrice(
        timedelta(minutes=minutes),
        Price(rule, f"alert rule, {every}", "month", _MONITOR, "rule" in inferred),
        Price(series, f"series of a split rule, {every}", "month", _MONITOR, "series" in inferred),
    )


# That a split rule pays its own price beside that of its series, and that a frequency between two
# pays for the faster one, is inferred too.
ALERTS: Final = (
    _alert(1, 3.00, 0.30, "rule"),
    _alert(5, 1.50, 0.15, "series"),
    _alert(10, 1.00, 0.10, "rule, series"),
    _alert(15, 0.50, 0.05, ""),
)
"""By frequency, the fastest first; slower rules pay for 15 minutes."""

INGESTION: Final = Price(2.30, "Log Analytics, analytics logs taken in", "GB", _MONITOR)
FREE_INGESTION_GB: Final = 5.0
"""A month and billing account, whatever the number of workspaces."""
RETENTION: Final = Price(0.10, "Log Analytics, interactive retention", "GB and month", _MONITOR)
LONG_TERM: Final = Price(
    0.02, "Log Analytics, long-term retention", "GB and month", _MONITOR, is_inferred=True
)
FREE_DAYS_OF_APPLICATION_TABLES: Final = 90
FREE_DAYS: Final = 31
"""Days of interactive retention that every other table has for free."""

SPARK_NODE: Final = Price(0.252, "Standard_E4s_v3", "hour", _MACHINES)
SPARK_NODE_CORES: Final = 4
"""Cores of that node; larger ones of the family cost in proportion."""
JOB_NODE: Final = Price(0.229, "Standard_DS3_v2", "hour", _MACHINES, is_inferred=True)

EMAIL: Final = Price(2.00 / 100_000, "e-mail of an action group", "e-mail", _MONITOR, True)
FREE_EMAILS: Final = 1_000
SMS: Final = Price(0.0075, "SMS to a number in the USA", "SMS", _MONITOR, True)
FREE_SMS: Final = 100
WEBHOOK: Final = Price(0.60 / 1_000_000, "call of a webhook", "call", _MONITOR, True)
FREE_WEBHOOKS: Final = 100_000

STORAGE: Final = Price(0.0208, "Data Lake Storage, hot, locally redundant", "GB", _STORAGE, True)

PRICES: Final = (
    *(price for alert in ALERTS for price in (alert.rule, alert.series)),
    INGESTION,
    RETENTION,
    LONG_TERM,
    SPARK_NODE,
    JOB_NODE,
    EMAIL,
    SMS,
    WEBHOOK,
    STORAGE,
)
"""Every price that an estimate uses."""
