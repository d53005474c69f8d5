"""Reads a results folder, and the folders of earlier days beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from monitoring.report import records
from monitoring.report.records import (
    BacktestRecord,
    CircuitRecord,
    DecisionRecord,
    DriftRecord,
    EarlierDrift,
    EarlierPerformance,
    MetRecord,
    PerformanceRecord,
    QualityRecord,
)
from monitoring.results.folder import MANIFEST, MET, ResultsError, RunInputs, read_manifest

HISTORY_DAYS: Final = 30
"""Days that sparklines show, the reported one included."""

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
    met: MetRecord

    @property
    def as_of(self) -> date:
        """The exclusive midnight that ends the last day looked at."""
        return date.fromisoformat(self.inputs.as_of)


@dataclass(frozen=True, slots=True)
class EarlierDay:
    """What the report needs of an earlier day."""

    as_of: date
    drift: Mapping[str, EarlierDrift]
    performance: Mapping[str, EarlierPerformance] | None
    decisions: Mapping[str, DecisionRecord]


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier days beside a results folder, oldest first."""

    days: tuple[EarlierDay, ...]
    problems: tuple[str, ...]
    """A sentence for each folder that cannot be used."""


def read_day(folder: Path) -> Day:
    """Read the results of a day.

    Raises:
        ReportError: there are none, they are incomplete, or a file cannot be understood.
    """
    inputs = _inputs(folder)
    compact = inputs.as_of.replace("-", "")
    performance = folder / f"performance_results_{compact}.json"
    drift = _by_key(folder / f"drift_results_{compact}.json", records.DRIFT)
    return Day(
        inputs,
        drift,
        _of_all(drift, folder / f"quality_results_{compact}.json", records.QUALITY),
        _of_all(drift, folder / "decisions.json", records.DECISIONS),
        _by_key(performance, records.PERFORMANCE) if performance.exists() else None,
        _read(folder / MET, records.MET),
    )


def read_past(folder: Path, day: Day) -> Past:
    """Read the sibling folders that are named by a day before, at most `HISTORY_DAYS` back.

    One that cannot be read is left out and told of: a bad yesterday must not hide today.
    """
    first = day.as_of - timedelta(days=HISTORY_DAYS - 1)
    found, problems = [], []
    for name, path in sorted(_dated(folder.resolve().parent)):
        if not first <= name < day.as_of:
            continue
        try:
            earlier = _read_earlier(path)
            if earlier.as_of != name:
                raise ReportError(f"{path} holds the results of {earlier.as_of}; rename it")  # noqa: TRY301
            found.append(earlier)
        except ReportError as error:
            problems.append(str(error))
    return Past(tuple(found), tuple(problems))


def read_backtest(file: Path) -> BacktestRecord:
    """Read what `mlmon backtest --format json` printed.

    Raises:
        ReportError: it cannot be read or is something else.
    """
    return _read(file, records.BACKTEST, "write it with `mlmon backtest --format json`")


def _dated(parent: Path) -> Iterable[tuple[date, Path]]:
    for path in parent.iterdir():
        try:
            name = date.fromisoformat(path.name)
        except ValueError:
            continue
        if path.is_dir() and path.name == name.isoformat():
            yield name, path


def _read_earlier(folder: Path) -> EarlierDay:
    inputs = _inputs(folder)
    compact = inputs.as_of.replace("-", "")
    performance = folder / f"performance_results_{compact}.json"
    return EarlierDay(
        date.fromisoformat(inputs.as_of),
        _by_key(folder / f"drift_results_{compact}.json", records.EARLIER_DRIFT),
        _by_key(performance, records.EARLIER_PERFORMANCE) if performance.exists() else None,
        _by_key(folder / "decisions.json", records.DECISIONS),
    )


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
