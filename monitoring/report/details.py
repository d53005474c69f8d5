"""The folded details of a circuit: what was found, and each feature's drift. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from monitoring.reasons import without_key
from monitoring.report import figures
from monitoring.report.error_gaps import LEFT_OUT
from monitoring.report.heat import level
from monitoring.report.model import FeatureView, Tone
from monitoring.report.records import DriftRecord, PerformanceRecord, VerdictRecord
from monitoring.report.subject import Subject, needs_action

_STATISTICS: Final = {
    "ks_statistic": "KS",
    "normalized_wasserstein_distance": "normalised Wasserstein",
    "psi": "PSI",
    "jensen_shannon_distance": "Jensen-Shannon",
}
_OVER: Final = 3
"""Level of `heat.level` from which a limit is passed."""
_FAR_OVER: Final = 4
_MOST_FEATURES: Final = 24
_MOST_VERSIONS: Final = 3
_METRICS: Final = ("mae", "rmse", "mape", "r2", "wape", "mase")


def facts(subject: Subject, key: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is known of a circuit.

    What closed the quality gate stands in the decision's reason and is not said again.
    """

    def text(reason: str) -> str:
        return figures.text(without_key(reason, key), subject.longest_detail)

    drift, quality = subject.day.drift[key], subject.day.quality[key]
    decision = subject.day.decisions[key]
    version = f" version {drift.model_version}" if drift.model_version else ""
    yield "Model", figures.name(drift.model_name + version)
    owner = subject.owner(key)
    if owner:
        yield "Owner", owner
    told = ""
    if needs_action(decision) or decision.held_by:
        told = decision.reason
        yield "Decision", text(told)
    if drift.reason not in told and not drift.status.has_verdict:
        yield "Drift", text(drift.reason)
    performance = (subject.day.performance or {}).get(key)
    if performance:
        yield from _performance_facts(performance)
        if performance.other_versions or performance.model_version != drift.model_version:
            yield "Versions", text(_versions(performance, drift.model_name))
        if any(performance.left_out.values()):
            yield "Left out", text(_left_out(performance.left_out))
        if performance.reason:
            yield "Why", text(performance.reason)
    if quality.reasons and quality.reasons[0] not in told:
        more = len(quality.reasons) - 1
        rest = f" And {figures.count(more, 'reason')} more." if more else ""
        yield "Data", text(quality.reasons[0]) + rest
    predictions = drift.prediction_drift
    if predictions:
        status = predictions.status.replace("_", " ")
        over = f", {figures.exceedance(predictions.exceedance)} times its limit"
        yield "Predictions' drift", status + (over if predictions.exceedance is not None else "")


def _performance_facts(found: PerformanceRecord) -> Iterator[tuple[str, str]]:
    words = []
    for metric in _METRICS:
        value = getattr(found.metrics, metric)
        if value is None:
            continue
        limit = found.limits.get(metric)
        held = f" (limit {figures.limit(limit)})" if limit is not None else ""
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
    if len(found.weekly) > 1:
        yield "MAE by week", ", ".join(figures.measure(each.mae) for each in found.weekly)


def _versions(found: PerformanceRecord, model_name: str) -> str:
    """Tell the judged version, then the others, those that forecast last first."""
    others = found.other_versions
    newest = sorted(others, key=lambda each: each.last_target_time, reverse=True)
    words = [f"{found.model_version or 'without a version'} is judged"]
    for each in newest[:_MOST_VERSIONS]:
        name = each.model_version or "without a version"
        if each.model_name != model_name:
            name = f"{each.model_name} {name}"
        error = f"MAE {figures.measure(each.mae)} over " if each.labels else ""
        first, last = figures.short_day(each.first_target_time), each.last_target_time
        matched = f"{error}{figures.count(each.labels)} matched"
        words.append(f"{name}: {matched}, forecasts of {first} to {figures.short_day(last)}")
    more = len(others) - _MOST_VERSIONS
    return "; ".join(words) + (f" and {more:,} more" if more > 0 else "")


def _left_out(rows: Mapping[str, int]) -> str:
    words = (f"{figures.count(n)} {LEFT_OUT.get(name, name)}" for name, n in rows.items() if n)
    return ", ".join(words)


def features(drift: DriftRecord, psi_limit: float) -> Iterator[FeatureView]:
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
        words = f"PSI {figures.measure(value)} of {figures.limit(psi_limit)}"
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
