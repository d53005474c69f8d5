"""What the performance job could not judge, read or use, and who stopped forecasting. Pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from monitoring.report import figures
from monitoring.report.listing import NameCircuit, gap, item
from monitoring.report.model import Gap, GapItem
from monitoring.report.records import MetRecord, PerformanceRecord, PerformanceStatus

_MOST_NAMED: Final = 3
_STATUSES: Final[dict[PerformanceStatus, tuple[str, str]]] = {
    "error": ("Error could not be evaluated", "Something broke; the performance job needs a look."),
    "insufficient_data": (
        "Not enough labels to judge the error",
        "No verdict is not the same as a good model.",
    ),
}
LEFT_OUT: Final = {
    "unusable_predictions": "predictions without a number",
    "skewed_predictions": "predictions issued after the time that they forecast",
    "repeated_predictions": "predictions that a later row of the same target replaces",
    "unusable_labels": "actuals without a number",
    "repeated_labels": "actuals that say again what another row says",
    "contradicting_labels": "actuals that contradict each other",
}
"""What is wrong with rows that do not count, by the name that results give it."""
_ALLOWED: Final = 1.25
"""Times its interval that a circuit may not forecast, as the rule Circuit Silent has it."""


def unjudged_errors(found: Mapping[str, PerformanceRecord], link: NameCircuit) -> Iterator[Gap]:
    """Yield the circuits without a verdict on their model's error, what is broken first."""
    for status, (title, note) in _STATUSES.items():
        keys = [key for key in sorted(found) if found[key].status == status]
        yield from gap(title, note, [item(link, key, _why_unjudged(found[key])) for key in keys])


def lost_verdicts(found: Mapping[str, PerformanceRecord]) -> str:
    """Say that models are not judged any more, as a sentence; empty if they are.

    One that never had a verdict waits for its labels; a fleet without any is not watched.
    """
    lost = [each.last_verdict for each in found.values() if each.last_verdict is not None]
    over = sum(verdict.status == "degraded" for verdict in lost)
    held = (
        f"{figures.count(len(lost), 'model')} {'has' if len(lost) == 1 else 'have'} no verdict on "
        f"the error any more; at the last one {over:,} {'was' if over == 1 else 'were'} over a "
        "limit."
    )
    if found and not any(each.status in ("ok", "degraded") for each in found.values()):
        none = "No model's error could be judged."
        return f"{none} {held}" if lost else none
    return held if lost else ""


def _why_unjudged(found: PerformanceRecord) -> str:
    last = found.last_verdict
    if last is None:
        return found.reason
    when = figures.moment(last.evaluated_at)
    return f"{found.reason} Its last verdict is of {when}: {last.status}."


def silent_circuits(
    found: Mapping[str, PerformanceRecord],
    every: Mapping[str, timedelta],
    as_of: date,
    link: NameCircuit,
) -> Iterator[Gap]:
    """Yield the circuits whose newest forecast is too old.

    Args:
        found: results of the performance job.
        every: how often each circuit is expected to forecast.
        as_of: the exclusive end of the last day looked at.
        link: names a circuit.
    """
    end = datetime.combine(as_of, time(), UTC)
    items = []
    for key in sorted(found.keys() & every.keys()):
        newest, allowed = found[key].newest_forecast, _ALLOWED * every[key]
        if newest is None:
            items.append(item(link, key, "No forecast in all the days that are looked at"))
        elif end - newest > allowed:
            items.append(item(link, key, f"Its newest forecast is for {figures.moment(newest)}"))
    note = (
        "They had to forecast since and did not. The alert Circuit Silent tells of them, and also "
        "of circuits that forecast and that no run of two days could judge."
    )
    yield from gap("Silent circuits", note, items)


def data_issues(
    found: Mapping[str, PerformanceRecord], met: MetRecord, link: NameCircuit
) -> Iterator[Gap]:
    """Yield what the job could not read of predictions and actuals, and what it left out."""
    circuits = {issue: set(keys) for issue, keys in met.issues.items()}
    for key, record in found.items():
        for issue in record.issues:
            circuits.setdefault(issue, set()).add(key)
    issues = [
        GapItem(None, f"{figures.text(issue)} ({figures.count(len(keys), 'circuit')})")
        for issue, keys in sorted(circuits.items())
    ]
    note = "What they hold does not count in the models' errors."
    yield from gap("Parts of predictions and actuals that could not be used", note, issues)
    note = "Of all the days that were looked at; the errors are those of the other rows."
    rows = [GapItem(None, words) for words in _left_out(found)]
    yield from gap("Kinds of predictions and actuals that do not count", note, rows)
    unknown = [item(link, key) for key in met.unknown]
    note = "They have predictions and are not in the configuration: nobody watches them."
    yield from gap("Unknown circuits that forecast", note, unknown)


def _left_out(found: Mapping[str, PerformanceRecord]) -> Iterator[str]:
    for name, words in LEFT_OUT.items():
        rows = {key: record.left_out.get(name, 0) for key, record in found.items()}
        worst = sorted((key for key in rows if rows[key]), key=lambda key: (-rows[key], key))
        if worst:
            total = figures.count(sum(rows.values()))
            circuits = figures.count(len(worst), "circuit")
            yield f"{total} {words}, of {circuits}: {figures.names(worst, _MOST_NAMED)}"
