"""The heat map: how far each feature drifted in each plant at most. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from monitoring.report import figures
from monitoring.report.model import HeatCell, HeatMap, HeatRow
from monitoring.report.records import DriftRecord
from monitoring.report.subject import Subject

_MOST_FEATURES: Final = 24
_LEVELS: Final = (0.5, 1.0, 1.5, 3.0)
_UNKNOWN: Final = HeatCell(figures.NOTHING, 0, "not judged", "")


def heat_map(subject: Subject) -> HeatMap:
    """Take the worst exceedance of each plant and feature, over the circuits with a verdict."""
    worst: dict[tuple[str, str], tuple[float, str]] = {}
    features: dict[str, float] = {}
    for key in subject.keys:
        drift = subject.day.drift[key]
        for feature, value in exceedances(drift, subject):
            place = (drift.plant_id, feature)
            if place not in worst or value > worst[place][0]:
                worst[place] = (value, key)
            features[feature] = max(features.get(feature, 0.0), value)
    shown = _shown(features)
    plants = dict.fromkeys(subject.day.drift[key].plant_id for key in subject.keys)
    names = {plant.plant_id: plant.name for plant in subject.fleet.plants}
    return HeatMap(
        _intro(subject, len(features) - len(shown)),
        tuple(figures.name(feature) for feature in shown),
        tuple(
            HeatRow(
                figures.name(plant),
                figures.name(names.get(plant, "")),
                tuple(_cell(subject, plant, feature, worst) for feature in shown),
            )
            for plant in plants
        ),
    )


def exceedances(drift: DriftRecord, subject: Subject) -> Iterator[tuple[str, float]]:
    """Yield how far each feature of a circuit is over its limit, in raw space.

    The document's rule has three tests and no exceedance; its stability index over the configured
    limit stands for them.
    """
    if not drift.status.has_verdict:
        return
    for verdict in drift.verdicts:
        if verdict.raw_exceedance is not None:
            yield verdict.feature, verdict.raw_exceedance
    if not drift.verdicts:
        limit = subject.psi_limit(drift.key)
        for feature in drift.features:
            if feature.tests.psi.value is not None:
                yield feature.feature, feature.tests.psi.value / limit


def level(value: float) -> int:
    """Return the step of the colour scale, 1 to 5; from 3 on the limit is passed."""
    return 1 + sum(value > edge for edge in _LEVELS)


def _shown(features: Mapping[str, float]) -> Sequence[str]:
    """Keep the order of the configuration; of too many features the worst."""
    worst = sorted(features, key=lambda feature: -features[feature])[:_MOST_FEATURES]
    return [feature for feature in features if feature in worst]


def _cell(
    subject: Subject, plant: str, feature: str, worst: Mapping[tuple[str, str], tuple[float, str]]
) -> HeatCell:
    found = worst.get((plant, feature))
    if found is None:
        return _UNKNOWN
    value, key = found
    circuit = figures.name(key)
    figure = figures.exceedance(value)
    words = f"{figures.name(feature)} of {circuit}: {figure} times its limit"
    return HeatCell(figure, level(value), words, subject.link(key).anchor)


def _intro(subject: Subject, left_out: int) -> str:
    what = (
        "the readings' own drift over the circuit's limit"
        if subject.day.inputs.rule == "calibrated"
        else "the stability index (PSI) over its limit"
    )
    of_readings = (
        " It is of the readings alone, and may be lower than the drift score of a decision, which "
        "also looks at what the other sensors do not explain."
        if subject.day.inputs.rule == "calibrated"
        else ""
    )
    rest = f" {figures.count(left_out, 'feature')} with less are not shown." if left_out else ""
    return (
        f"The worst circuit of each plant by feature: {what}. Above 1 the limit is passed, and the "
        f"number is bold; a circuit without a verdict is left out.{of_readings}{rest}"
    )
