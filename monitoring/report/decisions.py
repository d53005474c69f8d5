"""The decisions that need action, as the report shows them. Pure."""

from typing import Final

from monitoring.decision_table import TABLE
from monitoring.reasons import without_key
from monitoring.report import figures
from monitoring.report.model import Decisions, DecisionView
from monitoring.report.next_steps import next_step
from monitoring.report.records import DecisionRecord
from monitoring.report.subject import SEVERITY_TONES, Subject, needs_action

_MOST_SHOWN: Final = 60
_MOST_HELD: Final = 20
_BECAUSE: Final = {row.name: row.because for row in TABLE}


def decisions(subject: Subject) -> Decisions:
    """Show the decisions, the most severe first; beyond the first sixty by name only."""
    ranked = subject.ranked()
    due = [decision for decision in ranked if needs_action(decision)]
    held = [decision.key for decision in ranked if decision.held_by and not needs_action(decision)]
    intro = "" if due else "Nothing to do: every decision is to go on monitoring."
    return Decisions(
        len(due),
        intro,
        tuple(_view(subject, decision) for decision in due[:_MOST_SHOWN]),
        tuple(subject.link(decision.key) for decision in due[_MOST_SHOWN:]),
        f"Held back, with the reason in the fleet below: {figures.names(held, _MOST_HELD)}."
        if held
        else "",
    )


def _view(subject: Subject, decision: DecisionRecord) -> DecisionView:
    drift = subject.day.drift[decision.key]
    because, details = _reason(decision)
    version = f" version {drift.model_version}" if drift.model_version else ""
    return DecisionView(
        subject.link(decision.key),
        figures.name(drift.model_name + version),
        figures.sentence(decision.action.words),
        SEVERITY_TONES[decision.severity],
        subject.owner(decision.key),
        because,
        details,
        next_step(decision, subject.day.inputs, subject.fleet),
    )


def _reason(decision: DecisionRecord) -> tuple[str, str]:
    """Split a reason in why and what was found; the circuit is named beside it already."""
    because = _BECAUSE.get(decision.row, "")
    head, middle, tail = decision.reason.partition(f"because {because}.")
    if not because or not middle:
        head, tail = "", decision.reason
    why = figures.sentence(because) + "." if head else ""
    return why, figures.text(without_key(tail, decision.key))
