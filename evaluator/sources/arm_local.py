"""What an evaluation carries with it: the loops and lambdas around it, and what it has cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from evaluator.sources.arm_values import Value

MAX_STEPS: Final = 2_000_000
STEPS_OF_A_ROUND: Final = 100
MAX_DEPTH: Final = 120


class TooLargeError(Exception):
    """A template that expands without bound."""


@dataclass(slots=True)
class Effort:
    """What evaluating a file has cost; shared by all its nested deployments."""

    steps: int = 0
    depth: int = 0

    def enter(self, steps: int = 1) -> None:
        """Count a step downwards.

        Raises:
            TooLargeError: there were too many.
        """
        self.steps += steps
        self.depth += 1
        if self.steps > MAX_STEPS or self.depth > MAX_DEPTH:
            raise TooLargeError

    def leave(self) -> None:
        """Step back up."""
        self.depth -= 1


@dataclass(frozen=True, slots=True)
class Local:
    """Names that hold only inside a loop or a lambda."""

    loops: Mapping[str, int] = field(default_factory=dict)
    """Indexes of loops by name; that of the innermost under the empty name."""
    variables: Mapping[str, Value] = field(default_factory=dict)

    def in_loop(self, name: str, index: int) -> "Local":
        """Go on inside a loop."""
        return replace(self, loops={**self.loops, name.lower(): index, "": index})

    def with_variable(self, name: str, value: Value) -> "Local":
        """Go on inside a lambda."""
        return replace(self, variables={**self.variables, name: value})


NOWHERE: Final = Local()
