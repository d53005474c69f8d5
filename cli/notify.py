"""Notifies of a day and prints what became of each message."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from cli.app import count
from cli.tables import text_table
from generator.diagnostics import printable
from generator.fleet import Fleet
from monitoring.notify import Notified, Outcome, compose_day, preview, send_day
from vault import MissingSecretError, Secrets


@dataclass(frozen=True, slots=True)
class NotifyRequest:
    """What is asked for."""

    results: Path
    fleet: Fleet
    problems: Sequence[str]
    is_dry_run: bool
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class NotifyAnswer:
    """What is printed, and whether something is left to do."""

    text: str
    notes: Sequence[str]
    missing: str
    """Which secrets are missing or wrong, why, and what to do; empty if none is."""
    is_complete: bool


def run_notify(request: NotifyRequest) -> NotifyAnswer:
    """Compose the messages of a day, and send them unless it is a dry run.

    Raises:
        ResultsError: it is not known which day it is, or the run is of another environment.
        OutboxInUse: another process sends the messages of this day.
        OSError: the folder cannot be written.
    """
    messages = compose_day(request.results, request.fleet, request.problems)
    if request.is_dry_run:
        notified = Notified(tuple(preview(request.results, messages)), ())
    else:
        secrets = Secrets.of(os.environ, request.fleet.environment.key_vault)
        notified = send_day(request.results, messages, request.fleet, secrets)
    notes = [
        f"mlmon: {path} is no message, so nobody gets it; look at it and remove it"
        for path in notified.damaged
    ]
    notes += [f"mlmon: {_unsent(outcome)}" for outcome in notified.unsent]
    if any(outcome.state == "waiting" for outcome in notified.unsent):
        notes.append("mlmon: what waits is sent by the next run, or by running this again")
    text = _json(request, notified) if request.style == "json" else _text(request, notified)
    return NotifyAnswer(text, notes, _missing(request, notified), notified.is_complete)


def nobody_is_told(fleet: Fleet) -> str:
    """Say why nobody hears of a fleet; empty if somebody does."""
    if fleet.environment.notifications is not None:
        return ""
    return f"the environment {fleet.name} has no `notifications`, so nobody is told"


def _unsent(outcome: Outcome) -> str:
    message = outcome.message
    which = f"the {message.kind} message of {message.day} to {message.address}"
    became = "waits" if outcome.state == "waiting" else "is undeliverable and not tried again"
    tried = ""
    if outcome.waiting is not None:
        since = outcome.waiting.since.isoformat(timespec="minutes")
        tried = f" (since {since}, {count(outcome.waiting.attempts, 'attempt')})"
    return printable(f"{which} {became}{tried}: {_reason(outcome)}")


def _reason(outcome: Outcome) -> str:
    """Say why a message was not sent; what is wrong with secrets is told once for all messages."""
    if outcome.missing:
        return f"without {', '.join(outcome.missing)} it cannot be sent"
    return outcome.reason


def _missing(request: NotifyRequest, notified: Notified) -> str:
    if not notified.missing:
        return ""
    vault = request.fleet.environment.key_vault
    where = f" or in the key vault {vault}" if vault else ""
    return f"{MissingSecretError(notified.missing)}; put that right in the environment{where}"


def _text(request: NotifyRequest, notified: Notified) -> str:
    outcomes = notified.outcomes
    if not outcomes:
        nothing = "no message" if nobody_is_told(request.fleet) else "nothing to tell anybody"
        return f"{request.results}: {nothing}"
    states = [outcome.state for outcome in outcomes]
    told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    head = f"{request.results}: {count(len(outcomes), 'message')}: {told}"
    rows = [[printable(cell) for cell in _cells(outcome)] for outcome in outcomes]
    return f"{head}\n\n{text_table(('day', 'by', 'to', 'state', 'what'), rows)}"


def _cells(outcome: Outcome) -> tuple[str, ...]:
    message = outcome.message
    what = _reason(outcome) or message.subject
    return message.day, message.kind, message.address, outcome.state, what


def _json(request: NotifyRequest, notified: Notified) -> str:
    content = {
        "results": str(request.results),
        "messages": [
            {
                **asdict(outcome.message),
                "state": outcome.state,
                "reason": outcome.reason,
                "since": outcome.waiting and outcome.waiting.since.isoformat(),
                "attempts": outcome.waiting and outcome.waiting.attempts,
            }
            for outcome in notified.outcomes
        ],
        "damaged": [str(path) for path in notified.damaged],
        "missing": list(notified.missing),
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
