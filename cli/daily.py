"""Runs a night: every job in order, past what failed, and tells what became of each."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from cli.baseline import Baselines
from cli.drift import Request, run_drift_command
from cli.notify import NotifyRequest, nobody_is_told, run_notify
from cli.performance import PerformanceRequest, run_performance_command
from cli.tables import text_table
from generator.diagnostics import printable
from generator.fleet import Fleet
from monitoring.report import StageRow, write_report, write_unjudged
from monitoring.report import read_day as read_report_day
from monitoring.results.days import days_beside, results_name
from monitoring.results.decisions import DECISIONS, read_decisions
from monitoring.results.folder import REPORT, ResultsError, locked
from monitoring.telemetry.day import JOBS, read_day
from monitoring.telemetry.recorded import write_rows
from monitoring.telemetry.signals import day_signals, run_completed

_STAGES: Final = {"drift": "drift", "quality": "drift", "performance": "performance"}
"""The stage that writes each job's results."""
RECORDED_AT: Final = time(3, tzinfo=UTC)
"""When a night's run is taken to have ended, in telemetry that is recorded instead of sent."""

_OLDEST_SENT: Final = timedelta(days=2)
"""As far as an alert looks back: what is older would fire or resolve alerts of today."""


class State(StrEnum):
    """What became of a stage."""

    OK = "ok"
    PARTIAL = "partial"
    """It came to its end, and somebody has to look at something."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Stage:
    """A job of the night."""

    name: str
    state: State
    told: str
    """One line: what it came to, or why it failed."""
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DailyRequest:
    """What a night is asked for."""

    sensors: str
    predictions: str
    actuals: str
    as_of: date
    anew: bool
    results: Path
    """Folder of all days; each has one of its own, named by it."""
    calibration: Path | None
    prediction_calibration: Path | None
    baselines: Baselines | None
    records: str | None
    performance_records: str | None
    recording: Path | None
    """Folder for the rows that telemetry would become; None sends it."""
    tells_people: bool
    """Whether messages are sent."""
    fleet: Fleet
    threads: int
    style: Literal["text", "json"]

    @property
    def folder(self) -> Path:
        """Folder of the day."""
        return self.results / str(self.as_of)


@dataclass(frozen=True, slots=True)
class DailyAnswer:
    """What is printed, what is said beside it, and whether every stage is ok."""

    text: str
    notes: Sequence[str]
    is_whole: bool


_Work = Callable[[], Stage]


def run_daily(request: DailyRequest, started: datetime, now: Callable[[], datetime]) -> DailyAnswer:
    """Run the night. A stage that fails does not keep the others from their work.

    One night at a time is run in the folder of all days.

    Args:
        request: what is asked for.
        started: when the command began.
        now: tells the time.

    Raises:
        ResultsError: another night is running.
        OSError: the folder of all days cannot be made.
    """
    request.results.mkdir(parents=True, exist_ok=True)
    with locked(request.results, ResultsError(f"another night runs in {request.results}")):
        return _run(request, started, now)


def _run(request: DailyRequest, started: datetime, now: Callable[[], datetime]) -> DailyAnswer:
    stages = [
        _guarded("drift", lambda: _drift(request)),
        _guarded("performance", lambda: _performance(request)),
    ]
    judged = [stage.name for stage in stages if stage.state is not State.FAILED]
    ended = now()
    stages.append(
        _guarded("telemetry", lambda: _telemetry(request, ended, ended - started, judged))
    )
    stages.append(_guarded("report", lambda: _report(request, stages)))
    stages.append(_guarded("notify", lambda: _notify(request, _problems(stages))))
    text = _json(request, stages) if request.style == "json" else _text(request, stages)
    notes = [note for stage in stages for note in stage.notes]
    return DailyAnswer(text, notes, all(stage.state is State.OK for stage in stages))


def _guarded(name: str, work: _Work) -> Stage:
    """Do a stage; whatever ends it is told, and the next one is done."""
    try:
        return work()
    except OSError as error:
        where = error.filename or "a file"
        return Stage(name, State.FAILED, f"{where} cannot be used: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - people must hear of the night whatever broke in it
        return Stage(name, State.FAILED, str(error) or type(error).__name__)


def _drift(request: DailyRequest) -> Stage:
    answer = run_drift_command(
        Request(
            data=request.sensors,
            predictions=request.predictions,
            as_of=request.as_of,
            anew=request.anew,
            results=request.folder,
            records=request.records,
            rule="calibrated",
            calibration=request.calibration,
            prediction_calibration=request.prediction_calibration,
            circuits=request.fleet.circuits,
            environment=request.fleet.name,
            threads=request.threads,
            engine="local",
            style="text",
            baselines=request.baselines,
            may_lack_predictions=True,
        )
    )
    return _judged("drift", answer.text, answer.notes, is_partial=answer.is_partial)


def _performance(request: DailyRequest) -> Stage:
    answer = run_performance_command(
        PerformanceRequest(
            predictions=request.predictions,
            actuals=request.actuals,
            as_of=request.as_of,
            anew=request.anew,
            results=request.folder,
            records=request.performance_records,
            circuits=request.fleet.circuits,
            environment=request.fleet.name,
            threads=request.threads,
            engine="local",
            style="text",
        )
    )
    return _judged("performance", answer.text, answer.notes, is_partial=answer.is_partial)


def _judged(name: str, text: str, notes: Sequence[str], *, is_partial: bool) -> Stage:
    headline = text.partition("\n")[0].partition(": ")[2]
    return Stage(name, State.PARTIAL if is_partial else State.OK, headline, notes)


def _telemetry(
    request: DailyRequest, ended: datetime, duration: timedelta, judged: Sequence[str]
) -> Stage:
    circuits = request.fleet.circuits
    # What lies in the folder of a job that failed may be another run's.
    jobs = [job for job in JOBS if _STAGES[job] in judged]
    results = read_day(request.folder, request.as_of, circuits, jobs=jobs)
    found = day_signals(circuits, results)
    # Without it Monitoring Silent fires: a night that could not judge is as good as none.
    end = None
    if set(judged) == set(_STAGES.values()):
        end = run_completed("daily", len(circuits), len(found.unjudged), duration)
    if request.recording is not None:
        at = datetime.combine(request.as_of, RECORDED_AT)
        signals = (*found.signals, *((end,) if end else ()))
        write_rows(request.recording, signals, at, str(request.as_of))
        return Stage("telemetry", State.OK, f"{len(signals):,} signals in {request.recording}")
    if why := _why_unsent(request, ended):
        return Stage("telemetry", State.OK, f"not sent: {why}")
    from monitoring.telemetry.azure_monitor import send_run  # a recorded night needs no Azure

    sent = send_run(found.signals, end, circuits=len(circuits), role="daily")
    return Stage("telemetry", State.PARTIAL if sent.problem else State.OK, str(sent))


def _why_unsent(request: DailyRequest, ended: datetime) -> str:
    """Say why values of the day would mislead, as they are sent with the time of now."""
    newest = max((day for day, _ in days_beside(request.folder)), default=request.as_of)
    if newest > request.as_of:
        return f"{newest} was judged, and these values would pass for newer ones"
    if ended.astimezone(UTC).date() - request.as_of > _OLDEST_SENT:
        return (
            f"{request.as_of} is more than {_OLDEST_SENT.days} days ago, and these values would "
            "pass for those of today"
        )
    return ""


def _report(request: DailyRequest, stages: Sequence[Stage]) -> Stage:
    out = request.folder / REPORT
    if _is_decided(stages):
        write_report(request.folder, read_report_day(request.folder), request.fleet, out)
        return Stage("report", State.OK, str(out))
    if (request.folder / results_name("drift", request.as_of)).exists():
        told = "not written: drift failed, and its results in the folder may be another run's"
        return Stage("report", State.FAILED, told)
    shown = [StageRow(stage.name, stage.state, stage.told) for stage in stages]
    write_unjudged(
        request.folder,
        request.fleet,
        request.as_of,
        shown,
        out,
        with_errors=_has_ended(stages, "performance"),
    )
    return Stage("report", State.PARTIAL, f"{out}: what ran, as drift has no results")


def _notify(request: DailyRequest, problems: Sequence[str]) -> Stage:
    answer = run_notify(
        NotifyRequest(request.folder, request.fleet, problems, not request.tells_people, "text")
    )
    told = answer.text.partition("\n")[0].partition(": ")[2]
    if nobody := nobody_is_told(request.fleet):
        told += f"; {nobody}"
    if answer.missing:
        told += f"; {answer.missing}"
    is_whole = answer.is_complete and not answer.missing
    return Stage("notify", State.OK if is_whole else State.PARTIAL, told, answer.notes)


def _problems(stages: Sequence[Stage]) -> list[str]:
    return [
        f"The stage {stage.name} failed: {stage.told}"
        for stage in stages
        if stage.state is State.FAILED
    ]


def _text(request: DailyRequest, stages: Sequence[Stage]) -> str:
    rows = [[stage.name, stage.state, printable(stage.told)] for stage in stages]
    table = text_table(("stage", "state", "what became of it"), rows)
    return f"{table}\n\n{_asked(request, stages)}"


def _asked(request: DailyRequest, stages: Sequence[Stage]) -> str:
    if not _is_decided(stages):
        return "nothing was decided"
    actions = Counter(each.action for each in read_decisions(request.folder))
    told = ", ".join(f"{number} {action.words}" for action, number in sorted(actions.items()))
    return f"{request.folder / DECISIONS}: {told}"


def _is_decided(stages: Sequence[Stage]) -> bool:
    return _has_ended(stages, "drift")


def _has_ended(stages: Sequence[Stage], name: str) -> bool:
    return any(stage.name == name and stage.state is not State.FAILED for stage in stages)


def _json(request: DailyRequest, stages: Sequence[Stage]) -> str:
    decisions = []
    if _is_decided(stages):
        decisions = [each.as_json() for each in read_decisions(request.folder)]
    content = {
        "results": str(request.folder),
        "stages": [
            {"name": each.name, "state": each.state, "told": each.told, "notes": list(each.notes)}
            for each in stages
        ],
        "decisions": decisions,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
