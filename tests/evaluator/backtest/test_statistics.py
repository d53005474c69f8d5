"""What is counted, as docs/backtest.md defines it."""

from collections.abc import Sequence
from datetime import timedelta

from evaluator.backtest.alerts import Alerts, fold_alerts
from evaluator.backtest.statistics import Period, statistics
from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.result import DimensionCombination
from evaluator.rules import Condition, LogAlertRule
from tests.evaluator.backtest.conftest import BY_CIRCUIT, DAY, HOURS, MINUTES, START, rule

C1: DimensionCombination = (("circuit_id", "C1"),)
C2: DimensionCombination = (("circuit_id", "C2"),)
SPLIT = Condition("Maximum", "GreaterThan", 0, "Sum", BY_CIRCUIT)


def folded(subject: LogAlertRule, **states: str) -> Alerts:
    """Evaluate series written as `x` where the condition is met, `.` where not, `!` failed."""
    length = max(map(len, states.values()))
    measurements = []
    for number in range(length):
        signs = {name: text[number] for name, text in states.items()}
        failure = "too large" if "!" in signs.values() else None
        values: dict[DimensionCombination, tuple[float | None, ...]] = {
            (("circuit_id", name),): (float(sign == "x"),) for name, sign in signs.items()
        }
        now = START + number * subject.evaluation_frequency
        measurements.append(Measurement(now, {} if failure else values, failure))
    return fold_alerts(subject, measurements)


def stateful(minutes: int = 30) -> LogAlertRule:
    return rule(condition=SPLIT, minutes=minutes)


def stateless(mute: timedelta | None = None) -> LogAlertRule:
    return rule(condition=SPLIT, minutes=30, auto_mitigate=False, mute=mute)


def test_an_alert_lasts_from_fired_to_resolved() -> None:
    alerts = folded(stateful(), C1="..xx.xx..")
    counted = statistics(stateful(), alerts, DAY)

    (alert,) = alerts.alerts
    assert (alert.fired_at, alert.resolved_at) == (START + 60 * MINUTES, START + 240 * MINUTES)
    assert (counted.fired, counted.series, counted.called, counted.resolved) == (1, 1, 1, 1)
    assert counted.firing == counted.longest == 3 * HOURS
    assert counted.notifications_per_day == 2


def test_an_alert_that_never_resolves_lasts_to_the_end_of_the_period() -> None:
    alerts = folded(stateful(), C1="..x")
    counted = statistics(stateful(), alerts, DAY)

    assert alerts.alerts[0].resolved_at is None
    assert (counted.firing, counted.resolved) == (23 * HOURS, 0)


def test_series_add_up_and_the_longest_is_of_one() -> None:
    counted = statistics(stateful(), folded(stateful(), C1="x..x..", C2="xxx..."), DAY)

    assert (counted.fired, counted.series) == (3, 2)
    assert counted.longest == 2 * HOURS
    assert counted.firing == 4 * HOURS
    assert counted.notifications_per_day == 6


def test_notifications_are_of_a_day() -> None:
    week = Period(START, START + 7 * 24 * HOURS)

    assert statistics(stateful(), folded(stateful(), C1="x.."), week).notifications_per_day == 2 / 7


def test_an_alert_that_comes_back_within_a_day_of_its_end_flaps() -> None:
    within = "x.." + "." * 47 + "x.."
    after = "x.." + "." * 48 + "x.."

    assert statistics(stateful(), folded(stateful(), C1=within), DAY).flaps == 1
    assert statistics(stateful(), folded(stateful(), C1=after), DAY).flaps == 0
    assert statistics(stateful(), folded(stateful(), C1="x.....", C2="...x.."), DAY).flaps == 0


def test_a_stateless_rule_makes_an_alert_each_time_and_cannot_flap() -> None:
    counted = statistics(stateless(), folded(stateless(), C1="xx.x"), DAY)

    assert (counted.fired, counted.called, counted.resolved) == (3, 3, 0)
    assert counted.flaps is None
    assert (counted.firing, counted.longest) == (90 * MINUTES, 60 * MINUTES)


def test_what_the_mute_holds_back_is_counted() -> None:
    muted = stateless(mute=60 * MINUTES)
    counted = statistics(muted, folded(muted, C1="xxxxx"), DAY)

    assert (counted.fired, counted.called, counted.muted) == (5, 3, 2)
    assert counted.notifications_per_day == 3


def test_failed_evaluations_are_counted_and_change_nothing() -> None:
    alerts = folded(stateful(), C1="x!!..")
    counted = statistics(stateful(), alerts, DAY)

    assert (counted.failures, counted.fired, counted.resolved) == (2, 1, 1)
    assert [f.reason for f in alerts.failures] == ["too large"] * 2


def test_nothing_fired() -> None:
    counted = statistics(stateful(), folded(stateful(), C1="..."), DAY)

    nothing: Sequence[object] = (0, 0, timedelta(0), timedelta(0), 0, 0, 0.0, 0)
    assert (
        counted.fired,
        counted.series,
        counted.firing,
        counted.longest,
        counted.called,
        counted.resolved,
        counted.notifications_per_day,
        counted.flaps,
    ) == nothing
