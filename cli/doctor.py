"""What `mlmon doctor` prints."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from cli.tables import text_table
from deployment.doctor.examination import Diagnosis, examine
from deployment.subscription import environment_manager
from evaluator.analysis.language_service import language_service
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.tables import read_tables
from generator.loader import Configuration
from generator.project import ROOT
from generator.resolve import resolve


@dataclass(frozen=True, slots=True)
class DoctorRequest:
    """What is asked for."""

    configuration: Configuration
    environment: str
    wait: timedelta | None
    """How long the probe is looked for; None sends none."""
    style: Literal["text", "json"]


def run_doctor(
    request: DoctorRequest, now: datetime, note: Callable[[str], None]
) -> tuple[str, bool]:
    """Examine an environment; return what is printed, and whether all is well.

    Raises:
        DeploymentError: Azure cannot be reached, or the environment is not there.
        ConfigurationError: the header of a query cannot be understood.
        LanguageServiceMissing: what reads the queries is not installed.
    """
    fleet = resolve(request.configuration, request.environment)
    rules = project_rules(request.configuration, request.environment)
    service = language_service(read_tables(ROOT / "kql" / "tables"))
    with environment_manager(fleet) as manager:
        diagnosis = examine(manager, fleet, rules, service, now=now, wait=request.wait, note=note)
    text = _json(diagnosis) if request.style == "json" else _text(diagnosis)
    return text, not diagnosis.problems()


def _text(diagnosis: Diagnosis) -> str:
    blocks = [
        text_table(
            ("table", "first row (30 days)", "last row", "rows in 24 h"),
            [
                (t.name, _time(t.first), _time(t.last), f"{t.rows_of_a_day:,}")
                for t in diagnosis.tables
            ],
            right=("rows in 24 h",),
        ),
        text_table(
            ("rule", "rows now", "would fire", "fired in Azure", "note"),
            [_rule_row(diagnosis, rule) for rule in diagnosis.rules],
            right=("rows now", "would fire", "fired in Azure"),
        ),
    ]
    if diagnosis.probe is not None and diagnosis.probe.took is not None:
        seconds = diagnosis.probe.took.total_seconds()
        blocks.append(f"The probe was found {seconds:.0f} s after it was sent.")
    problems = diagnosis.problems()
    said = "Nothing is wrong." if not problems else "\n".join(f"wrong: {p}" for p in problems)
    return "\n\n".join([*blocks, said])


def _rule_row(diagnosis: Diagnosis, rule: LogAlertRule) -> tuple[str, str, str, str, str]:
    state, firing = diagnosis.states.states[rule.id], diagnosis.firing[rule.id]
    notes = list(state.notes)
    if not rule.enabled:
        notes.append("rendered disabled")
    if firing.series and rule.auto_mitigate and state.active_alerts == 0 and not state.problems:
        notes.append("Azure has no alert yet: look again after its next evaluation")
    return (
        rule.id,
        _number(firing.rows),
        _number(None if firing.series is None else len(firing.series)),
        _number(state.active_alerts),
        "; ".join(notes),
    )


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _time(moment: datetime | None) -> str:
    return "none" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _json(diagnosis: Diagnosis) -> str:
    probe = diagnosis.probe
    content: dict[str, Any] = {
        "environment": diagnosis.environment,
        "at": diagnosis.at.isoformat(),
        "tables": [
            {
                "name": t.name,
                "rules": list(t.rules),
                "first": t.first.isoformat() if t.first else None,
                "last": t.last.isoformat() if t.last else None,
                "rows_in_24_hours": t.rows_of_a_day,
            }
            for t in diagnosis.tables
        ],
        "rules": [_rule_json(diagnosis, rule) for rule in diagnosis.rules],
        "probe": None
        if probe is None
        else {"found_after_s": probe.took.total_seconds() if probe.took else None},
        "problems": diagnosis.problems(),
    }
    return json.dumps(content, indent=2)


def _rule_json(diagnosis: Diagnosis, rule: LogAlertRule) -> dict[str, Any]:
    state, firing = diagnosis.states.states[rule.id], diagnosis.firing[rule.id]
    series = None if firing.series is None else [dict(s) for s in firing.series]
    return {
        "name": rule.id,
        "enabled": rule.enabled,
        "rows": firing.rows,
        "would_fire": series,
        "fired_in_azure": state.active_alerts,
        "notes": list(state.notes),
    }
