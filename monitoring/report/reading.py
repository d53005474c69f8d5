"""Reads a results folder, and the folders of earlier days beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from monitoring.decision_table import drift_score
from monitoring.report import records
from monitoring.report.records import (
    BacktestRecord,
    CircuitRecord,
    DecisionRecord,
    DriftRecord,
    EarlierDrift,
    EarlierPerformance,
    FaultRecord,
    MetRecord,
    PerformanceRecord,
    QualityRecord,
)
from monitoring.results.days import days_beside, results_name
from monitoring.results.decisions import DECISIONS
from monitoring.results.folder import (
    MANIFEST,
    MET,
    PERFORMANCE,
    ResultsError,
    RunInputs,
    read_manifest,
)

HISTORY_DAYS: Final = 30
"""Days that sparklines show, the reported one included."""

_PERFORMANCE_ADVICE: Final = "run `mlmon performance run` again"

T = TypeVar("T")
C = TypeVar("C", bound=CircuitRecord)


class ReportError(Exception):
    """A report that cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a results folder holds, each kind of record by `PLANT/CIRCUIT`."""

    inputs: RunInputs
    drift: Mapping[str, DriftRecord]
    quality: Mapping[str, QualityRecord]
    decisions: Mapping[str, DecisionRecord]
    performance: Mapping[str, PerformanceRecord] | None
    """None where the performance job left no results."""
    performance_met: MetRecord | None
    """What the performance job met; None where it left no results."""
    met: MetRecord

    @property
    def as_of(self) -> date:
        """The exclusive midnight that ends the last day looked at."""
        return date.fromisoformat(self.inputs.as_of)


@dataclass(frozen=True, slots=True)
class Errors:
    """What the performance job left of a day on which drift was not judged."""

    found: Mapping[str, PerformanceRecord]
    met: MetRecord


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest decisions before a day that decided nothing."""

    as_of: date
    decisions: Mapping[str, DecisionRecord]


@dataclass(frozen=True, slots=True)
class EarlierDay:
    """What lines show of an earlier day."""

    as_of: date
    drift: Mapping[str, float | None]
    """Exceedance of each circuit's drift; None without a verdict."""
    performance: Mapping[str, EarlierPerformance]
    """Empty where today's results know the errors of the day."""


@dataclass(frozen=True, slots=True)
class PreviousDay:
    """What today is compared with."""

    as_of: date
    drift: Mapping[str, EarlierDrift]
    performance: Mapping[str, EarlierPerformance] | None
    decisions: Mapping[str, DecisionRecord]


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier days beside a results folder."""

    days: tuple[EarlierDay, ...]
    """Oldest first."""
    previous: PreviousDay | None
    """The newest that can be read."""
    problems: tuple[str, ...]
    """A sentence for each folder that cannot be used."""


def utc_day(moment: datetime) -> date:
    """Return the day of a moment in UTC."""
    return moment.astimezone(UTC).date()


def read_day(folder: Path) -> Day:
    """Read the results of a day.

    Raises:
        ReportError: there are none, they are incomplete, or a file cannot be understood.
    """
    inputs = _inputs(folder)
    drift = _by_key(_results(folder, "drift", inputs), records.DRIFT)
    errors = read_errors(folder, date.fromisoformat(inputs.as_of))
    return Day(
        inputs,
        drift,
        _of_all(drift, _results(folder, "quality", inputs), records.QUALITY),
        _of_all(drift, folder / "decisions.json", records.DECISIONS),
        None if errors is None else errors.found,
        None if errors is None else errors.met,
        _read(folder / MET, records.MET),
    )


def read_errors(folder: Path, as_of: date) -> Errors | None:
    """Read what the performance job left in the folder of a day; None if it left no results.

    Raises:
        ReportError: they are incomplete, or a file cannot be understood.
    """
    file = folder / results_name("performance", as_of)
    if not file.exists():
        return None
    found = _read(file, records.PERFORMANCE, _PERFORMANCE_ADVICE)
    met = _read(folder / PERFORMANCE / MET, records.MET, _PERFORMANCE_ADVICE)
    return Errors({record.key: record for record in found}, met)


def read_standing(folder: Path, as_of: date, environment: str) -> tuple[Standing | None, list[str]]:
    """Read the newest decisions of the folders beside one that are named by a day before.

    Returns:
        The decisions, None where there are none, and a sentence for each newer folder that cannot
        be used.
    """
    first = as_of - timedelta(days=HISTORY_DAYS - 1)
    problems: list[str] = []
    for name, path in reversed(days_beside(folder)):
        if not first <= name < as_of:
            continue
        try:
            inputs = _inputs_of(path, name, environment)
            decisions = _by_key(path / DECISIONS, records.DECISIONS)
        except ReportError as error:
            problems.append(str(error))
        else:
            return Standing(date.fromisoformat(inputs.as_of), decisions), problems
    return None, problems


def read_past(folder: Path, day: Day) -> Past:
    """Read the sibling folders that are named by a day before, at most `HISTORY_DAYS` back.

    One that cannot be read is left out and told of: a bad yesterday must not hide today.
    """
    first = day.as_of - timedelta(days=HISTORY_DAYS - 1)
    folders = [(name, path) for name, path in days_beside(folder) if first <= name < day.as_of]
    known_from = _first_error(day)
    days: list[EarlierDay] = []
    previous: PreviousDay | None = None
    problems: list[str] = []
    for name, path in reversed(folders):
        try:
            inputs = _inputs_of(path, name, day.inputs.environment)
            previous = previous or _read_previous(path, inputs)
            days.append(_read_earlier(path, inputs, with_errors=name < known_from))
        except ReportError as error:
            problems.append(str(error))
    return Past(tuple(reversed(days)), previous, tuple(reversed(problems)))


def read_backtest(file: Path) -> BacktestRecord:
    """Read what `mlmon backtest --format json` printed.

    Raises:
        ReportError: it cannot be read or is something else.
    """
    return _read(file, records.BACKTEST, "write it with `mlmon backtest --format json`")


def read_faults(file: Path) -> tuple[FaultRecord, ...]:
    """Read what `mlmon simulate` put into its data.

    Raises:
        ReportError: it cannot be read or is something else.
    """
    return _read(file, records.FAULTS, "`mlmon simulate` writes it beside its tables").faults


def _first_error(day: Day) -> date:
    """Tell from which day on today's results know the errors themselves."""
    verdicts = (v for found in (day.performance or {}).values() for v in found.history)
    return min((utc_day(verdict.evaluated_at) for verdict in verdicts), default=date.max)


def _read_earlier(folder: Path, inputs: RunInputs, *, with_errors: bool) -> EarlierDay:
    """Read what lines need: drift's exceedance stands in the decisions, a tenth of its results."""
    score = drift_score(inputs.rule)
    decisions = _by_key(folder / "decisions.json", records.EARLIER_DECISIONS)
    return EarlierDay(
        date.fromisoformat(inputs.as_of),
        {key: decision.exceedance(score) for key, decision in decisions.items()},
        (_performance(folder, inputs, records.EARLIER_PERFORMANCE) or {}) if with_errors else {},
    )


def _read_previous(folder: Path, inputs: RunInputs) -> PreviousDay:
    return PreviousDay(
        date.fromisoformat(inputs.as_of),
        _by_key(_results(folder, "drift", inputs), records.EARLIER_DRIFT),
        _performance(folder, inputs, records.EARLIER_PERFORMANCE),
        _by_key(folder / "decisions.json", records.DECISIONS),
    )


def _inputs_of(folder: Path, name: date, environment: str) -> RunInputs:
    inputs = _inputs(folder)
    if inputs.environment != environment:
        raise ReportError(
            f"{folder} holds results of the environment {inputs.environment}; keep them apart"
        )
    if inputs.as_of != name.isoformat():
        raise ReportError(f"{folder} holds the results of {inputs.as_of}; rename it")
    return inputs


def _results(folder: Path, kind: str, inputs: RunInputs) -> Path:
    return folder / results_name(kind, date.fromisoformat(inputs.as_of))


def _performance(
    folder: Path, inputs: RunInputs, kind: TypeAdapter[tuple[C, ...]]
) -> dict[str, C] | None:
    file = _results(folder, "performance", inputs)
    return _by_key(file, kind) if file.exists() else None


def _inputs(folder: Path) -> RunInputs:
    if not folder.is_dir():
        raise ReportError(f"there is no folder {folder}; name a folder of `mlmon drift run`")
    try:
        inputs = read_manifest(folder)
    except ResultsError as error:
        raise ReportError(str(error)) from None
    if inputs is None:
        raise ReportError(f"{folder} has no {MANIFEST}; name a folder of `mlmon drift run`")
    try:
        date.fromisoformat(inputs.as_of)
    except ValueError:
        raise ReportError(f"{folder / MANIFEST}: {inputs.as_of!r} is not a day") from None
    return inputs


def _of_all(
    drift: Mapping[str, object], file: Path, kind: TypeAdapter[tuple[C, ...]]
) -> dict[str, C]:
    found = _by_key(file, kind)
    missing = sorted(drift.keys() - found.keys())
    if missing:
        raise ReportError(f"{file} has nothing on {missing[0]}; run `mlmon drift run` again")
    return found


def _by_key(file: Path, kind: TypeAdapter[tuple[C, ...]]) -> dict[str, C]:
    return {record.key: record for record in _read(file, kind)}


def _read(file: Path, kind: TypeAdapter[T], advice: str = "run `mlmon drift run` again") -> T:
    try:
        return kind.validate_json(file.read_bytes())
    except FileNotFoundError:
        raise ReportError(f"{file} is missing; {advice}") from None
    except OSError as error:
        raise ReportError(f"{file} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_input=False)
        where = ".".join(map(str, first["loc"]))
        told = f"{where}: {first['msg']}" if where else first["msg"]
        raise ReportError(f"{file} cannot be understood ({told}); {advice}") from None
