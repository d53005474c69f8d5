"""When a rule is evaluated (E1 of docs/how-azure-evaluates-your-rule.md)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta


def evaluation_times(
    start: datetime,
    last: datetime,
    frequency: timedelta,
    phase: timedelta = timedelta(0),
) -> Iterator[datetime]:
    """Go through `start + phase + k * frequency` for k = 0, 1, ... up to `last`, itself included.

    The times are in UTC. Azure promises how often a rule runs, not when
    (https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule): the real
    phase is the service's, and a verdict that depends on it is fragile.

    Raises:
        ValueError: a time has no time zone, the frequency is not positive, or the phase is
            negative.
    """
    if start.tzinfo is None or last.tzinfo is None:
        raise ValueError("times of evaluations need a time zone")
    if frequency <= timedelta(0):
        raise ValueError(f"a frequency of {frequency} never ends")
    if phase < timedelta(0):
        raise ValueError("a phase is not negative: evaluations begin at the start or after it")
    moment, end = start.astimezone(UTC) + phase, last.astimezone(UTC)
    while moment <= end:
        yield moment
        moment += frequency
