"""Time as delivery sees it, so that a test can let it pass."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """What tells the time and what waits."""

    now: Callable[[], datetime] = _now
    """The time of day, for what is written down."""
    elapsed: Callable[[], float] = time.monotonic
    """Seconds since whenever, for what is waited for; it never goes back."""
    sleep: Callable[[float], None] = time.sleep
    """Waits some seconds."""
