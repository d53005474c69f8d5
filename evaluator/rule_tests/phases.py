"""Whether an expectation also holds when the service evaluates at other times (E1).

Shifted by less than a frequency, a rule sees a row one evaluation earlier or later. That is no
disagreement: what happens may move by one evaluation, but it has to be the same. Values and counts
of windows are not compared, because shifted windows hold other rows.
"""

from dataclasses import replace
from datetime import timedelta

from evaluator.rule_tests.comparing import Story, compare
from evaluator.rule_tests.offsets import format_offset
from evaluator.rule_tests.plan import AlertsExpected, Expected, TimelineExpected
from evaluator.rule_tests.results import Difference


def compare_in_phase(expected: Expected, story: Story, phase: timedelta) -> list[Difference]:
    """Tell what differs in a further phase; the rule's verdict then depends on the phase."""
    differences = compare(expected, story)
    if not differences or _holds_one_off(expected, story):
        return []
    message = f"in the phase {format_offset(phase)} the verdict is another: "
    return [replace(d, message=message + d.message) for d in differences]


def _holds_one_off(expected: Expected, story: Story) -> bool:
    if story.failures:
        return False
    if isinstance(expected, AlertsExpected):
        near = (expected.evaluation - 1, expected.evaluation + 1)
        return any(
            not compare(replace(expected, evaluation=number), story)
            for number in near
            if 0 <= number < story.count
        )
    if isinstance(expected, TimelineExpected):
        return all(
            _is_near(expected, story, series, number)
            for series in expected.series.keys() | story.series.keys()
            for number in range(len(expected.others) - 1)  # what follows the last is not said
        )
    return False


def _is_near(
    expected: TimelineExpected, story: Story, series: tuple[tuple[str, str], ...], number: int
) -> bool:
    wanted = expected.series.get(series, expected.others)
    return story.state(series, number) in wanted[max(0, number - 1) : number + 2]
