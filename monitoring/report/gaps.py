"""What did not run or could not be judged, and why. Pure."""

from collections.abc import Iterator
from typing import Final

from monitoring.drift.ladder import DriftStatus
from monitoring.report import figures
from monitoring.report.error_gaps import data_issues, silent_circuits, unjudged_errors
from monitoring.report.listing import gap, item
from monitoring.report.model import Gap, GapItem
from monitoring.report.subject import Subject

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
_FAILED: Final = (
    "Data fail the quality gate",
    "Wrong data have no drift to judge; no verdict is not the same as no drift.",
)


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
    drift, quality = subject.day.drift, subject.day.quality
    for status, (title, note) in _DRIFT.items():
        keys = [key for key in subject.keys if drift[key].status is status]
        if status is DriftStatus.INSUFFICIENT_DATA:
            failed = [key for key in keys if quality[key].status == "failed"]
            yield from gap(*_FAILED, [item(subject.link, k, drift[k].reason) for k in failed])
            keys = [key for key in keys if quality[key].status != "failed"]
        yield from gap(title, note, [item(subject.link, key, drift[key].reason) for key in keys])


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
    yield from unjudged_errors(found, subject.link)
    missing = [item(subject.link, key) for key in subject.keys if key not in found]
    note = "The performance job did not judge these circuits."
    yield from gap("Without a performance result", note, missing)
    every = {circuit.key: circuit.expected_every for circuit in subject.fleet.circuits}
    yield from silent_circuits(found, every, subject.day.as_of, subject.link)


def _of_data(subject: Subject) -> Iterator[Gap]:
    issues = [
        GapItem(None, f"{figures.text(issue)} ({figures.count(len(keys), 'circuit')})")
        for issue, keys in sorted(subject.day.met.issues.items())
    ]
    yield from gap(
        "Parts of the data that could not be read", "What they hold was not judged.", issues
    )
    day = subject.day
    if day.performance is not None and day.performance_met is not None:
        yield from data_issues(day.performance, day.performance_met, subject.link)
    if day.inputs.predictions is None:
        note = "The run was given no predictions, so that their drift was not judged."
        yield Gap("No predictions", note, (), "", folded=False)
    if day.inputs.lacks_predictions:
        note = "The predictions could not be read, so that their drift was not judged."
        yield Gap("Predictions that could not be read", note, (), "", folded=False)


def _of_configuration(subject: Subject) -> Iterator[Gap]:
    unknown = [item(subject.link, key) for key in subject.day.met.unknown]
    note = "They are in the data and not in the configuration: nobody watches them."
    yield from gap("Unknown circuits", note, unknown)
    configured = [circuit.key for circuit in subject.fleet.circuits]
    missing = [item(subject.link, key) for key in configured if key not in subject.day.drift]
    note = "They are in the configuration, and the run has nothing on them."
    yield from gap("Circuits without a result", note, missing)
    disabled = [item(subject.link, circuit.key) for circuit in subject.fleet.disabled]
    note = "The configuration switches them off: no run, no monitor, no alert."
    yield from gap("Disabled circuits", note, disabled)


def _of_days(subject: Subject) -> Iterator[Gap]:
    items = [GapItem(None, figures.text(problem)) for problem in subject.past.problems]
    note = "They are missing from the lines and from what is new."
    yield from gap("Earlier days that could not be read", note, items)
