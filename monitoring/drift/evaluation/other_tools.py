"""The default rules of other tools, re-implemented from their sources for comparison.

Only readings that are numbers are compared. None of it decides anything in production.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

from monitoring.drift.evaluation.rules import Alarms, any_feature
from monitoring.drift.statistics import compare_many
from monitoring.windows import CURRENT_DAYS, REFERENCE_DAYS

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SEVERE_DISTANCE: Final = 0.25
"""The document's limit of immediate retraining."""


class DocumentRule:
    """The architecture document's: KS p < .05, Wasserstein > .15 or PSI > .25 on any feature.

    Severe is its ladder: the largest distance above .25. Its PSI counts by `numpy.histogram` on
    deciles of the reference, which leaves out what lies outside of them.
    """

    name = "document"
    has_severe = True

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge a run."""
        compared = compare_many(
            reference, current, statistics=["ks_pvalue", "wasserstein_distance"]
        )
        psi = np.array([_document_psi(r, c) for r, c in zip(reference, current, strict=True)])
        distance = compared.wasserstein_distance
        alarm = (compared.ks_pvalue < 0.05) | (distance > 0.15) | (psi > 0.25)
        return any_feature(alarm, np.maximum(distance, psi) > _SEVERE_DISTANCE)


class AzureRule:
    """One metric of Azure ML's data drift signal against the document's .15 (PSI: .25).

    https://github.com/Azure/azureml-assets, assets/model_monitoring/components/src,
    data_drift_compute_metrics: equal bins over the pooled range, as many as Sturges counts; rows
    with any null are dropped. Severe is a value above .25.
    """

    has_severe = True

    def __init__(self, name: str, metric: Callable[[FloatArray, FloatArray], float], limit: float):
        """Name a metric and its threshold."""
        self.name = f"Azure ML, {name}"
        self._metric = metric
        self._limit = limit

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge a run."""
        values = np.array(
            [
                self._metric(r, c)
                for r, c in zip(_complete(reference), _complete(current), strict=True)
            ]
        )
        return any_feature(values > self._limit, values > max(self._limit, _SEVERE_DISTANCE))


class EvidentlyRule:
    """Evidently's data drift preset: KS p ≤ .05 up to 1,000 reference rows, else distance ≥ .1.

    https://github.com/evidentlyai/evidently, src/evidently/legacy/calculations/stattests; the data
    set drifts if half of its features do.
    """

    has_severe = False

    def __init__(self, *, share: float) -> None:
        """Choose the share of features that makes the circuit alarm; 0 for any."""
        self.name = f"Evidently, {'data set' if share else 'any feature'}"
        self._share = share

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge a run."""
        if reference.shape[1] <= 1000:
            alarm = compare_many(reference, current, statistics=["ks_pvalue"]).ks_pvalue <= 0.05
        else:
            compared = compare_many(reference, current, statistics=["wasserstein_distance"])
            deviation = np.maximum(np.nanstd(reference, axis=1), 0.001)
            alarm = compared.wasserstein_distance / deviation >= 0.1
        circuit = bool(alarm.any() and alarm.mean() >= self._share)
        return Alarms(alarm, np.zeros(alarm.shape, np.bool_), circuit)


class NannyRule:
    """NannyML's thresholds: mean + 3 standard deviations of the reference's own weekly chunks.

    https://github.com/NannyML/nannyml, nannyml/drift/univariate/methods.py: KS statistic and
    Jensen-Shannon distance of a chunk from the whole reference, which the chunk is part of.
    """

    name = "NannyML, weekly chunks"
    has_severe = False

    def __init__(self) -> None:
        self._day = -1
        self._limits = np.empty((0, 2))

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge a run."""
        if day != self._day:
            week = reference.shape[1] * CURRENT_DAYS // REFERENCE_DAYS
            edges = range(0, reference.shape[1], week)  # the last one is shorter and counts
            chunks = np.array(
                [self._distances(reference, reference[:, i : i + week]) for i in edges]
            )
            self._day, self._limits = day, chunks.mean(axis=0) + 3 * chunks.std(axis=0)
        over: BoolArray = self._distances(reference, current) > self._limits
        return any_feature(over[:, 0] | over[:, 1])

    @staticmethod
    def _distances(reference: FloatArray, chunk: FloatArray) -> FloatArray:
        ks = compare_many(reference, chunk, statistics=["ks_statistic"]).ks_statistic
        jsd = [_nanny_jensen_shannon(r, c) for r, c in zip(reference, chunk, strict=True)]
        return np.stack([ks, np.array(jsd)], axis=1)


def azure_normalized_wasserstein(reference: FloatArray, current: FloatArray) -> float:
    """Divide the Wasserstein distance by the reference's sample standard deviation."""
    compared = compare_many(
        reference[np.newaxis], current[np.newaxis], statistics=["wasserstein_distance"]
    )
    return float(compared.wasserstein_distance[0]) / max(float(reference.std(ddof=1)), 0.001)


def azure_jensen_shannon(reference: FloatArray, current: FloatArray) -> float:
    """Take the Jensen-Shannon distance, base 2, without smoothing."""
    p, q = _azure_counts(reference, current)
    return float(jensenshannon(p, q, base=2))


def azure_psi(reference: FloatArray, current: FloatArray) -> float:
    """Take the population stability index with one more reading in each bin."""
    p, q = _azure_counts(reference, current)
    p, q = (p + 1) / (p.sum() + p.size), (q + 1) / (q.sum() + q.size)
    return float(((q - p) * np.log(q / p)).sum())


def other_tools() -> tuple[DocumentRule | AzureRule | EvidentlyRule | NannyRule, ...]:
    """List the rules that the calibrated one is compared with."""
    return (
        DocumentRule(),
        AzureRule("Wasserstein", azure_normalized_wasserstein, 0.15),
        AzureRule("JSD", azure_jensen_shannon, 0.15),
        AzureRule("PSI", azure_psi, 0.25),
        EvidentlyRule(share=0.0),
        EvidentlyRule(share=0.5),
        NannyRule(),
    )


def _complete(values: FloatArray) -> FloatArray:
    return values[:, ~np.isnan(values).any(axis=0)]


def _azure_counts(reference: FloatArray, current: FloatArray) -> tuple[FloatArray, FloatArray]:
    low = min(reference.min(), current.min())
    high = max(reference.max(), current.max())
    if low == high:
        return np.array([float(reference.size)]), np.array([float(current.size)])
    bins = int(np.ceil(np.log2(min(reference.size, current.size)) + 1))
    edges = np.linspace(low, high, bins + 1)
    counts = (np.histogram(values, edges)[0] for values in (reference, current))
    p, q = (c.astype(np.float64) for c in counts)
    return p, q


def _document_psi(reference: FloatArray, current: FloatArray) -> float:
    reference, current = reference[np.isfinite(reference)], current[np.isfinite(current)]
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, 11)))
    if edges.size < 2 or not current.size:
        return 0.0
    p = np.maximum(np.histogram(reference, edges)[0] / reference.size, 1e-4)
    q = np.maximum(np.histogram(current, edges)[0] / current.size, 1e-4)
    return float(((q - p) * np.log(q / p)).sum())


def _nanny_jensen_shannon(reference: FloatArray, chunk: FloatArray) -> float:
    reference, chunk = reference[np.isfinite(reference)], chunk[np.isfinite(chunk)]
    if reference.min() == reference.max():
        edges = np.array([reference[0] - 0.5, reference[0] + 0.5])
    else:
        edges = np.histogram_bin_edges(reference, bins="doane")
    p = np.histogram(reference, edges)[0] / reference.size
    q = np.histogram(chunk, edges)[0] / max(chunk.size, 1)
    outside = 1 - q.sum()
    if outside > 0:
        p, q = np.append(p, 0.0), np.append(q, outside)
    return float(jensenshannon(p, q, base=2))
