"""`rule: document`: the source document's detector, with what its arithmetic got wrong put right.

Any of three tests on any feature flags drift: Kolmogorov-Smirnov p-value, Wasserstein distance in
the sensor's own unit, population stability index. The response ladder is held against the largest
Jensen-Shannon distance over the features. On real data the flags are almost always up; the
default rule is the calibrated one, and this one stays to be compared with.

Different from the document: PSI has open outer bins, and a feature without enough values has no
flags at all instead of lowered ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite, nan
from typing import Final, Literal

from generator.fleet import Circuit
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Ladder, Step
from monitoring.drift.statistics import Comparison, FloatArray, compare
from monitoring.sensors import CircuitReadings
from monitoring.windows import Window, Windows

WASSERSTEIN_DISTANCE: Final = 0.15
"""The document's limit of the raw distance, whatever the sensor's unit. The configuration has a
limit of the normalized distance only."""

MIN_VALUES: Final = 50
"""Finite values that each side must have: five for each of PSI's ten bins, Cochran's rule for
tests on counts (https://doi.org/10.2307/3001616)."""

MIN_COVERAGE: Final = 0.5
"""Share of a side's values that must be finite; with less, what is missing may say otherwise."""

Json = dict[str, object]
Test = Literal["ks_test", "wasserstein", "psi"]


@dataclass(frozen=True, slots=True)
class DocumentFeature:
    """The three tests of one feature."""

    feature: str
    comparison: Comparison | None
    """None if the data have no such column."""
    flags: Mapping[Test, bool]
    """Empty if the feature could not be judged."""
    reason: str = ""
    """Why it could not be judged; empty if it was."""

    @property
    def drift_detected(self) -> bool | None:
        """Whether any test flags drift; None if the feature could not be judged."""
        return any(self.flags.values()) if self.flags else None

    def as_json(self) -> Json:
        """Return the document's object; null for what is not known."""
        c, flags = self.comparison, self.flags
        tests: Json = {
            "ks_test": {
                "statistic": _number(c.ks_statistic if c else nan),
                "pvalue": _number(c.ks_pvalue if c else nan),
                "drift_detected": flags.get("ks_test"),
            },
            "wasserstein": {
                "distance": _number(c.wasserstein_distance if c else nan),
                "drift_detected": flags.get("wasserstein"),
            },
            "psi": {"value": _number(c.psi if c else nan), "drift_detected": flags.get("psi")},
        }
        return {"feature": self.feature, "tests": tests, "drift_detected": self.drift_detected}


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """The document's result of one circuit."""

    plant_id: str
    circuit_id: str
    windows: Windows
    features: tuple[DocumentFeature, ...]
    ladder: Ladder

    @property
    def drifted_features(self) -> tuple[str, ...]:
        """Features with a flag, in the order of the configuration."""
        return tuple(each.feature for each in self.features if each.drift_detected)

    @property
    def overall_drift(self) -> bool | None:
        """Whether any feature drifted; None if none did and one could not be judged."""
        if self.drifted_features:
            return True
        is_known = self.features and all(each.drift_detected is not None for each in self.features)
        return False if is_known else None

    @property
    def score(self) -> float:
        """Largest Jensen-Shannon distance over the judged features, 0 to 1; NaN if none is."""
        return max((distance for distance, _ in self._ranked()), default=nan)

    @property
    def status(self) -> DriftStatus:
        """`drift` above the ladder's `immediate`, `warn` from `schedule` on or with any flag.

        `insufficient_data` if nothing drifted but a feature could not be judged.
        """
        step = self._step()
        if step is Step.IMMEDIATE:
            return DriftStatus.DRIFT
        if step is Step.SCHEDULE or self.overall_drift:
            return DriftStatus.WARN
        return DriftStatus.INSUFFICIENT_DATA if self.overall_drift is None else DriftStatus.OK

    def evidence(self) -> DriftEvidence:
        """Return what a decision needs."""
        status = self.status
        ranked = [feature for _, feature in self._ranked() if feature in self.drifted_features]
        return DriftEvidence(
            "document",
            status,
            self._step() if status.has_verdict else Step.NONE,
            self.score if status.has_verdict else nan,
            self.ladder.schedule,
            self.ladder.origin,
            tuple(ranked),
            "" if status.has_verdict else " ".join(e.reason for e in self.features if e.reason),
        )

    def as_json(self) -> Json:
        """Return the document's object, field for field; null for what is not known.

        Periods name their first and last day.
        """
        drifted = list(self.drifted_features)
        return {
            "plant_id": self.plant_id,
            "circuit_id": self.circuit_id,
            "baseline_period": _period(self.windows.reference),
            "current_period": _period(self.windows.current),
            "features": [each.as_json() for each in self.features],
            "summary": {
                "total_features": len(self.features),
                "drifted_features_count": len(drifted),
                "drifted_features": drifted,
                "overall_drift": self.overall_drift,
            },
        }

    def _step(self) -> Step:
        return self.ladder.step(self.score) if isfinite(self.score) else Step.NONE

    def _ranked(self) -> list[tuple[float, str]]:
        judged = [
            (each.comparison.jensen_shannon_distance, each.feature)
            for each in self.features
            if each.comparison is not None and each.flags
        ]
        return sorted(judged, key=lambda each: (-each[0], each[1]))


@dataclass(frozen=True, slots=True)
class DriftDetector:
    """The document's detector for one circuit's limits."""

    ks_pvalue: float
    """Drift below."""
    psi: float
    """Drift above."""
    ladder: Ladder
    wasserstein_distance: float = WASSERSTEIN_DISTANCE
    """Drift above, in the sensor's unit."""

    @classmethod
    def of(cls, circuit: Circuit) -> "DriftDetector":
        """Return the detector with the limits that the configuration gives a circuit."""
        return cls(
            float(circuit.limits["two_sample_kolmogorov_smirnov_test"].value),
            float(circuit.limits["psi"].value),
            Ladder.of(circuit, "document"),
        )

    def detect_drift_for_feature(
        self, feature_name: str, baseline_data: FloatArray, current_data: FloatArray
    ) -> DocumentFeature:
        """Compare a feature's values and test them."""
        return self.test_feature(feature_name, compare(baseline_data, current_data))

    def detect_drift_for_circuit(
        self, readings: CircuitReadings, windows: Windows, features: tuple[str, ...]
    ) -> DocumentResult:
        """Compare and test every feature of a circuit; a missing column is one that is unknown."""
        reference = readings.within(windows.reference)
        current = readings.within(windows.current)
        comparisons = {
            feature: compare(reference[feature], current[feature])
            for feature in features
            if feature in readings.values
        }
        return self.test_circuit(
            readings.plant_id, readings.circuit_id, windows, features, comparisons
        )

    def test_circuit(
        self,
        plant_id: str,
        circuit_id: str,
        windows: Windows,
        features: tuple[str, ...],
        comparisons: Mapping[str, Comparison],
    ) -> DocumentResult:
        """Test comparisons that were made before."""
        tested = tuple(self.test_feature(name, comparisons.get(name)) for name in features)
        named = tuple(_naming(f"{plant_id}/{circuit_id}", each) for each in tested)
        return DocumentResult(plant_id, circuit_id, windows, named, self.ladder)

    def test_feature(self, feature_name: str, comparison: Comparison | None) -> DocumentFeature:
        """Test one comparison, None for a column that the data do not have."""
        reason = _insufficient(comparison)
        if comparison is None or reason:
            return DocumentFeature(feature_name, comparison, {}, f"{feature_name}: {reason}")
        flags: dict[Test, bool] = {
            "ks_test": comparison.ks_pvalue < self.ks_pvalue,
            "wasserstein": comparison.wasserstein_distance > self.wasserstein_distance,
            "psi": comparison.psi > self.psi,
        }
        return DocumentFeature(feature_name, comparison, flags)


def _insufficient(comparison: Comparison | None) -> str:
    if comparison is None:
        return "the data have no such column."
    sides = (
        ("reference", comparison.n_reference, comparison.coverage_reference),
        ("current window", comparison.n_current, comparison.coverage_current),
    )
    for side, count, coverage in sides:
        if count < MIN_VALUES:
            return f"the {side} has {count} values, {MIN_VALUES} are needed."
        if coverage < MIN_COVERAGE:
            return f"{coverage:.0%} of the {side} are values, {MIN_COVERAGE:.0%} are needed."
    return ""


def _naming(circuit: str, tested: DocumentFeature) -> DocumentFeature:
    if not tested.reason:
        return tested
    return DocumentFeature(
        tested.feature, tested.comparison, tested.flags, f"{circuit} {tested.reason}"
    )


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def _period(window: Window) -> str:
    """Return first and last day, as the document's inclusive dates."""
    last = window.end - timedelta(microseconds=1)
    return f"{window.start:%Y-%m-%d} to {last:%Y-%m-%d}"
