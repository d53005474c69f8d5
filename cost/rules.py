"""What alert rules cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cost.prices import ALERTS
from generator import azure
from generator.fleet import Circuit
from generator.rules import ScheduledQueryRule


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What one rule costs a month."""

    name: str
    frequency: str
    """ISO 8601 duration."""
    series: int
    """Series it can have; 1 for a rule that is not split."""
    usd: float


def rule_usd(frequency: timedelta, series: int | None) -> float:
    """Price a rule for a month, in USD.

    Args:
        frequency: time between evaluations.
        series: series of a rule that is split; None for one that is not.
    """
    reached = [price for price in ALERTS if price.frequency <= frequency]
    price = reached[-1] if reached else ALERTS[0]
    return price.rule.usd + (0.0 if series is None else price.series.usd * series)


def rule_costs(
    rules: Sequence[ScheduledQueryRule], circuits: Sequence[Circuit]
) -> tuple[RuleCost, ...]:
    """Price rules at the most series they can have: one for each circuit they are split by."""
    return tuple(_rule_cost(rule, circuits) for rule in rules)


def _rule_cost(rule: ScheduledQueryRule, circuits: Sequence[Circuit]) -> RuleCost:
    frequency = rule.rule.frequency
    series = _series(rule, circuits) if rule.dimensions else None
    usd = rule_usd(azure.EVALUATION_FREQUENCIES[frequency], series)
    return RuleCost(rule.name, frequency, 1 if series is None else series, usd)


def _series(rule: ScheduledQueryRule, circuits: Sequence[Circuit]) -> int:
    """Count the combinations of a rule's dimensions; one that is not of a circuit counts once."""
    names = [d.name for d in rule.dimensions if d.name in _OF_CIRCUIT]
    seen = {
        tuple(getattr(circuit, name) for name in names)
        for circuit in circuits
        if all(
            d.name not in _OF_CIRCUIT
            or ("*" in d.values or getattr(circuit, d.name) in d.values)
            == (d.operator == "Include")
            for d in rule.dimensions
        )
    }
    return len(seen)


_OF_CIRCUIT = frozenset(("plant_id", "circuit_id", "model_name", "model_version"))
