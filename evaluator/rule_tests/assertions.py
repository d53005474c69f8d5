"""What an expectation says of alerts, for the coverage of rules by tests."""

from evaluator.evaluation.result import AlertState
from evaluator.rule_tests.comparing import IN_ALERT
from evaluator.rule_tests.plan import (
    AlertsExpected,
    Expected,
    NeverExpected,
    NotificationsExpected,
    TimelineExpected,
)


def says_fired(expected: Expected) -> bool:
    """Tell whether it cannot hold unless an alert fires."""
    if isinstance(expected, AlertsExpected):
        return any(set(alert.states) <= IN_ALERT for alert in expected.alerts)
    if isinstance(expected, TimelineExpected):
        return any(IN_ALERT & set(states) for states in expected.series.values())
    if isinstance(expected, NotificationsExpected):
        return bool(expected.fired)
    return False


def says_quiet(expected: Expected) -> bool:
    """Tell whether it cannot hold unless some series, or all, stay quiet."""
    quiet = {AlertState.NO_ALERT}
    if isinstance(expected, AlertsExpected):
        return all(set(alert.states) == quiet for alert in expected.alerts)
    if isinstance(expected, TimelineExpected):
        named = [set(states) == quiet for states in expected.series.values()]
        return any(named) or (not named and set(expected.others) == quiet)
    if isinstance(expected, NotificationsExpected):
        return expected.fired == 0
    return isinstance(expected, NeverExpected)
