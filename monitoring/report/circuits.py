"""The table of the fleet: each circuit's state, and its lines over the days. Pure."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from monitoring.report import figures
from monitoring.report.details import facts, features
from monitoring.report.model import CircuitView, FleetTable, PlantView, Sparkline
from monitoring.report.reading import utc_day
from monitoring.report.records import PerformanceRecord
from monitoring.report.sparkline import sparkline
from monitoring.report.subject import (
    DRIFT_TONES,
    ERROR_TONES,
    QUALITY_TONES,
    SEVERITY_TONES,
    Subject,
    needs_action,
)


def fleet_table(subject: Subject) -> FleetTable:
    """Show every circuit with a result, by plant."""
    names = {plant.plant_id: plant.name for plant in subject.fleet.plants}
    plants = [
        _plant(subject, plant, names.get(plant, ""), list(keys))
        for plant, keys in groupby(subject.keys, lambda key: subject.day.drift[key].plant_id)
    ]
    return FleetTable(
        "Drift is the largest exceedance of a circuit's features, MAE the mean absolute error of "
        "its model. Lines show both over their limits, which is the dashed line; all have one "
        "scale. A circuit opens to its details.",
        figures.count(len(subject.days), "day"),
        tuple(plants),
    )


def _plant(subject: Subject, plant: str, name: str, keys: Sequence[str]) -> PlantView:
    due = sum(needs_action(subject.day.decisions[key]) for key in keys)
    need = f", {due:,} need{'s' if due == 1 else ''} action" if due else ""
    summary = figures.count(len(keys), "circuit") + need
    circuits = tuple(_circuit(subject, key) for key in keys)
    return PlantView(figures.name(plant), figures.name(name), summary, circuits)


def _circuit(subject: Subject, key: str) -> CircuitView:
    drift, quality = subject.day.drift[key], subject.day.quality[key]
    decision = subject.day.decisions[key]
    found = (subject.day.performance or {}).get(key)
    held = f" (held: {decision.held_by.replace('_', ' ')})" if decision.held_by else ""
    return CircuitView(
        subject.link(key),
        figures.name(drift.circuit_id),
        needs_action(decision),
        figures.name(decision.action.words + held),
        SEVERITY_TONES[decision.severity],
        drift.status.replace("_", " "),
        DRIFT_TONES[drift.status],
        figures.exceedance(drift.exceedance),
        sparkline(_drift_line(subject, key)),
        found.status.replace("_", " ") if found else "not evaluated",
        ERROR_TONES[found.status] if found else "unknown",
        figures.measure(found.metrics.mae) if found else figures.NOTHING,
        _error_line(subject, key, found),
        quality.status.replace("_", " "),
        QUALITY_TONES[quality.status],
        tuple(facts(subject, key)),
        tuple(features(drift, subject.psi_limit(key))),
    )


def _drift_line(subject: Subject, key: str) -> list[float | None]:
    found = {day.as_of: day.drift.get(key) for day in subject.past.days}
    found[subject.day.as_of] = subject.day.drift[key].exceedance
    return [found.get(day) for day in subject.days]


def _error_line(subject: Subject, key: str, now: PerformanceRecord | None) -> Sparkline:
    """Put the verdicts of the result's own history and of earlier results on their days.

    Days are those of the verdicts: a circuit without new labels has the same one again.
    """
    found: dict[date, float | None] = {}
    for day in subject.past.days:
        earlier = day.performance.get(key)
        if earlier and earlier.evaluated_at:
            found[utc_day(earlier.evaluated_at)] = earlier.exceedances.get("mae")
    if now:
        for verdict in now.history:
            found[utc_day(verdict.evaluated_at)] = verdict.exceedance
        if now.evaluated_at:
            found[utc_day(now.evaluated_at)] = now.exceedances.get("mae")
    return sparkline([found.get(day) for day in subject.days])
