"""Markdown tables of an evaluation."""

import math
from collections.abc import Iterable, Sequence

from monitoring.drift.evaluation.detection import Delay, Detection
from monitoring.drift.evaluation.null import NullResult


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table whose first column is text and whose others are numbers."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, rule, *rows])


def null_table(results: Sequence[NullResult]) -> str:
    """Show how often each rule alarms on days as they were."""
    header = ["rule", "feature-days", "circuit-days", "severe circuit-days", "episodes"]
    return table(
        header,
        (
            [
                r.rule,
                percent(r.feature_rate),
                percent(r.circuit_rate),
                percent(r.severe_rate) if r.has_severe else "-",
                str(r.episodes),
            ]
            for r in results
        ),
    )


def detection_table(results: Sequence[Detection]) -> str:
    """Show the share of faults that each rule sees: by the faulty sensor / by the circuit."""
    rules = list(dict.fromkeys(r.rule for r in results))
    faults = list(dict.fromkeys(r.fault for r in results))
    found = {(r.rule, r.fault): r for r in results}
    rows = [
        [fault]
        + [f"{found[rule, fault].sensor:.2f} / {found[rule, fault].circuit:.2f}" for rule in rules]
        for fault in faults
    ]
    return table(["fault", *rules], rows)


def severe_table(columns: Sequence[tuple[str, Sequence[Detection]]]) -> str:
    """Show the share of faults with a severe alarm, by what limit severe alarms have."""
    faults = [d.fault for d in columns[0][1]]
    rows = [
        [fault] + [f"{detections[i].severe:.2f}" for _, detections in columns]
        for i, fault in enumerate(faults)
    ]
    return table(["fault", *(name for name, _ in columns)], rows)


def delay_table(results: Sequence[Delay]) -> str:
    """Show how soon lasting faults are seen."""
    header = ["fault", "faults", "within 1 day", "3 days", "7 days", "37 days", "median days"]
    return table(
        header,
        (
            [r.fault, str(r.days.size)]
            + [f"{r.within(days):.2f}" for days in (1, 3, 7, 37)]
            + ["-" if math.isinf(r.median) else f"{r.median:.0f}"]
            for r in results
        ),
    )


def feature_table(features: Sequence[str], results: Sequence[Detection]) -> str:
    """Show detection by which sensor is faulty."""
    rows = [[r.fault, *(f"{share:.2f}" for share in r.by_feature)] for r in results]
    return table(["fault", *features], rows)


def percent(share: float) -> str:
    """Show a share as per cent with one decimal."""
    return f"{100 * share:.1f} %"
