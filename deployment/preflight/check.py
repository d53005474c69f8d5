"""What a pre-flight check found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "refused", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at before anything is deployed."""

    name: str
    state: State
    """`refused` stops the deployment; `skipped` could not be looked at."""
    found: str
    advice: str = ""
    """What to do; empty if there is nothing to do."""


def is_refused(checks: Sequence[Check]) -> bool:
    """Tell whether anything stops the deployment."""
    return any(check.state == "refused" for check in checks)
