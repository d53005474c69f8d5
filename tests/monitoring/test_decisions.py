"""The decision table, what holds decisions back, and the cap over the fleet."""

import json
from dataclasses import replace
from itertools import product
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.decision_table import (
    COLUMNS,
    RULES,
    TABLE,
    Action,
    DriftFinding,
    PerformanceFinding,
    QualityFinding,
    Severity,
    table_cells,
)
from monitoring.decisions import (
    Decision,
    History,
    PerformanceEvidence,
    Policy,
    decide,
    limit_retrainings,
)
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Ladder, Rule, Step
from monitoring.quality import Check, CircuitQuality, FeatureQuality, QualityStatus

LADDERS: dict[Rule, Ladder] = {
    "document": Ladder(0.15, 0.25, "default"),
    "calibrated": Ladder(1.0, 1.5, "plant PLANT001"),
}
NO_VERDICTS = (
    DriftStatus.WARMING_UP,
    DriftStatus.INSUFFICIENT_DATA,
    DriftStatus.STALE,
    DriftStatus.ERROR,
)


def drift_of(score: float, rule: Rule = "calibrated") -> DriftEvidence:
    ladder = LADDERS[rule]
    step = ladder.step(score)
    status = {"none": DriftStatus.OK, "schedule": DriftStatus.WARN, "immediate": DriftStatus.DRIFT}
    drifted = () if step is Step.NONE else ("flow_rate", "pressure")
    return DriftEvidence(rule, status[step], step, score, ladder.schedule, ladder.origin, drifted)


def unjudged(status: DriftStatus, rule: Rule = "calibrated") -> DriftEvidence:
    return DriftEvidence.without_verdict(rule, status, LADDERS[rule], "Nobody could tell.")


def quality_of(
    status: QualityStatus = QualityStatus.OK, circuit: str = "CIRCUIT01"
) -> CircuitQuality:
    value = 0.3 if status is QualityStatus.FAILED else nan
    reason = "" if status is QualityStatus.OK else "PLANT001/CIRCUIT01 pressure: it is bad."
    check = Check("null_rate", status, value, 0.05, "share", "default", reason)
    return CircuitQuality("PLANT001", circuit, 9, (), (FeatureQuality("pressure", (check,)),))


def mae(value: float) -> PerformanceEvidence:
    return PerformanceEvidence("mae", value, 0.25, value / 0.25, "class critical")


DRIFTS = st.one_of(
    st.builds(drift_of, st.floats(0, 5), st.sampled_from(RULES)),
    st.builds(unjudged, st.sampled_from(NO_VERDICTS), st.sampled_from(RULES)),
)
QUALITIES = st.builds(quality_of, st.sampled_from(list(QualityStatus)))
PERFORMANCES = st.one_of(st.none(), st.builds(mae, st.floats(0, 1)), st.just(mae(nan)))
HISTORIES = st.builds(
    History,
    st.dictionaries(st.sampled_from(list(Action)), st.integers(0, 40)),
    st.one_of(st.none(), st.integers(0, 60)),
)


def test_a_check_that_only_warns_is_no_reason_for_maintenance() -> None:
    quality = quality_of(QualityStatus.FAILED)
    flat = Check(
        "flat_share",
        QualityStatus.WARN,
        0.036,
        0.15,
        "share",
        "built in",
        "PLANT001/CIRCUIT01 pressure: 3.6% are stretches of one value; the limit is 15%.",
    )
    features = (replace(quality.features[0], checks=(flat, *quality.features[0].checks)),)

    decision = decide(drift_of(0.5), replace(quality, features=features), None)

    assert decision.action is Action.MAINTENANCE
    assert decision.reason.endswith("on them. PLANT001/CIRCUIT01 pressure: it is bad.")


def test_exactly_one_row_applies_to_any_findings() -> None:
    for found in product(QualityFinding, RULES, DriftFinding, PerformanceFinding):
        assert len([row.name for row in TABLE if row.applies(*found)]) == 1, found


def test_every_row_has_a_name_a_reason_and_its_cells() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert all(row.because for row in TABLE)
    assert {len(cells) for cells in table_cells()} == {len(COLUMNS)}
    assert table_cells()[0][1:6] == ("bad", "any", "any", "any", "maintenance")


@pytest.mark.parametrize(
    ("score", "error", "action", "severity"),
    [
        (0.5, None, "monitor", "none"),
        (0.5, 0.2, "monitor", "none"),
        (0.5, 0.3, "schedule_retraining", "medium"),
        (1.2, 0.2, "investigate_sensor", "low"),
        (1.2, None, "schedule_retraining", "low"),
        (1.2, 0.3, "schedule_retraining", "medium"),
        (2.0, 0.2, "investigate_sensor", "medium"),
        (2.0, None, "schedule_retraining", "medium"),
        (2.0, nan, "schedule_retraining", "medium"),
        (2.0, 0.3, "retrain_now", "high"),
    ],
)
def test_the_ladder_of_the_calibrated_rule(
    score: float, error: float | None, action: str, severity: str
) -> None:
    decision = decide(drift_of(score), quality_of(), None if error is None else mae(error))

    assert (decision.action.value, decision.severity.value) == (action, severity)


@pytest.mark.parametrize(
    ("score", "action"), [(0.1, "monitor"), (0.2, "schedule_retraining"), (0.3, "retrain_now")]
)
def test_the_documents_own_ladder(score: float, action: str) -> None:
    assert decide(drift_of(score, "document"), quality_of(), None).action.value == action


@pytest.mark.parametrize("status", [s for s in QualityStatus if not s.passes])
def test_bad_data_go_to_maintenance_whatever_else_was_found(status: QualityStatus) -> None:
    decision = decide(drift_of(9.0), quality_of(status), mae(0.9))

    assert decision.action is Action.MAINTENANCE
    assert "PLANT001/CIRCUIT01 pressure: it is bad." in decision.reason
    assert "drift score" not in decision.reason


def test_a_decision_says_what_was_compared() -> None:
    decision = decide(drift_of(2.0), quality_of(), mae(0.3))

    assert decision.reason == (
        "PLANT001/CIRCUIT01: retrain now, because the drift is severe and the error rose. "
        "Compared: calibrated drift score 2 against 1 (plant PLANT001); "
        "mae 0.3 against 0.25 (class critical). Drifted: flow_rate, pressure."
    )
    assert [(c.what, c.value, c.limit, c.origin) for c in decision.compared] == [
        ("calibrated drift score", 2.0, 1.0, "plant PLANT001"),
        ("mae", 0.3, 0.25, "class critical"),
    ]
    assert decision.exceedance == 2.0


def test_a_closed_gate_is_compared_by_what_closed_it() -> None:
    decision = decide(drift_of(2.0), quality_of(QualityStatus.FAILED), mae(0.3))

    (compared,) = decision.compared
    assert (compared.what, compared.value, compared.limit) == ("pressure null_rate", 0.3, 0.05)
    assert decision.exceedance == pytest.approx(6.0)


@pytest.mark.parametrize("status", NO_VERDICTS)
def test_drift_without_a_verdict_pages_nobody_and_says_why(status: DriftStatus) -> None:
    decision = decide(unjudged(status), quality_of(), None)

    assert decision.action is Action.MONITOR
    assert decision.severity in (Severity.NONE, Severity.LOW)
    assert "Nobody could tell." in decision.reason


@pytest.mark.parametrize(
    ("drift", "performance", "earlier", "days", "held_by"),
    [
        (2.0, 0.3, Action.RETRAIN_NOW, 13, "cooldown"),
        (2.0, 0.3, Action.RETRAIN_NOW, 14, ""),
        (2.0, 0.3, Action.RETRAIN_NOW, 0, ""),
        (2.0, 0.3, Action.SCHEDULE_RETRAINING, 1, ""),
        (1.2, 0.3, Action.RETRAIN_NOW, 1, "cooldown"),
        (1.2, 0.3, Action.SCHEDULE_RETRAINING, 1, "cooldown"),
        (1.2, 0.2, Action.INVESTIGATE_SENSOR, 6, "cooldown"),
        (1.2, 0.2, Action.INVESTIGATE_SENSOR, 7, ""),
        (1.2, 0.2, Action.RETRAIN_NOW, 1, ""),
    ],
)
def test_the_cooldown(
    drift: float, performance: float, earlier: Action, days: int, held_by: str
) -> None:
    decision = decide(drift_of(drift), quality_of(), mae(performance), History({earlier: days}))

    assert decision.held_by == held_by
    assert (decision.action is Action.MONITOR) == bool(held_by)
    if held_by:
        assert f"{earlier.words} was decided {days} days ago" in decision.reason
        assert decision.proposed is not Action.MONITOR


def test_maintenance_is_never_held_back() -> None:
    history = History(dict.fromkeys(Action, 1), usable_days=0)

    decision = decide(drift_of(0.0), quality_of(QualityStatus.STALE), None, history)
    assert (decision.action, decision.held_by) == (Action.MAINTENANCE, "")


def test_a_retraining_needs_its_days_of_usable_data() -> None:
    few = decide(drift_of(2.0), quality_of(), mae(0.3), History(usable_days=29))
    enough = decide(drift_of(2.0), quality_of(), mae(0.3), History(usable_days=30))

    assert (few.action, few.held_by) == (Action.MONITOR, "minimum_data")
    assert few.reason.endswith("Held back: 29 days of usable data, 30 are needed.")
    assert enough.action is Action.RETRAIN_NOW


def fleet(scores: list[float]) -> list[Decision]:
    return [
        decide(drift_of(score), quality_of(circuit=f"CIRCUIT{number:02}"), mae(0.3))
        for number, score in enumerate(scores)
    ]


def test_the_fleet_retrains_the_largest_exceedances_first() -> None:
    decisions = limit_retrainings(fleet([1.6, 3.0, 0.1, 2.0]), Policy(max_retrainings_a_day=2))

    assert [each.action.value for each in decisions] == [
        "schedule_retraining",
        "retrain_now",
        "schedule_retraining",
        "retrain_now",
    ]
    assert [each.held_by for each in decisions] == ["fleet_cap", "", "", ""]
    assert decisions[0].reason.endswith(
        "Deferred to the schedule: it is number 3 of 3 by exceedance, "
        "and at most 2 are retrained a day."
    )


@given(st.lists(st.floats(0, 5), max_size=12), st.integers(0, 6))
def test_the_cap_holds_and_ties_do_not_depend_on_order(scores: list[float], cap: int) -> None:
    policy = Policy(max_retrainings_a_day=cap)
    decisions = fleet(scores)

    limited = limit_retrainings(decisions, policy)
    due = sum(each.action is Action.RETRAIN_NOW for each in decisions)
    kept = [each for each in limited if each.action is Action.RETRAIN_NOW]
    assert len(kept) == min(due, cap)
    assert set(limit_retrainings(decisions[::-1], policy)) == set(limited)
    assert limit_retrainings(limited, policy) == limited


@given(DRIFTS, QUALITIES, PERFORMANCES, HISTORIES)
def test_every_input_has_one_decision_with_a_reason(
    drift: DriftEvidence,
    quality: CircuitQuality,
    performance: PerformanceEvidence | None,
    history: History,
) -> None:
    decision = decide(drift, quality, performance, history)

    assert decision.reason.startswith("PLANT001/CIRCUIT01: ")
    assert (decision.action is decision.proposed) == (decision.held_by == "")
    assert decision == decide(drift, quality, performance, history)
    assert json.loads(json.dumps(decision.as_json(), allow_nan=False))["row"] == decision.row
    if decision.action.is_retraining:
        assert quality.passes
        assert decision.compared
    if drift.rule == "calibrated" and decision.action is Action.RETRAIN_NOW:
        assert performance is not None
        assert performance.value > performance.limit


@given(DRIFTS, PERFORMANCES, HISTORIES, st.sampled_from(list(QualityStatus)))
def test_worse_quality_never_yields_a_retraining(
    drift: DriftEvidence,
    performance: PerformanceEvidence | None,
    history: History,
    worse: QualityStatus,
) -> None:
    urgency = (Action.SCHEDULE_RETRAINING, Action.RETRAIN_NOW)
    good = decide(drift, quality_of(), performance, history).action
    bad = decide(drift, quality_of(worse), performance, history).action

    if bad.is_retraining:
        assert urgency.index(bad) <= urgency.index(good)


@given(st.floats(0, 5), st.floats(0, 5), PERFORMANCES)
def test_more_drift_is_never_less_severe(
    one: float, other: float, performance: PerformanceEvidence | None
) -> None:
    low, high = (
        decide(drift_of(score), quality_of(), performance) for score in sorted((one, other))
    )

    order = list(Severity)
    assert order.index(low.severity) <= order.index(high.severity)


def test_each_row_can_be_reached() -> None:
    reached = set()
    drifts = [
        drift_of(score * ladder.schedule, rule)
        for rule, ladder in LADDERS.items()
        for score in (0.5, 1.2, 3.0)
    ]
    drifts += [unjudged(status) for status in NO_VERDICTS]
    for drift, status in product(drifts, QualityStatus):
        for performance in (None, mae(0.1), mae(0.3)):
            reached.add(decide(drift, quality_of(status), performance).row)
    assert reached == {row.name for row in TABLE}


def test_a_verdict_without_a_score_is_unknown() -> None:
    odd = replace(drift_of(2.0), score=nan)

    assert decide(odd, quality_of(), None).row == "drift-unknown"
