"""The states of an alert and what leads from one to the next (E10 to E13).

The names of the states are those of Microsoft's PreviewAlertRule response; which state follows
which is inferred from what the pages on state, resolving and muting say. The page
docs/how-azure-evaluates-your-rule.md shows these tables; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from evaluator.evaluation.result import AlertState


class Signal(Enum):
    """What an evaluation says of a series."""

    MET = "met"
    MET_WHILE_MUTED = "met while muted"
    NOT_MET = "not met"
    RECOVERED = "not met for long enough"


@dataclass(frozen=True, slots=True)
class Transition:
    """The state that follows, and who is told."""

    state: AlertState
    actions_called: bool = False
    resolution_notified: bool = False


Table = Mapping[tuple[AlertState, Signal], Transition]

_FIRE: Final = Transition(AlertState.FIRED, actions_called=True)
_FIRE_QUIETLY: Final = Transition(AlertState.FIRED)
_STAY: Final = Transition(AlertState.FIRING)
_HEAL: Final = Transition(AlertState.RESOLVING)
_RESOLVE: Final = Transition(AlertState.RESOLVED, resolution_notified=True)
_REST: Final = Transition(AlertState.NO_ALERT)

STATEFUL: Final[Table] = {
    (AlertState.NO_ALERT, Signal.MET): _FIRE,
    (AlertState.NO_ALERT, Signal.NOT_MET): _REST,
    (AlertState.FIRED, Signal.MET): _STAY,
    (AlertState.FIRED, Signal.NOT_MET): _HEAL,
    (AlertState.FIRED, Signal.RECOVERED): _RESOLVE,
    (AlertState.FIRING, Signal.MET): _STAY,
    (AlertState.FIRING, Signal.NOT_MET): _HEAL,
    (AlertState.FIRING, Signal.RECOVERED): _RESOLVE,
    (AlertState.RESOLVING, Signal.MET): _STAY,
    (AlertState.RESOLVING, Signal.NOT_MET): _HEAL,
    (AlertState.RESOLVING, Signal.RECOVERED): _RESOLVE,
    (AlertState.RESOLVED, Signal.MET): _FIRE,
    (AlertState.RESOLVED, Signal.NOT_MET): _REST,
}

STATELESS: Final[Table] = {
    (AlertState.NO_ALERT, Signal.MET): _FIRE,
    (AlertState.NO_ALERT, Signal.MET_WHILE_MUTED): _FIRE_QUIETLY,
    (AlertState.NO_ALERT, Signal.NOT_MET): _REST,
    (AlertState.FIRED, Signal.MET): _FIRE,
    (AlertState.FIRED, Signal.MET_WHILE_MUTED): _FIRE_QUIETLY,
    (AlertState.FIRED, Signal.NOT_MET): _REST,
}

ACTIVE: Final = frozenset((AlertState.FIRED, AlertState.FIRING, AlertState.RESOLVING))
"""States of a stateful alert that is not resolved."""
