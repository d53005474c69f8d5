"""The decisions of a day, from the results that its folder has by then.

Whichever job ends last decides: without performance results the last error that the folders of
earlier days know counts, beside this one and named by their day. What they decided holds a decision
back.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import inf, nan
from pathlib import Path
from typing import Any, Final

from monitoring.decision_table import Action, Severity
from monitoring.decisions import (
    DEFAULT_POLICY,
    NO_HISTORY,
    Compared,
    Decision,
    History,
    PerformanceEvidence,
    decide,
    limit_retrainings,
)
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Step
from monitoring.files import write_atomically
from monitoring.performance.records import performance_evidence, verdict_evidence
from monitoring.quality import Check, CircuitQuality, FeatureQuality, QualityStatus
from monitoring.results.days import days_beside, results_name
from monitoring.results.folder import ResultsError, as_json, key_of, read_json
from monitoring.results.last_verdicts import last_verdicts

DECISIONS: Final = "decisions.json"
_LOOK_BACK: Final = timedelta(
    days=max(DEFAULT_POLICY.retraining_cooldown_days, DEFAULT_POLICY.investigation_cooldown_days)
)
Json = Mapping[str, Any]


def decide_day(folder: Path, as_of: date) -> tuple[tuple[Decision, ...], list[str]]:
    """Decide on every circuit that has results, and write the decisions.

    Errors of the day that cannot be read count as not known yet: the performance job writes them.

    Args:
        folder: of the day, with `drift_results_*.json` and `quality_results_*.json`, and
            `performance_results_*.json` if the error is known.
        as_of: the day.

    Returns:
        The decisions, and a sentence if the day's errors cannot be read.

    Raises:
        ResultsError: results of drift or quality are missing or cannot be read.
        OSError: the decisions cannot be written.
    """
    drift = read_results(folder, "drift", as_of)
    quality = read_results(folder, "quality", as_of)
    errors, problems = _errors(folder, as_of, drift)
    decisions = _decided(drift, quality, errors, _histories(folder, as_of))
    write_atomically(folder / DECISIONS, as_json([each.as_json() for each in decisions]))
    return decisions, problems


def read_results(folder: Path, job: str, as_of: date) -> list[dict[str, Any]]:
    """Read a job's results, one object a circuit.

    Raises:
        ResultsError: the file is not there or cannot be read.
    """
    return read_json(folder / results_name(job, as_of), list)


def read_decisions(folder: Path) -> tuple[Decision, ...]:
    """Read the decisions of a day.

    Raises:
        ResultsError: the file is not there or cannot be read.
    """
    file = folder / DECISIONS
    try:
        return tuple(read_decision(each) for each in read_json(file, list))
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{file} holds no decisions: {error!r}; run that day again") from None


def read_decision(content: Json) -> Decision:
    """Read what `Decision.as_json` wrote; a null of a number is NaN.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return Decision(
        content["plant_id"],
        content["circuit_id"],
        Action(content["action"]),
        Severity(content["severity"]),
        content["reason"],
        Action(content["proposed"]),
        content["held_by"],
        content["row"],
        tuple(
            Compared(
                each["what"],
                _number(each["value"], nan),
                _number(each["limit"], nan),
                _number(each["exceedance"], nan),
                each["origin"],
            )
            for each in content["compared"]
        ),
    )


def _errors(
    folder: Path, as_of: date, drift: Sequence[Json]
) -> tuple[dict[str, PerformanceEvidence], list[str]]:
    """Return what is known of each model's error; before the performance job, of earlier nights."""
    file = folder / results_name("performance", as_of)
    problems = []
    if file.exists():
        try:
            found = read_results(folder, "performance", as_of)
            return {key_of(each): performance_evidence(each) for each in found}, []
        except ResultsError as error:
            problem = str(error)
        except (KeyError, TypeError, ValueError) as error:
            problem = f"{file} holds no results of performance: {error!r}; remove it and run again"
        problems.append(f"it was decided without the day's errors of models: {problem}")
    last, _ = last_verdicts(folder, as_of, drift)  # the performance job tells what it cannot read
    return {key: verdict_evidence(each, is_old=True) for key, each in last.items()}, problems


def _decided(
    drift: Sequence[Json],
    quality: Sequence[Json],
    of_performance: Mapping[str, PerformanceEvidence],
    histories: Mapping[str, History],
) -> tuple[Decision, ...]:
    of_quality = {key_of(each): _quality(each) for each in quality}
    return limit_retrainings(
        [
            decide(
                _drift(each),
                of_quality[key_of(each)],
                of_performance.get(key_of(each)),
                histories.get(key_of(each), NO_HISTORY),
            )
            for each in drift
        ]
    )


def _histories(folder: Path, as_of: date) -> dict[str, History]:
    """Tell how long ago each action was last decided for each circuit, and not held back."""
    since: dict[str, dict[Action, int]] = {}
    for day, path in reversed(days_beside(folder)):
        if not as_of - _LOOK_BACK <= day < as_of or not (path / DECISIONS).exists():
            continue
        for decision in read_decisions(path):
            if not decision.held_by:
                since.setdefault(decision.key, {}).setdefault(decision.action, (as_of - day).days)
    return {key: History(days) for key, days in since.items()}


def _drift(content: Json) -> DriftEvidence:
    status = DriftStatus(content["status"])
    return DriftEvidence(
        content["rule"],
        status,
        Step(content["severity"]),
        _number(content["score"], inf if status.has_verdict else nan),
        content["limit"],
        content["limit_origin"],
        tuple(content["drifted_features"]),
        "" if status.has_verdict else content["reason"],
    )


def _quality(content: Json) -> CircuitQuality:
    return CircuitQuality(
        content["plant_id"],
        content["circuit_id"],
        content["rows"],
        tuple(_check(each) for each in content["checks"]),
        tuple(
            FeatureQuality(each["feature"], tuple(_check(c) for c in each["checks"]), each["error"])
            for each in content["features"]
        ),
        content["error"],
    )


def _check(content: Json) -> Check:
    return Check(
        content["name"],
        QualityStatus(content["status"]),
        _number(content["value"], nan),
        _number(content["limit"], inf),
        content["unit"],
        content["origin"],
        content["reason"],
    )


def _number(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
