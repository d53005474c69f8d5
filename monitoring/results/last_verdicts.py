"""The last verdicts on models' errors that nights before a day came to.

The performance job keeps no state, so a circuit whose labels or forecasts are gone has no verdict
any more. Silence must not read as recovery: the last verdict holds until there is a new one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from monitoring.results.days import days_beside, results_name
from monitoring.results.folder import ResultsError, key_of, read_json
from monitoring.windows import CURRENT_DAYS, REFERENCE_DAYS

_LOOK_BACK: Final = timedelta(days=CURRENT_DAYS + REFERENCE_DAYS)
"""As far as a night itself looks; a circuit that has been silent for longer is switched off."""
_KEPT: Final = (
    "model_version",
    "status",
    "evaluated_at",
    "metrics",
    "limits",
    "limit_origin",
    "metric",
    "exceedance",
    "streak",
)
Json = Mapping[str, Any]


def last_verdicts(
    folder: Path, as_of: date, unjudged: Iterable[Json]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Find the newest verdict of each circuit in the folders of the days before.

    A verdict on another model, or on another version of it, is not the circuit's any more.

    Args:
        folder: of the day.
        as_of: the day.
        unjudged: circuits without a verdict of the day, each with `plant_id`, `circuit_id`,
            `model_name`, and a `model_version` that is None where it is not known.

    Returns:
        Verdicts by `PLANT/CIRCUIT`, and a sentence for each earlier night that cannot be read.
    """
    left = {key_of(each): each for each in unjudged}
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for day, path in reversed(days_beside(folder)):
        file = path / results_name("performance", day)
        if not left or not as_of - _LOOK_BACK <= day < as_of or not file.exists():
            continue
        try:
            night = _verdicts(file, left)
        except ResultsError as error:
            problems.append(str(error))
            continue
        found |= night
        left = {key: each for key, each in left.items() if key not in night}
    return found, problems


def missing_verdicts(results: Sequence[Json]) -> str:
    """Say in sentences that models are not judged any more; empty if they are.

    A circuit that never had a verdict waits for its labels, which is no fault; a whole fleet
    without any is not watched.

    Args:
        results: of the performance job, of the whole fleet.
    """
    lost = [key_of(each) for each in results if each["last_verdict"] is not None]
    count = len(results)
    sentences = []
    if results and all(each["evaluated_at"] is None for each in results):
        sentences.append(
            f"None of {count} circuits has a verdict on its model's error: check that predictions "
            "and actuals arrive."
        )
    if lost:
        sentences.append(
            f"{len(lost)} of {count} circuits had a verdict on the model's error and have none "
            f"now, so their last one is repeated; the first is {lost[0]}."
        )
    return " ".join(sentences)


def _verdicts(file: Path, left: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    try:
        return {
            key: {name: each[name] for name in _KEPT}
            for each in read_json(file, list)
            if (key := key_of(each)) in left
            and each["evaluated_at"] is not None
            and _is_of(each, left[key])
        }
    except (KeyError, TypeError) as error:
        raise ResultsError(
            f"{file} holds no results of performance: {error!r}; run that day again"
        ) from None


def _is_of(verdict: Json, circuit: Json) -> bool:
    versions = {verdict["model_version"], circuit["model_version"]} - {None}
    return verdict["model_name"] == circuit["model_name"] and len(versions) < 2
