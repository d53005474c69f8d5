"""The view of a night in which drift could not be judged. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from generator import conventions
from generator.fleet import Fleet
from generator.rules import runbook_of
from monitoring.report import figures
from monitoring.report.model import StageRow, UnjudgedNight

_RULE: Final = "monitoring-silent"


def unjudged_night(fleet: Fleet, as_of: date, stages: Sequence[StageRow]) -> UnjudgedNight:
    """Show what ran and what did not, with the runbook of the rule that fires for it."""
    day, environment = figures.day(as_of), figures.name(fleet.name)
    rules = {conventions.rule_id(rule.name): rule for rule in fleet.alert_rules}
    runbook = runbook_of(rules[_RULE], fleet.environment) if _RULE in rules else None
    return UnjudgedNight(
        f"Fleet report of {environment}, {day}",
        environment,
        day,
        tuple(StageRow(stage.name, stage.state, figures.text(stage.told)) for stage in stages),
        runbook or "",
    )
