"""The table of the fleet: each circuit's state, its lines over the days, its details. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from monitoring.report import figures
from monitoring.report.decisions import without_key
from monitoring.report.heat import level
from monitoring.report.model import (
    CircuitView,
    FeatureView,
    FleetTable,
    PlantView,
    Sparkline,
    Tone,
)
from monitoring.report.records import DriftRecord, PerformanceRecord, VerdictRecord
from monitoring.report.sparkline import sparkline
from monitoring.report.subject import (
    DRIFT_TONES,
    ERROR_TONES,
    QUALITY_TONES,
    SEVERITY_TONES,
    Subject,
    needs_action,
    utc_day,
)

_STATISTICS: Final = {
    "ks_statistic": "KS",
    "wasserstein_distance": "Wasserstein",
    "normalized_wasserstein_distance": "normalised Wasserstein",
    "psi": "PSI",
    "jensen_shannon_distance": "Jensen-Shannon",
}
_OVER: Final = 3
"""Level of `heat.level` from which a limit is passed."""
_FAR_OVER: Final = 4
_MOST_FEATURES: Final = 24
_METRICS: Final = ("mae", "rmse", "mape", "r2", "wape", "mase")


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
        tuple(_facts(subject, key, found)),
        tuple(_features(drift, subject.psi_limit(key))),
    )


def _drift_line(subject: Subject, key: str) -> list[float | None]:
    found = {day.as_of: day.drift[key].exceedance for day in subject.past.days if key in day.drift}
    found[subject.day.as_of] = subject.day.drift[key].exceedance
    return [found.get(day) for day in subject.days]


def _error_line(subject: Subject, key: str, now: PerformanceRecord | None) -> Sparkline:
    """Put the verdicts of the result's own history and of earlier results on their days.

    Days are those of the verdicts: a circuit without new labels has the same one again.
    """
    found: dict[date, float | None] = {}
    for day in subject.past.days:
        earlier = (day.performance or {}).get(key)
        if earlier and earlier.evaluated_at:
            found[utc_day(earlier.evaluated_at)] = earlier.exceedances.get("mae")
    if now:
        for verdict in now.history:
            found[utc_day(verdict.evaluated_at)] = verdict.exceedance
        if now.evaluated_at:
            found[utc_day(now.evaluated_at)] = now.exceedances.get("mae")
    return sparkline([found.get(day) for day in subject.days])


def _facts(
    subject: Subject, key: str, performance: PerformanceRecord | None
) -> Iterator[tuple[str, str]]:
    drift, quality = subject.day.drift[key], subject.day.quality[key]
    decision = subject.day.decisions[key]
    version = f" version {drift.model_version}" if drift.model_version else ""
    yield "Model", figures.name(drift.model_name + version)
    owner = subject.owner(key)
    if owner:
        yield "Owner", owner
    if needs_action(decision) or decision.held_by:
        yield "Decision", figures.text(without_key(decision.reason, key))
    if drift.reason and not drift.status.has_verdict:
        yield "Drift", figures.text(without_key(drift.reason, key))
    if performance:
        yield from _performance_facts(performance, key)
    if quality.reasons:
        more = len(quality.reasons) - 1
        rest = f" And {figures.count(more, 'reason')} more." if more else ""
        yield "Data", figures.text(without_key(quality.reasons[0], key)) + rest
    predictions = drift.prediction_drift
    if predictions:
        status = predictions.status.replace("_", " ")
        over = f", {figures.exceedance(predictions.exceedance)} times its limit"
        yield "Predictions' drift", status + (over if predictions.exceedance is not None else "")


def _performance_facts(found: PerformanceRecord, key: str) -> Iterator[tuple[str, str]]:
    words = []
    for metric in _METRICS:
        value = getattr(found.metrics, metric)
        if value is None:
            continue
        limit = found.limits.get(metric)
        held = f" (limit {figures.measure(limit)})" if limit is not None else ""
        words.append(f"{metric.upper()} {figures.measure(value)}{held}")
    if words:
        yield "Error", ", ".join(words)
    labels = f"{figures.count(found.labels)} matched"
    if found.label_coverage is not None:
        labels += f", {figures.share(found.label_coverage)} of the matured predictions"
    if found.evaluated_at:
        labels += f", up to {figures.moment(found.evaluated_at)}"
    yield "Labels", labels
    if found.streak:
        yield "Streak", f"{figures.count(found.streak, 'run')} in a row over the limit"
    if found.reason:
        yield "Error's reason", figures.text(without_key(found.reason, key))


def _features(drift: DriftRecord, psi_limit: float) -> Iterator[FeatureView]:
    """Yield the features of a circuit, of very many the first; the others are in the results."""
    for verdict in drift.verdicts[:_MOST_FEATURES]:
        tone = _tone(verdict.exceedance)
        yield FeatureView(
            figures.name(verdict.feature),
            figures.exceedance(verdict.exceedance),
            _rest(verdict),
            tone,
        )
    if drift.verdicts:
        return
    for feature in drift.features[:_MOST_FEATURES]:
        value = feature.tests.psi.value
        if value is None:
            continue
        over = value / psi_limit
        words = f"PSI {figures.measure(value)} of {figures.measure(psi_limit)}"
        yield FeatureView(
            figures.name(feature.feature), figures.exceedance(over), words, _tone(over)
        )


def _rest(verdict: VerdictRecord) -> str:
    if verdict.exceedance is None:
        return figures.text(verdict.reason)
    statistic = _STATISTICS.get(verdict.statistic or "", "") or figures.name(
        verdict.statistic or "score"
    )
    values = f"{figures.measure(verdict.score)} of {figures.measure(verdict.limit)}"
    return f"{statistic} {values}, {figures.name(verdict.space or '')}"


def _tone(exceedance: float | None) -> Tone:
    if exceedance is None:
        return "unknown"
    step = level(exceedance)
    return "high" if step >= _FAR_OVER else "medium" if step >= _OVER else "calm"
