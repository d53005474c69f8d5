"""Judges a circuit by what its forecasts were wrong by. Pure, and without memory of earlier runs.

A distinct run is a day on which labels matured, with the window of whole days that it ends. Those
of the weeks before are computed anew from the data: labels that came late count, and a run that is
repeated says the same. A circuit without new labels keeps the verdict of its newest distinct run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from math import nan
from typing import Final

import numpy as np

from generator.fleet import Circuit
from monitoring.model_predictions import by_name
from monitoring.performance.joining import LEAST_COVERAGE, LEAST_LABELS, Joined, Pairs
from monitoring.performance.limits import Limits
from monitoring.performance.matching import Forecasts
from monitoring.performance.metrics import Metrics, Scale, mae, measure, naive_forecast
from monitoring.performance.records import (
    CircuitPerformance,
    LeftOut,
    Numberless,
    OfHorizon,
    OfVersion,
    PerformanceStatus,
    Run,
)
from monitoring.performance.versions import VERSION, Version, by_version, judged_version
from monitoring.sensors import CircuitReadings
from monitoring.windows import Windows

MOST_NUMBERLESS: Final = 0.05
"""Share of the predictions of the last days that may be without a usable number: with more, an
error within its limits is that of the hours that the model could forecast."""
_MOST_NAMED: Final = 3
_WORDS: Final = {"mae": "MAE", "rmse": "RMSE", "r2": "R2"}


def judge_performance(
    circuit: Circuit, predictions: CircuitReadings, actuals: CircuitReadings, windows: Windows
) -> CircuitPerformance:
    """Join a circuit's predictions to its actuals and hold their error to the circuit's limits.

    Of forecasts by several models, the circuit's own is judged, and of its versions one; the
    others are told beside it.

    Args:
        circuit: whose model it is.
        predictions: the columns that `matching` and `versions` name, by target time.
        actuals: by target time.
        windows: both together are looked at; a verdict is of as many days as the current one has.
    """
    models = by_name(predictions, circuit.model_name)
    own = models.pop(circuit.model_name)
    versions = by_version(own, windows.whole)
    nameless = versions[None].timestamps.size if None in versions else 0
    version = judged_version(versions, circuit.model_version, windows.current)
    newest = max((int(each.timestamps.max()) for each in versions.values()), default=None)
    judged = versions.pop(version, own)
    joined = Joined.of(judged, actuals, windows)
    found = CircuitPerformance(
        circuit,
        Limits.of(circuit),
        PerformanceStatus.INSUFFICIENT_DATA,
        "",
        _numberless(judged, windows),
        joined.count(joined.newest),
        joined.coverage(joined.newest),
        version=version,
        left_out=_left_out(joined),
        without={**joined.forecasts.without, VERSION: nameless},
        others=(
            *_others(circuit.model_name, versions, joined),
            *(
                other
                for name, made in models.items()
                for other in _others(name, by_version(made, windows.whole), joined)
            ),
        ),
        newest_forecast=None if newest is None else joined.moment(newest),
    )
    runs = list(joined.runs())
    if not runs:
        return replace(found, reason=_why_none(found, joined))
    return _verdict(found, joined, runs)


def _verdict(found: CircuitPerformance, joined: Joined, runs: Sequence[int]) -> CircuitPerformance:
    """Add what the distinct runs say, of which the newest is the verdict."""
    history = tuple(_run(joined, end, found.limits) for end in runs)
    newest = runs[-1]
    pairs = joined.pairs_of(newest)
    naive = naive_forecast(pairs.times, joined.labels.times, joined.labels.values)
    metrics = measure(pairs.predicted, pairs.actual, naive, Scale.of(joined.labels.values))
    status, reason = _judgement(found, metrics, joined, newest)
    return replace(
        found,
        status=status,
        reason=reason,
        labels=joined.count(newest),
        label_coverage=joined.coverage(newest),
        window=joined.window(newest),
        metrics=metrics,
        streak=sum(1 for _ in takewhile(lambda run: run.exceedance > 1, reversed(history))),
        history=history,
        horizons=tuple(_by_horizon(pairs)),
    )


def _judgement(
    found: CircuitPerformance, metrics: Metrics, joined: Joined, newest: int
) -> tuple[PerformanceStatus, str]:
    """Say what the newest distinct run means, and why."""
    over, numberless = _over_limits(found, metrics), _why_numberless(found, joined)
    if over:
        why = _why_degraded(found, over, metrics, joined, newest)
        also = f"; {numberless}" if numberless else ""
        return PerformanceStatus.DEGRADED, f"{found.circuit.key}: {why}{also}."
    if numberless:
        why = f"{numberless}; the error of the others is within its limits"
        return PerformanceStatus.INSUFFICIENT_DATA, f"{found.circuit.key}: {why}."
    instead = _which(found, joined).removeprefix("; ") if _instead(found, joined) else ""
    return PerformanceStatus.OK, f"{found.circuit.key}: {instead}." if instead else ""


def failed_performance(circuit: Circuit, error: str) -> CircuitPerformance:
    """Make the result of a circuit that could not be judged."""
    reason = f"{circuit.key}: it could not be judged: {error}."
    return CircuitPerformance(
        circuit, Limits.of(circuit), PerformanceStatus.ERROR, reason, version=circuit.model_version
    )


def _run(joined: Joined, end: int, limits: Limits) -> Run:
    pairs = joined.pairs_of(end)
    error = mae(pairs.predicted, pairs.actual)
    return Run(joined.window(end).end, error, error / limits.values["mae"])


def _others(
    name: str, versions: Mapping[Version, CircuitReadings], joined: Joined
) -> Iterator[OfVersion]:
    """Measure versions of a model that are not judged."""
    for version, predictions in versions.items():
        pairs = Pairs.of(Forecasts.of(predictions, joined.windows.current), joined.labels)
        times = predictions.timestamps
        yield OfVersion(
            name,
            version,
            pairs.times.size,
            mae(pairs.predicted, pairs.actual),
            joined.moment(times.min()),
            joined.moment(times.max()),
        )


def _by_horizon(pairs: Pairs) -> Iterator[OfHorizon]:
    """Yield the error of each horizon, the shortest first and the unknown one last."""
    horizons, of_pair = np.unique(pairs.horizons, return_inverse=True)
    labels = np.bincount(of_pair)
    sums = np.bincount(of_pair, np.abs(pairs.predicted - pairs.actual))
    for horizon, error, number in zip(
        horizons.tolist(), (sums / labels).tolist(), labels.tolist(), strict=True
    ):
        yield OfHorizon(horizon, error, number)


def _left_out(joined: Joined) -> LeftOut:
    forecasts, labels = joined.forecasts, joined.labels
    return LeftOut(
        forecasts.unusable,
        forecasts.skewed,
        forecasts.repeated,
        labels.unusable,
        labels.repeated,
        labels.contradicting,
    )


def _numberless(predictions: CircuitReadings, windows: Windows) -> Numberless:
    current = Forecasts.of(predictions, windows.current)
    due = current.unusable + current.times.size
    return Numberless(current.unusable, current.unusable / due if due else nan)


def _why_numberless(found: CircuitPerformance, joined: Joined) -> str:
    """Say that too many of the newest predictions are no number; empty if they are not."""
    rows, share = found.numberless.predictions, found.numberless.share
    if not share > MOST_NUMBERLESS:
        return ""
    return (
        f"{rows:,} predictions of the last {joined.days} days, {share:.1%} of them, have no usable "
        f"number, and at most {MOST_NUMBERLESS:.0%} may"
    )


def _over_limits(found: CircuitPerformance, metrics: Metrics) -> list[str]:
    """Name what is over its limit."""
    limits = found.limits
    return [
        f"{_WORDS[name]} {getattr(metrics, name):.3g} against {limits.values[name]:.3g} "
        f"({limits.origins[name]})"
        for name, exceedance in limits.exceedances(metrics).items()
        if exceedance > 1
    ]


def _why_degraded(
    found: CircuitPerformance, over: Sequence[str], metrics: Metrics, joined: Joined, newest: int
) -> str:
    circuit = found.circuit
    since = ""
    if newest < joined.newest:
        last = joined.window(newest).end.date()
        since = f", judged on {last} as too few labels came since"
    before = ""
    if circuit.training_mae is not None:
        ratio = metrics.mae / float(circuit.training_mae)
        before = f"; the MAE is {ratio:.2g} times that of the training, {circuit.training_mae}"
    return f"{', '.join(over)}{since}{before}{_which(found, joined)}"


def _which(found: CircuitPerformance, joined: Joined) -> str:
    """Tell which of several versions is judged, and from when on; empty if there is but one."""
    instead = _instead(found, joined)
    if not found.others and not instead:
        return ""
    named = found.version is not None
    name = f"version {found.version} is" if named else "the forecasts without a version are"
    if any(other.name != found.circuit.model_name for other in found.others):
        name = f"of {found.circuit.model_name}, {name}"
    times = joined.forecasts.times
    since = f", from {joined.moment(times[0]).date()} on" if times.size else ""
    return f"; {name} judged{since}{instead}"


def _instead(found: CircuitPerformance, joined: Joined) -> str:
    """Say that the judged version is not the configured one; empty if it is, or has no name.

    Forecasts without a version are told by the run, as rows that lack it.
    """
    configured = found.circuit.model_version
    if configured is None or found.version in (None, configured):
        return ""
    days = joined.days
    return f", as version {configured} of the configuration has no forecast of the last {days} days"


def _why_none(found: CircuitPerformance, joined: Joined) -> str:
    """Say why there is no verdict, and what was left out if that can be the cause."""
    whole = joined.windows.whole
    days = (whole.end - whole.start).days
    left_out = found.left_out
    if found.newest_forecast is None and found.others:
        names = list(dict.fromkeys(other.name for other in found.others))
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        told = ", ".join(names[:_MOST_NAMED]) + more
        return (
            f"{found.circuit.key}: no prediction of the last {days} days is of its model "
            f"{found.circuit.model_name}, and those of {told} are not judged; if that is the "
            "deployed one, write it into `model_name` in circuits.yaml."
        )
    if not joined.forecasts.times.size:
        why = _none("prediction", days, is_there=found.newest_forecast is not None)
        lost = [
            _lost(left_out.unusable_predictions, "without a number"),
            _lost(left_out.skewed_predictions, "issued after the time that they forecast"),
        ]
    elif not joined.labels.times.size:
        is_there = bool(left_out.unusable_labels or left_out.contradicting_labels)
        why = _none("actual", days, is_there=is_there)
        lost = [
            _lost(left_out.unusable_labels, "without a number"),
            _lost(left_out.contradicting_labels, "that contradict each other"),
        ]
    else:
        newest = joined.newest
        why = (
            f"{joined.count(newest)} of {joined.predictions(newest)} predictions of the last "
            f"{joined.days} days have an actual, and a verdict takes {LEAST_LABELS} of them and "
            f"{LEAST_COVERAGE:.0%}"
        )
        lost = [
            _lost(left_out.unusable_predictions, "of predictions without a number"),
            _lost(left_out.contradicting_labels, "of actuals that contradict each other"),
        ]
    told = ", ".join(text for text in lost if text)
    which = _which(found, joined)
    return f"{found.circuit.key}: {why}{f'; left out are {told}' if told else ''}{which}."


def _none(what: str, days: int, *, is_there: bool) -> str:
    if is_there:
        return f"no {what} of the last {days} days can be used"
    return f"there is no {what} of the last {days} days"


def _lost(rows: int, what: str) -> str:
    return f"{rows} rows {what}" if rows else ""
