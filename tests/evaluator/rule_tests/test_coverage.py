"""Which rules count as tested."""

import pytest

from evaluator.rule_tests.coverage import coverage, coverage_report, covered_share
from tests.evaluator.rule_tests.conftest import RULES, Run
from tests.evaluator.rule_tests.test_running import DEGRADED

ROWS = "input: [{table: AppMetrics, set: {Name: model_accuracy_mae, Properties: {circuit_id: c1}}, values: {Sum: '0.4x59'}}]"  # noqa: E501
QUIET_ROWS = ROWS.replace("0.4", "0.1")


def covered(run: Run, expect: str, rows: str = ROWS) -> tuple[bool, bool]:
    text = f"version: 1\ntests:\n  - name: one\n    {rows}\n    expect: [{expect}]\n"
    ran = run(text)
    found = {c.rule_id: c for c in coverage(ran.results, RULES)}["mae-high"]
    return bool(found.fires), bool(found.stays_quiet)


@pytest.mark.parametrize(
    "expect",
    [
        "{rule: mae-high, at: 15m, alerts: [{dimensions: {circuit_id: c1}}]}",
        "{rule: mae-high, timeline: {'{circuit_id: c1}': '0m..10m NoAlert, 15m Fired'}}",
        "{rule: mae-high, notifications: {fired: 1}}",
    ],
)
def test_a_test_that_holds_and_says_fired_covers_the_firing(run: Run, expect: str) -> None:
    assert covered(run, expect) == (True, False)


@pytest.mark.parametrize(
    "expect",
    [
        "{rule: mae-high, at: 15m, alerts: []}",
        "{rule: mae-high, timeline: NoAlert}",
        "{rule: mae-high, never: {}}",
        "{rule: mae-high, notifications: {fired: 0}}",
    ],
)
def test_a_test_that_holds_and_says_quiet_with_data_covers_the_quiet(run: Run, expect: str) -> None:
    assert covered(run, expect, QUIET_ROWS) == (False, True)
    assert covered(run, expect) == (False, False), "it fails"


def test_quiet_without_data_covers_nothing(run: Run) -> None:
    nothing = "input: [{table: AppEvents, values: {ItemCount: '1x59'}}]"

    assert covered(run, "{rule: mae-high, never: {}}", nothing) == (False, False)
    assert covered(run, "{rule: mae-high, at: 0m, alerts: []}", QUIET_ROWS) == (False, False)


def test_resolved_calls_and_states_that_are_not_fired_do_not_cover_the_firing(run: Run) -> None:
    assert covered(run, "{rule: mae-high, notifications: {resolved: 0}}") == (False, False)


def test_the_report_lists_every_rule_and_the_share(run: Run) -> None:
    both = coverage(run(DEGRADED).results, RULES)

    assert covered_share(both) == 0.25
    assert coverage_report(both) == (
        "rule             tests  fires  stays quiet\n"
        "errors           0      NO     NO\n"
        "learned          0      NO     NO\n"
        "mae-high         1      yes    yes\n"
        "nothing-arrives  0      NO     NO\n"
        "\n"
        "1 of 4 rules have a test of both kinds (25%)"
    )
