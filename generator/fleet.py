"""The resolved fleet of one environment: what every renderer and every job reads.

All defaults are applied, all limits known, each with its origin. Nothing here refers to YAML.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from generator.models.action_groups import ActionGroup
from generator.models.alerts import AlertRule
from generator.models.circuits import Bounds
from generator.models.environments import Environment

CIRCUIT_LIMITS = (
    "mae",
    "rmse",
    "r2",
    "jensen_shannon_distance",
    "normalized_wasserstein_distance",
    "psi",
    "two_sample_kolmogorov_smirnov_test",
    "null_rate",
    "type_error_rate",
    "out_of_bounds_rate",
    "latency_ms",
    "mae_watch",
    "drift_ladder_document_schedule",
    "drift_ladder_document_immediate",
    "drift_ladder_calibrated_schedule",
    "drift_ladder_calibrated_immediate",
)
"""Limits that each circuit has."""

FLEET_LIMITS = ("degraded_share",)
"""Limits of the fleet as a whole."""


Level = Literal["built-in", "default", "class", "plant", "circuit"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a limit was written, and why."""

    level: Level
    key: str
    place: str
    """file:line, empty for a built-in default."""
    reason: str = ""
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """An effective limit and its origin."""

    value: Decimal
    origin: Origin


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of time in UTC, half-open, in which alerts are quiet."""

    starts: datetime
    ends: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit with everything known about it."""

    plant_id: str
    circuit_id: str
    model_name: str
    model_version: str | None
    training_mae: Decimal | None
    """Mean absolute error of the model in training; None if nobody wrote it."""
    circuit_class: str | None
    enabled: bool
    owner: str
    features: tuple[str, ...]
    physical_limits: Mapping[str, Bounds]
    production: str | None
    reference: str | None
    production_outputs: str | None
    reference_outputs: str | None
    predictions: str | None
    actuals: str | None
    batch_endpoint: str
    batch_deployment: str
    expected_every: timedelta
    sample_every: timedelta
    signals: tuple[str, ...]
    """Signals that Azure ML monitors; empty for none."""
    tags: Mapping[str, str]
    silences: tuple[Silence, ...]
    limits: Mapping[str, Limit]

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"


@dataclass(frozen=True, slots=True)
class Plant:
    """One plant and who answers for it."""

    plant_id: str
    name: str
    owner: str
    action_groups: tuple[str, ...]
    outages: tuple[Silence, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything of one environment, sorted by plant and circuit."""

    name: str
    environment: Environment
    plants: tuple[Plant, ...]
    circuits: tuple[Circuit, ...]
    """Enabled circuits."""
    disabled: tuple[Circuit, ...]
    alert_rules: tuple[AlertRule, ...]
    action_groups: tuple[ActionGroup, ...]
    limits: Mapping[str, Limit]
    """Defaults of every limit, and the limits of the fleet."""

    def of_plant(self, plant_id: str) -> tuple[Circuit, ...]:
        """Enabled circuits of one plant."""
        return tuple(c for c in self.circuits if c.plant_id == plant_id)
