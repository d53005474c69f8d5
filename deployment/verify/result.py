"""What became of each resource, and of all together."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from deployment.verify.compare import Difference


class State(Enum):
    """How a resource in Azure stands to what was rendered; in the order of reporting."""

    CHANGED = "changed"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    UNREADABLE = "unreadable"
    NOT_VALIDATED = "in sync, not validated"
    COMPANION = "companion"
    IN_SYNC = "in sync"


FAILING = frozenset((State.CHANGED, State.MISSING, State.UNEXPECTED, State.UNREADABLE))
"""What makes the command end with 1."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One resource."""

    id: str
    """As rendered; as Azure writes it for what is not rendered."""
    type: str
    name: str
    """With those of its parents, such as `law-mlops/AppEvents`."""
    state: State
    differences: tuple[Difference, ...] = ()
    note: str = ""
    """Why it is unreadable, what it belongs to, or the tables that an unvalidated rule reads."""
    place: str = ""
    """Where in the configuration it comes from; empty if nothing there made it."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Every resource of an environment: as rendered, then what else stands there."""

    environment: str
    resources: tuple[Verified, ...]
    requests: int
    """Questions that Azure was asked, repetitions not counted."""

    @property
    def is_in_sync(self) -> bool:
        """Whether Azure holds what was rendered, and everything could be read."""
        return not any(resource.state in FAILING for resource in self.resources)

    @property
    def counts(self) -> dict[State, int]:
        """How many resources are in each state that occurs."""
        found = Counter(resource.state for resource in self.resources)
        return {state: found[state] for state in State if found[state]}

    def of(self, *states: State) -> list[Verified]:
        """Resources in these states, in the order of the states."""
        return [r for state in states for r in self.resources if r.state is state]
