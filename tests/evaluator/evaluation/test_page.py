"""docs/how-azure-evaluates-your-rule.md against the code that it explains."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from evaluator.evaluation.result import AlertState, Evaluation
from evaluator.evaluation.state import evaluations_to_resolve
from evaluator.evaluation.transition_table import STATEFUL, STATELESS, Signal, Table
from generator.azure import (
    EVALUATION_FREQUENCIES,
    MAX_ACTIVE_ALERTS,
    MAX_DIMENSIONS,
    MAX_STATEFUL_FREQUENCY,
    MAX_STATEFUL_SERIES,
    MAX_STATELESS_SERIES,
)
from generator.durations import iso_duration
from tests.evaluator.evaluation.examples import MAE_HIGH, START, at, degrading_circuit, stateful

PAGE = Path(__file__).parents[3] / "docs" / "how-azure-evaluates-your-rule.md"
TEXT = PAGE.read_text(encoding="utf-8")


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *body))


def _transitions(table: Table) -> str:
    signals = [signal for signal in Signal if any(s is signal for _, s in table)]
    states = [state for state in AlertState if any(s is state for s, _ in table)]
    return _table(
        [
            ["state before", *(signal.value for signal in signals)],
            *([s.value, *(_cell(table, s, signal) for signal in signals)] for s in states),
        ]
    )


def _cell(table: Table, state: AlertState, signal: Signal) -> str:
    after = table.get((state, signal))
    if after is None:
        return ""
    told = ", actions called" if after.actions_called else ""
    return after.state.value + told + (", resolution told" if after.resolution_notified else "")


def _resolve_delays() -> Iterator[list[str]]:
    for name, frequency in EVALUATION_FREQUENCIES.items():
        if frequency <= MAX_STATEFUL_FREQUENCY:
            rule = stateful(frequency=frequency.total_seconds() / 60)
            evaluations = evaluations_to_resolve(rule)
            yield [f"`{name}`", str(evaluations), iso_duration(frequency * evaluations)]


def _offset(evaluation: Evaluation) -> str:
    hours, minutes = divmod((evaluation.evaluation_time - START).seconds // 60, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or not hours else "")


def _worked_timeline(evaluations: Sequence[Evaluation]) -> str:
    parts = []
    for state, group in groupby(evaluations, key=lambda e: e.alert_state.value):
        times = [_offset(evaluation) for evaluation in group]
        parts.append(
            f"{times[0]}..{times[-1]} {state}" if len(times) > 1 else f"{times[0]} {state}"
        )
    return ", ".join(parts)


def _worked_evaluations(evaluations: Sequence[Evaluation]) -> Iterator[list[str]]:
    for evaluation in evaluations:
        if at(70) <= evaluation.evaluation_time <= at(115):
            violated = sum(p.threshold_met for p in evaluation.evaluated_periods)
            told = "actions called" if evaluation.actions_called else ""
            told = "resolution told" if evaluation.resolution_notified else told
            values = [f"{p.metric_value:.1f}" for p in evaluation.evaluated_periods]
            state = evaluation.alert_state.value
            yield [_offset(evaluation), " ".join(values), str(violated), state, told]


def test_every_semantic_has_its_heading_in_order() -> None:
    assert re.findall(r"^### E(\d+)\. \w", TEXT, re.MULTILINE) == [str(n) for n in range(1, 16)]


def test_every_semantic_names_its_source() -> None:
    for section in re.split(r"^##+ ", TEXT, flags=re.MULTILINE):
        if re.match(r"E\d+\. ", section):
            assert re.search(r"^Source(s)?: .*\]\(https://", section, re.MULTILINE), section


def test_every_semantic_has_a_test_of_its_name() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )

    for number in range(1, 16):
        assert f"def test_e{number:02}_" in tests


def test_the_page_shows_the_tables_of_the_state_machine() -> None:
    assert _transitions(STATEFUL) in TEXT
    assert _transitions(STATELESS) in TEXT


def test_the_page_shows_how_long_an_alert_takes_to_resolve() -> None:
    head = ["`evaluationFrequency`", "evaluations not met", "time after the last met one"]

    assert _table([head, *_resolve_delays()]) in TEXT


def test_the_page_shows_the_limits() -> None:
    for limit in (MAX_STATEFUL_SERIES, MAX_STATELESS_SERIES, MAX_ACTIVE_ALERTS, MAX_DIMENSIONS):
        assert re.search(rf"\b{limit:,}\b", TEXT), limit


def test_the_worked_timeline_is_what_the_code_says() -> None:
    evaluations = degrading_circuit(MAE_HIGH).series[0].evaluations
    head = ["at", "windows, newest first", "violated", "state", "told"]

    assert _worked_timeline(evaluations) in TEXT
    assert _table([head, *_worked_evaluations(evaluations)]) in TEXT


def test_the_page_has_one_sentence_a_line() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith(("|", "#"))]

    assert [line for line in lines if re.search(r"[.?!] [A-Z*]", line)] == []
