"""Alarms of a rule on days as they were."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.evaluation.rules import Alarms, Rule
from monitoring.drift.history import DailySeries

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NullResult:
    """How often a rule alarms where no fault is known."""

    rule: str
    days: tuple[int, ...]
    features: BoolArray
    """By day and feature."""
    circuit: BoolArray
    severe: BoolArray
    has_severe: bool

    @property
    def feature_rate(self) -> float:
        """Take the share of feature-days that alarm."""
        return float(self.features.mean())

    @property
    def circuit_rate(self) -> float:
        """Take the share of circuit-days that alarm."""
        return float(self.circuit.mean())

    @property
    def severe_rate(self) -> float:
        """Take the share of circuit-days whose alarm is severe."""
        return float(self.severe.mean())

    @property
    def episodes(self) -> int:
        """Count stretches of days in a row that alarm: what a person is called for."""
        starts = self.circuit & ~np.concatenate([[False], self.circuit[:-1]])
        return int(starts.sum())


def judge_null(rule: Rule, series: DailySeries, days: Sequence[int]) -> NullResult:
    """Judge days as they were.

    Raises:
        ValueError: there is no day.
    """
    if not days:
        raise ValueError("there is no day to judge")
    judged: list[Alarms] = [
        rule.alarms(day, series.reference(day), series.current(day)) for day in days
    ]
    return NullResult(
        rule.name,
        tuple(days),
        np.array([a.features for a in judged]),
        np.array([a.circuit for a in judged]),
        np.array([a.circuit and bool(a.severe.any()) for a in judged]),
        rule.has_severe,
    )
