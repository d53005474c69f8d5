"""The whole evaluation of one circuit's readings, as Markdown."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.budget import fit_budget
from monitoring.drift.evaluation import tables
from monitoring.drift.evaluation.detection import Detection, judge_delay, judge_fault
from monitoring.drift.evaluation.faults import FAULTS, inject, ramp, shift
from monitoring.drift.evaluation.null import judge_null
from monitoring.drift.evaluation.other_tools import other_tools
from monitoring.drift.evaluation.rules import CalibratedRule, Rule
from monitoring.drift.history import DailySeries, ScoreHistory, day_date, replay
from monitoring.drift.ladder import Ladder
from monitoring.drift.limits import LimitSettings, own_limits, replay_verdicts
from monitoring.drift.scores import exceedances, largest, measure

FloatArray = NDArray[np.float64]

INJECTION_STEP: Final = 4
"""Every so manieth judged run gets each fault in each sensor; other tools every second of them."""
DELAYED: Final = (shift(1), shift(2), shift(3), ramp(2, 7), ramp(2, 30))


def evaluate(name: str, series: DailySeries, judged: int, ladder: Ladder) -> str:
    """Measure rules on readings of a circuit, as they were and with faults put in.

    Args:
        name: of the readings, for the heading.
        series: readings of at least two features over at least 345 days before the judged runs.
        judged: last daily runs that are judged.
        ladder: exceedances of the calibrated rule's alarms.

    Raises:
        ValueError: the calibrated rule would still warm up in the judged runs.
    """
    history = replay(series)
    ours = CalibratedRule(series, ladder=ladder, history=history)
    year = history.days[-judged:].tolist()
    if len(year) < judged or np.isnan(ours.verdicts.of_circuit[-judged]):
        needed = LimitSettings().minimum_runs
        raise ValueError(
            f"{name}: the first of the last {judged} runs has fewer than {needed} past runs "
            "with scores; give more readings or judge fewer runs"
        )
    rules: list[Rule] = [ours, *other_tools()]
    faulty_days = year[::INJECTION_STEP]
    ours_found = [judge_fault(ours, series, fault, faulty_days) for fault in FAULTS]
    parts = [
        f"### {name}: {len(series.features)} features, {history.days.size} daily runs, "
        f"the last {len(year)} judged ({day_date(year[0])} to {day_date(year[-1])})",
        "#### Null replay",
        tables.null_table([judge_null(rule, series, year) for rule in rules]),
        *_history(ours, judged),
        f"#### Detection, sensor / circuit, {ours_found[0].injections} injections of each",
        "σ is the standard deviation of the 30-day reference window.",
        _detection(series, rules, ours_found, faulty_days),
        "#### Detection by faulty sensor, calibrated",
        tables.feature_table(series.features, ours_found),
        *_own_sigma(series, ours, faulty_days, year[0]),
        *_severe(series, ours, faulty_days, ours_found),
        *_delays(series, ours, year),
        *_slow_ramp(series, year, ladder),
    ]
    return "\n\n".join(parts)


def _detection(
    series: DailySeries, rules: Sequence[Rule], ours: Sequence[Detection], days: Sequence[int]
) -> str:
    found = list(ours)
    for rule in rules[1:]:
        found += [judge_fault(rule, series, fault, days[::2]) for fault in FAULTS]
    return tables.detection_table(found)


def _own_sigma(
    series: DailySeries, rule: CalibratedRule, days: Sequence[int], first: int
) -> list[str]:
    """Size shifts by the whole past, as a person who knows the sensor does."""
    sigma = np.nanstd(series.between(first - 10_000, first - 7), axis=1)
    found = [
        judge_fault(rule, series, shift(size), days, size=lambda _: sigma) for size in (0.5, 1, 2)
    ]
    return [
        "#### Detection, sensor / circuit, σ of all readings before the judged year",
        tables.detection_table(found),
    ]


def _history(rule: CalibratedRule, judged: int) -> list[str]:
    rows = []
    for label, settings, exclude in (
        ("330 runs, severe runs left out (shipped)", LimitSettings(), rule.ladder.immediate),
        ("330 runs, all kept", LimitSettings(), np.inf),
        ("330 runs, every alarm left out", LimitSettings(), rule.ladder.schedule),
        ("180 runs", LimitSettings(runs=180, minimum_runs=180), rule.ladder.immediate),
        ("99 runs", LimitSettings(runs=99, minimum_runs=99), rule.ladder.immediate),
    ):
        over = replay_verdicts(rule.history, settings, exclude).of_circuit[-judged:]
        rows.append(
            [
                label,
                tables.percent(float((over > rule.ladder.schedule).mean())),
                tables.percent(float((over > rule.ladder.immediate).mean())),
            ]
        )
    # From the first run with too short a history on, whatever the calendar says.
    early = replay_verdicts(rule.history, LimitSettings(minimum_runs=99), rule.ladder.immediate)
    over = early.of_circuit
    for label, low, high in (
        ("runs with 99 to 179 past ones", 105, 186),
        ("runs with 180 to 299 past ones", 186, 306),
        ("all runs with 300 or more past ones", 306, over.size),
    ):
        part = over[low:high]
        rows.append(
            [
                label,
                tables.percent(float((part > rule.ladder.schedule).mean())),
                tables.percent(float((part > rule.ladder.immediate).mean())),
            ]
        )
    header = ["history", "circuit-days", "severe circuit-days"]
    return ["#### What the history decides, calibrated", tables.table(header, rows)]


def _severe(
    series: DailySeries, rule: CalibratedRule, days: Sequence[int], found: Sequence[Detection]
) -> list[str]:
    """Raise the severe limit on all verdicts of this transformer, the budget's worst case."""
    budget = fit_budget([rule.verdicts.of_circuit], configured=rule.ladder.immediate)
    raised = CalibratedRule(
        series,
        ladder=Ladder(rule.ladder.schedule, budget.immediate),
        history=rule.history,
    )
    again = [judge_fault(raised, series, fault, days) for fault in FAULTS]
    return [
        "#### The budget of severe alarms",
        f"{budget.circuit_days} circuit-days with a verdict; {budget.severe_at_configured} severe "
        f"at {budget.configured:g}, {budget.severe} at {budget.immediate:.3f} "
        f"(budget {tables.percent(budget.budget)}).",
        tables.severe_table(
            [(f"above {rule.ladder.immediate:g}", found), (f"above {budget.immediate:.3f}", again)]
        ),
    ]


def _delays(series: DailySeries, rule: CalibratedRule, year: Sequence[int]) -> list[str]:
    onsets = year[7:-37:21]
    if not onsets:
        return []  # so few judged runs leave no time to see a fault
    nothing = shift(0)
    found = [judge_delay(rule, series, fault, onsets) for fault in [nothing, *DELAYED]]
    return [
        "#### Delay of the circuit's first alarm after the onset of a lasting fault, calibrated",
        "The row of shift 0 is what chance alone does.",
        tables.delay_table(found),
    ]


def _slow_ramp(series: DailySeries, year: Sequence[int], ladder: Ladder) -> list[str]:
    """Let a sensor wander by 2 σ in 120 days and judge its last weeks by both references."""
    fault = ramp(2, 120)
    hits = dict.fromkeys(("rolling", "training"), np.zeros(2))
    count = 0
    onsets = year[14:-120:60]
    if not onsets:
        return []
    for onset in onsets:
        training = series.reference(onset)
        before = [day for day in series.complete_days() if day < onset]
        histories = {
            "rolling": replay(series, before),
            "training": replay(series, [d for d in before if d <= onset - 37], training=training),
        }
        for j in range(len(series.features)):
            count += 1
            for k, data in enumerate((inject(series, fault, j, onset, onset + 120), series)):
                for name, history in histories.items():
                    fixed = training if name == "training" else None
                    alarm = _alarms_late(data, history, onset, fixed, ladder)
                    hits[name] = hits[name] + np.eye(2)[k] * alarm
    rows = [[name, *(f"{share:.2f}" for share in hits[name] / count)] for name in hits]
    return [
        f"#### A slow ramp, 0 to 2 σ over 120 days, {count} ramps from {len(onsets)} onsets",
        "Whether the circuit alarms in any of the last seven runs judged (every fifth day), "
        "with limits from before the onset.",
        tables.table(["reference", "with the ramp", "without"], rows),
    ]


def _alarms_late(
    data: DailySeries,
    history: ScoreHistory,
    onset: int,
    training: FloatArray | None,
    ladder: Ladder,
) -> bool:
    limits, _ = own_limits(history, onset, LimitSettings(minimum_runs=250))
    for day in range(onset + 90, onset + 121, 5):
        reference = data.reference(day) if training is None else training
        scores = measure(data.features, reference, data.current(day), statistics=()).scores
        if float(largest(largest(exceedances(scores, limits)))) > ladder.schedule:
            return True
    return False
