"""Reading what the run of a day found, as far as its folder has it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import from_json

from monitoring.decisions import Decision
from monitoring.results.days import days_beside, results_name
from monitoring.results.decisions import DECISIONS, read_decision
from monitoring.results.folder import MANIFEST, MET, ResultsError, key_of, read_manifest
from monitoring.results.last_verdicts import missing_verdicts

DAYS_BACK: Final = 7
"""How far an earlier day is looked for: after a week without a run everything counts as new."""
_MOST_ISSUES: Final = 3
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Day:
    """A day's decisions, and what is wrong with its run."""

    as_of: date
    run_id: str
    """Empty if no run has begun."""
    decisions: Mapping[str, Decision]
    """By `PLANT/CIRCUIT`."""
    is_decided: bool
    """Whether the run got as far as decisions."""
    streaks: Mapping[str, int]
    """Runs in a row with an error over its limit, by `PLANT/CIRCUIT`."""
    problems: tuple[str, ...]
    """Sentences on the run itself."""


def read_day(folder: Path, environment: str, *, tells_anyway: bool = False) -> Day:
    """Read a day; what its folder lacks is a problem of the run, and is told.

    Args:
        folder: results of the day; it need not exist if its name is a day.
        environment: the run has to be of it.
        tells_anyway: whether a run of another environment is a problem that is told, instead of an
            error; nothing else of that run is read.

    Raises:
        ResultsError: it is not known which day it is, or the run is of another environment.
    """
    try:
        manifest = read_manifest(folder)
    except ResultsError:
        problem = f"It is not known what the day's run judged: {MANIFEST} cannot be read."
        return _day_without_run(_named_day(folder), problem)
    if manifest is None:
        return _day_without_run(_named_day(folder), "The monitoring run of the day did not begin.")
    as_of = date.fromisoformat(manifest.as_of)
    if manifest.environment != environment:
        if tells_anyway:
            return _day_without_run(
                as_of,
                f"The folder holds a run of the environment {manifest.environment}, which is left "
                "alone.",
            )
        raise ResultsError(
            f"{folder} holds a run of the environment {manifest.environment}, not of "
            f"{environment}; pass --env {manifest.environment}"
        )
    problems = []
    decisions: dict[str, Decision] = {}
    streaks: dict[str, int] = {}
    is_decided = False
    try:
        found = [read_decision(each) for each in _read_list(folder / DECISIONS)]
        decisions = {decision.key: decision for decision in found}
        is_decided = True
    except FileNotFoundError:
        problems.append("The monitoring run of the day did not end: it has no decisions.")
    except _UNREADABLE:
        problems.append("The decisions of the day cannot be read: decisions.json is damaged.")
    name = results_name("performance", as_of)
    try:
        errors = _read_list(folder / name)
        streaks = dict(_streaks(errors))
        if lack := missing_verdicts(errors):
            problems.append(lack)
    except FileNotFoundError:
        pass  # not every fleet has labels
    except _UNREADABLE:
        problems.append(f"The models' errors cannot be read: {name} is damaged.")
    if manifest.lacks_predictions:
        problems.append("The predictions could not be read, so that their drift was not judged.")
    problems += _issues(folder / MET)
    return Day(as_of, manifest.run_id, decisions, is_decided, streaks, tuple(problems))


def day_before(
    folder: Path, as_of: date, environment: str, circuits: Collection[str]
) -> Day | None:
    """Read the newest earlier day beside a folder that has decisions; None if there is none.

    What it does not say of a circuit, the newest day before it that does says: a circuit that was
    left out for a night has not become well by that.

    Args:
        folder: results of the day itself.
        as_of: the day itself.
        environment: the earlier days are of it.
        circuits: those whose last decision is looked for, as `PLANT/CIRCUIT`.
    """
    found: Day | None = None
    for day in _earlier_days(folder, as_of, environment):
        if found is None:
            found = day
            continue
        left_out = [key for key in circuits if key not in found.decisions]
        if not left_out:
            break
        found = replace(
            found,
            decisions={**_of(left_out, day.decisions), **found.decisions},
            streaks={**_of(left_out, day.streaks), **found.streaks},
        )
    return found


def _of(keys: Collection[str], found: Mapping[str, _T]) -> dict[str, _T]:
    return {key: found[key] for key in keys if key in found}


def _earlier_days(folder: Path, as_of: date, environment: str) -> Iterator[Day]:
    """Yield the earlier days that have decisions, the newest first."""
    for earlier, path in reversed(days_beside(folder)):
        if not 0 < (as_of - earlier).days <= DAYS_BACK:
            continue
        try:
            day = read_day(path, environment)
        except ResultsError:
            continue  # another environment's, or damaged: as if it were not there
        if day.is_decided and day.as_of < as_of:
            yield day


def day_of(folder: Path) -> date | None:
    """Read the day that a folder is named by; None if it is not."""
    try:
        return date.fromisoformat(folder.resolve().name)
    except ValueError:
        return None


def _named_day(folder: Path) -> date:
    as_of = day_of(folder)
    if as_of is None:
        raise ResultsError(
            f"{folder} has no {MANIFEST} that can be read, and its name is no day such as "
            "2026-11-20; name the results folder of a run"
        )
    return as_of


def _day_without_run(as_of: date, problem: str) -> Day:
    return Day(as_of, "", {}, False, {}, (problem,))


_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError)


def _read_list(path: Path) -> list[Any]:
    content = from_json(path.read_bytes(), allow_inf_nan=False)
    if not isinstance(content, list):
        raise TypeError(f"{path} is no list")
    return content


def _streaks(found: list[Any]) -> Iterator[tuple[str, int]]:
    for each in found:
        verdict = each["last_verdict"] or each
        if verdict["status"] == "degraded":
            yield key_of(each), int(verdict["streak"])


def _issues(path: Path) -> list[str]:
    """Tell what of the data could not be read."""
    try:
        issues = list(from_json(path.read_bytes())["issues"])
    except FileNotFoundError:
        return []
    except _UNREADABLE:
        return ["What the run met in the data cannot be read: met.json is damaged."]
    shown = [f"{issue}." for issue in issues[:_MOST_ISSUES]]
    more = len(issues) - len(shown)
    return [*shown, f"And {more} more parts of the data could not be read."] if more else shown
