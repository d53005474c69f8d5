"""What did not run or could not be judged, and why. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from monitoring.drift.ladder import DriftStatus
from monitoring.report import figures
from monitoring.report.decisions import without_key
from monitoring.report.model import Gap, GapItem
from monitoring.report.records import PerformanceRecord, PerformanceStatus
from monitoring.report.subject import Subject

_MOST_ITEMS: Final = 200
_MOST_UNFOLDED: Final = 6
_DRIFT: Final = {
    DriftStatus.ERROR: (
        "Could not be read or judged",
        "Something broke; the run itself needs a look.",
    ),
    DriftStatus.STALE: ("Stale data", "The newest readings are too old to speak of the last day."),
    DriftStatus.INSUFFICIENT_DATA: (
        "Not enough data to judge drift",
        "No verdict is not the same as no drift.",
    ),
    DriftStatus.WARMING_UP: (
        "Warming up",
        "Too little history for limits of their own; they call nobody yet.",
    ),
}
_ERROR: Final[dict[PerformanceStatus, tuple[str, str]]] = {
    "error": ("Error could not be evaluated", "Something broke; the performance job needs a look."),
    "insufficient_data": (
        "Not enough labels to judge the error",
        "No verdict is not the same as a good model.",
    ),
}


def gaps(subject: Subject) -> tuple[Gap, ...]:
    """List what is missing from the other sections, what is broken first."""
    found = [
        *_of_drift(subject),
        *_of_performance(subject),
        *_of_data(subject),
        *_of_configuration(subject),
        *_of_days(subject),
    ]
    return tuple(found)


def _of_drift(subject: Subject) -> Iterator[Gap]:
    for status, (title, note) in _DRIFT.items():
        keys = [key for key in subject.keys if subject.day.drift[key].status is status]
        yield from _gap(
            title, note, [_item(subject, key, subject.day.drift[key].reason) for key in keys]
        )


def _of_performance(subject: Subject) -> Iterator[Gap]:
    found = subject.day.performance
    if found is None:
        yield Gap(
            "No performance results",
            "The performance job left no results in this folder, so that no model's error is "
            "known today; run `mlmon performance run` and write the report again.",
            (),
            "",
            folded=False,
        )
        return
    for status, (title, note) in _ERROR.items():
        yield from _gap(title, note, _items_of_status(subject, found, status))
    missing = [_item(subject, key, "") for key in subject.keys if key not in found]
    note = "The performance job did not judge these circuits."
    yield from _gap("Without a performance result", note, missing)


def _items_of_status(
    subject: Subject, found: Mapping[str, PerformanceRecord], status: PerformanceStatus
) -> list[GapItem]:
    return [
        _item(subject, key, found[key].reason)
        for key in sorted(found)
        if found[key].status == status
    ]


def _of_data(subject: Subject) -> Iterator[Gap]:
    issues = [
        GapItem(None, f"{figures.text(issue)} ({figures.count(len(keys), 'circuit')})")
        for issue, keys in sorted(subject.day.met.issues.items())
    ]
    yield from _gap(
        "Parts of the data that could not be read", "What they hold was not judged.", issues
    )
    if subject.day.inputs.predictions is None:
        note = "The run was given no predictions, so that their drift was not judged."
        yield Gap("No predictions", note, (), "", folded=False)


def _of_configuration(subject: Subject) -> Iterator[Gap]:
    unknown = [_item(subject, key, "") for key in subject.day.met.unknown]
    note = "They are in the data and not in the configuration: nobody watches them."
    yield from _gap("Unknown circuits", note, unknown)
    configured = [circuit.key for circuit in subject.fleet.circuits]
    missing = [_item(subject, key, "") for key in configured if key not in subject.day.drift]
    note = "They are in the configuration, and the run has nothing on them."
    yield from _gap("Circuits without a result", note, missing)
    disabled = [_item(subject, circuit.key, "") for circuit in subject.fleet.disabled]
    note = "The configuration switches them off: no run, no monitor, no alert."
    yield from _gap("Disabled circuits", note, disabled)


def _of_days(subject: Subject) -> Iterator[Gap]:
    items = [GapItem(None, figures.text(problem)) for problem in subject.past.problems]
    note = "They are missing from the lines and from what is new."
    yield from _gap("Earlier days that could not be read", note, items)


def _gap(title: str, note: str, items: Sequence[GapItem]) -> Iterator[Gap]:
    if not items:
        return
    more = len(items) - _MOST_ITEMS
    yield Gap(
        f"{title}: {len(items):,}",
        note,
        tuple(items[:_MOST_ITEMS]),
        f"And {more:,} more." if more > 0 else "",
        folded=len(items) > _MOST_UNFOLDED,
    )


def _item(subject: Subject, key: str, reason: str) -> GapItem:
    return GapItem(subject.link(key), figures.text(without_key(reason, key)))
