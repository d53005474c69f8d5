"""The view of a night in which drift could not be judged. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from generator import conventions
from generator.fleet import Fleet
from generator.rules import runbook_of
from monitoring.reasons import without_key
from monitoring.report import figures
from monitoring.report.error_gaps import (
    data_issues,
    lost_verdicts,
    silent_circuits,
    unjudged_errors,
)
from monitoring.report.listing import gap
from monitoring.report.model import (
    ErrorRow,
    ErrorTable,
    Gap,
    GapItem,
    Link,
    StageRow,
    StandingDecisions,
    StandingRow,
    UnjudgedNight,
)
from monitoring.report.reading import Errors, Standing
from monitoring.report.records import PerformanceRecord
from monitoring.report.subject import SEVERITY_TONES, needs_action, severity_rank
from monitoring.report.weeks import weeks

_RULE: Final = "monitoring-silent"
_MOST_ROWS: Final = 60


def unjudged_night(
    fleet: Fleet,
    as_of: date,
    stages: Sequence[StageRow],
    errors: Errors | None,
    standing: Standing | None,
    problems: Sequence[str],
) -> UnjudgedNight:
    """Show what ran and what did not, and all that is known without drift.

    Args:
        fleet: the environment.
        as_of: the night.
        stages: of the night so far, in order.
        errors: what the performance job left, if it ran.
        standing: the newest decisions before.
        problems: a sentence for each earlier folder that cannot be used.
    """
    day, environment = figures.day(as_of), figures.name(fleet.name)
    rules = {conventions.rule_id(rule.name): rule for rule in fleet.alert_rules}
    runbook = runbook_of(rules[_RULE], fleet.environment) if _RULE in rules else None
    owners = {circuit.key: circuit.owner for circuit in fleet.circuits}
    return UnjudgedNight(
        f"Fleet report of {environment}, {day}",
        environment,
        day,
        _verdict(errors, standing),
        tuple(StageRow(stage.name, stage.state, figures.text(stage.told)) for stage in stages),
        runbook or "",
        None if errors is None else _errors(errors.found, owners),
        None if errors is None else weeks(errors.found, as_of, _link),
        None if standing is None else _standing(standing, owners),
        tuple(_gaps(fleet, as_of, errors, problems)),
    )


def _verdict(errors: Errors | None, standing: Standing | None) -> str:
    if errors is None:
        holds = " What is shown for the days before still holds." if standing else ""
        return f"No circuit was judged this night, so nothing is decided.{holds}"
    lost = lost_verdicts(errors.found)
    judged = sum(each.status in ("ok", "degraded") for each in errors.found.values())
    over = sum(each.status == "degraded" for each in errors.found.values())
    return (
        "No circuit's drift was judged this night, so nothing is decided. The models' errors were "
        f"judged: {over:,} of {judged:,} {'is' if over == 1 else 'are'} over a limit. {lost}"
    ).strip()


def _errors(found: Mapping[str, PerformanceRecord], owners: Mapping[str, str]) -> ErrorTable:
    over = [each for each in found.values() if each.status == "degraded"]
    over.sort(key=lambda each: (-_worst(each), each.key))
    more = len(over) - _MOST_ROWS
    return ErrorTable(
        "" if over else "No model that could be judged is over a limit.",
        tuple(
            ErrorRow(
                _link(each.key),
                figures.name(owners.get(each.key, "")),
                f"{figures.exceedance(_worst(each))} times its limit",
                figures.text(_why(each)),
            )
            for each in over[:_MOST_ROWS]
        ),
        f"And {more:,} more; the results have each." if more > 0 else "",
    )


def _why(found: PerformanceRecord) -> str:
    runs = f" {figures.count(found.streak, 'run')} in a row." if found.streak else ""
    return without_key(found.reason, found.key) + runs


def _worst(found: PerformanceRecord) -> float:
    return max((value for value in found.exceedances.values() if value is not None), default=0.0)


def _standing(found: Standing, owners: Mapping[str, str]) -> StandingDecisions:
    due = [each for each in found.decisions.values() if needs_action(each)]
    due.sort(key=lambda each: (-severity_rank(each.severity), each.key))
    more = len(due) - _MOST_ROWS
    day = figures.day(found.as_of)
    none = "" if due else " None of them needs action."
    return StandingDecisions(
        f"Decisions of {day}",
        f"They are the newest that there are, and hold until a night decides again.{none}",
        tuple(
            StandingRow(
                _link(each.key),
                figures.name(owners.get(each.key, "")),
                figures.sentence(each.action.words),
                SEVERITY_TONES[each.severity],
                figures.text(without_key(each.reason, each.key)),
            )
            for each in due[:_MOST_ROWS]
        ),
        f"And {more:,} more, less severe." if more > 0 else "",
    )


def _gaps(
    fleet: Fleet, as_of: date, errors: Errors | None, problems: Sequence[str]
) -> Iterator[Gap]:
    if errors:
        every = {circuit.key: circuit.expected_every for circuit in fleet.circuits}
        yield from unjudged_errors(errors.found, _link)
        yield from silent_circuits(errors.found, every, as_of, _link)
        yield from data_issues(errors.found, errors.met, _link)
    items = [GapItem(None, figures.text(problem)) for problem in problems]
    note = "Their decisions are not shown."
    yield from gap("Earlier days that could not be read", note, items)


def _link(key: str) -> Link:
    """Name a circuit; the page has no details of it."""
    return Link(figures.name(key), "")
