"""Whether a series meets a rule's condition (E9 of docs/how-azure-evaluates-your-rule.md)."""

import operator
from collections.abc import Callable, Sequence
from typing import Final

from evaluator.rules import Condition, Operator

WindowValues = Sequence[float | None]
"""Values of a series by window, the newest first; None where a window has none."""

_COMPARISONS: Final[dict[Operator, Callable[[float, float], bool]]] = {
    "Equal": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}


def violation(condition: Condition) -> Callable[[float | None], bool]:
    """Make the test of one window: a window without a value, or with NaN, violates nothing (E8)."""
    compare, threshold = _COMPARISONS[condition.operator], condition.threshold
    return lambda value: value is not None and compare(value, threshold)


def met(condition: Condition) -> Callable[[WindowValues], bool]:
    """Make the test of a series: enough windows violate the threshold, in a row or not."""
    compare, threshold = _COMPARISONS[condition.operator], condition.threshold
    enough = condition.min_failing_periods_to_alert

    def is_met(values: WindowValues) -> bool:
        return sum(v is not None and compare(v, threshold) for v in values) >= enough

    return is_met
