"""What the quality checks say of a feature and of a circuit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, isnan, nan
from typing import Literal

Unit = Literal["share", "hours", "days", "values", "rows"]


class QualityStatus(StrEnum):
    """Whether data can be trusted, from good to bad; the worst of the checks is the circuit's."""

    OK = "ok"
    WARN = "warn"
    """Somebody should look some day; the data can be judged."""
    FAILED = "failed"
    """The data are wrong."""
    INSUFFICIENT_DATA = "insufficient_data"
    """Too little is there to be judged."""
    STALE = "stale"
    """The newest readings are too old to speak of the last day."""
    ERROR = "error"
    """The data could not be read."""

    @property
    def passes(self) -> bool:
        """Whether drift may be judged and a model trained on the data."""
        return self in (QualityStatus.OK, QualityStatus.WARN)


_ORDER = tuple(QualityStatus)


def finite_or_none(value: float) -> float | None:
    """Return a number as JSON can have it."""
    return value if isfinite(value) else None


def worst(statuses: Iterable[QualityStatus]) -> QualityStatus:
    """Return the worst of some statuses, `ok` of none."""
    return max(statuses, key=_ORDER.index, default=QualityStatus.OK)


@dataclass(frozen=True, slots=True)
class Check:
    """One measured value against its limit."""

    name: str
    """A name of `definitions.CHECKS`."""
    status: QualityStatus
    value: float
    """In `unit`; NaN where there was nothing to measure, which is never `ok`."""
    limit: float
    """The check fails above it; infinite where it does not apply."""
    unit: Unit
    origin: str
    """Where the limit comes from."""
    reason: str = ""
    """A sentence that names circuit and feature; empty if the check is `ok`."""

    @property
    def exceedance(self) -> float:
        """Value over limit: above 1 the check fails; NaN where there was nothing to measure."""
        if isnan(self.value):
            return nan
        if self.limit == 0:
            return inf if self.value > 0 else 0.0
        return self.value / self.limit

    def as_json(self) -> dict[str, object]:
        """Return the check as JSON values; null for what was not measured or has no limit."""
        return {
            "name": self.name,
            "status": self.status.value,
            "value": finite_or_none(self.value),
            "limit": finite_or_none(self.limit),
            "exceedance": finite_or_none(self.exceedance),
            "unit": self.unit,
            "origin": self.origin,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class FeatureQuality:
    """The checks of one feature."""

    feature: str
    checks: tuple[Check, ...]
    error: str = ""
    """Why the feature could not be read, as a sentence; empty if it was."""

    @property
    def status(self) -> QualityStatus:
        """The worst of its checks."""
        if self.error:
            return QualityStatus.ERROR
        return worst(check.status for check in self.checks)


@dataclass(frozen=True, slots=True)
class CircuitQuality:
    """The checks of one circuit: of its rows, and of each feature."""

    plant_id: str
    circuit_id: str
    rows: int
    """Rows of the current window, duplicates included."""
    checks: tuple[Check, ...]
    features: tuple[FeatureQuality, ...]
    error: str = ""
    """Why the circuit could not be read, as a sentence; empty if it was."""

    @classmethod
    def unreadable(cls, plant_id: str, circuit_id: str, error: str) -> "CircuitQuality":
        """Return the record of a circuit whose data could not be read at all."""
        return cls(plant_id, circuit_id, 0, (), (), f"{plant_id}/{circuit_id}: {error}")

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"

    @property
    def status(self) -> QualityStatus:
        """The worst of its rows and features."""
        if self.error:
            return QualityStatus.ERROR
        own = (check.status for check in self.checks)
        return worst((*own, *(feature.status for feature in self.features)))

    @property
    def passes(self) -> bool:
        """The gate: whether drift may be judged and a model trained on the data.

        If not, the circuit gets no drift verdict and is a case for maintenance.
        """
        return self.status.passes

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every sentence once, the worst first."""
        return tuple(dict.fromkeys(text for _, text in self._sentences()))

    @property
    def closing_reasons(self) -> tuple[str, ...]:
        """The sentences on what closes the gate, without those of checks that only warn."""
        closing = (text for status, text in self._sentences() if not status.passes)
        return tuple(dict.fromkeys(closing))

    def failures(self) -> tuple[tuple[str, Check], ...]:
        """Return the checks that close the gate, each with its feature, largest exceedance first.

        The feature is empty for a check of the circuit's rows. A check that had nothing to measure
        comes last.
        """
        closed = [(feature, check) for feature, check in self._all() if not check.status.passes]
        return tuple(
            sorted(closed, key=lambda each: (isnan(each[1].exceedance), -each[1].exceedance))
        )

    def largest(self, name: str) -> float:
        """Return the largest value of a check over the features; NaN if none has a value.

        The gauges `data_quality_null_rate`, `data_quality_type_error_rate` and
        `data_quality_out_of_bounds_rate` are this.
        """
        values = [check.value for _, check in self._all() if check.name == name]
        return max((value for value in values if not isnan(value)), default=nan)

    @property
    def coverage(self) -> float:
        """Distinct timestamps of the current window over the expected ones, 0 to 1."""
        return 1.0 - self.largest("missing_rows")

    def as_json(self) -> dict[str, object]:
        """Return the record as JSON values; null for what was not measured or has no limit."""
        return {
            "plant_id": self.plant_id,
            "circuit_id": self.circuit_id,
            "status": self.status.value,
            "passes": self.passes,
            "rows": self.rows,
            "error": self.error,
            "reasons": list(self.reasons),
            "checks": [each.as_json() for each in self.checks],
            "features": [
                {
                    "feature": each.feature,
                    "status": each.status.value,
                    "error": each.error,
                    "checks": [check.as_json() for check in each.checks],
                }
                for each in self.features
            ],
        }

    def _sentences(self) -> list[tuple[QualityStatus, str]]:
        found = [(check.status, check.reason) for _, check in self._all() if check.reason]
        found += [(QualityStatus.ERROR, each.error) for each in self.features if each.error]
        if self.error:
            found.append((QualityStatus.ERROR, self.error))
        return sorted(found, key=lambda each: -_ORDER.index(each[0]))

    def _all(self) -> Iterator[tuple[str, Check]]:
        yield from (("", check) for check in self.checks)
        for feature in self.features:
            yield from ((feature.feature, check) for check in feature.checks)
