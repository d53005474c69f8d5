"""What is told: the decisions of a day against those of the day before. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from generator import conventions
from generator.fleet import Circuit, Fleet
from generator.rules import runbook_of
from monitoring.decision_table import Action, Severity, runbook_rule
from monitoring.decisions import Compared, Decision
from monitoring.notify.day import Day

_MOST_UNDECIDED: Final = 10
_LADDER: Final = tuple(Severity)


def severity_rank(severity: str) -> int:
    """Order severities: the larger, the sooner somebody should look."""
    return _LADDER.index(Severity(severity))


@dataclass(frozen=True, slots=True)
class Item:
    """A decision that asks for somebody."""

    decision: Decision
    model_name: str
    """Empty for a circuit that left the configuration since."""
    owner: str
    is_new: bool
    """Whether the day before did not ask for the same, as urgently."""
    runbook: str | None
    streak: int
    """Runs in a row with an error over its limit; 0 if there is none or nobody counted."""

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return self.decision.key

    @property
    def worst(self) -> Compared | None:
        """What is farthest over its limit of all that the decision rests on."""
        known = [each for each in self.decision.compared if each.exceedance == each.exceedance]
        return max(known, key=lambda each: each.exceedance, default=None)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that could be told of a day, before it is known to whom."""

    environment: str
    as_of: date
    run_id: str
    compared_with: date | None
    """The day before; None if there is none, then everything is new."""
    items: tuple[Item, ...]
    """New ones first, then by severity and exceedance."""
    earlier: tuple[Item, ...]
    """Items of the day before; empty also where the day has no decisions to set against them."""
    now: Mapping[str, Decision]
    configured: frozenset[str]
    """Circuits that should have a decision, as `PLANT/CIRCUIT`."""
    quiet: tuple[Item, ...]
    """Left out for a maintenance window, an outage or a snooze of their circuit."""
    problems: tuple[str, ...]
    dashboard: str | None


def findings_of(
    day: Day, before: Day | None, fleet: Fleet, problems: Sequence[str] = ()
) -> Findings:
    """Set a day against the day before.

    Args:
        day: the day that is told of.
        before: None if there is none.
        fleet: owners, models, silences and links.
        problems: further sentences on the run itself, such as a stage that failed.
    """
    items, quiet = _items(day, fleet)
    earlier = () if before is None else _items(before, fleet)[0]
    by_key = {item.key: item for item in earlier}
    marked = [_marked(item, by_key.get(item.key)) for item in items]
    notifications = fleet.environment.notifications
    return Findings(
        environment=fleet.name,
        as_of=day.as_of,
        run_id=day.run_id,
        compared_with=None if before is None else before.as_of,
        items=tuple(sorted(marked, key=_urgency)),
        earlier=earlier if day.is_decided else (),
        now=day.decisions,
        configured=frozenset(circuit.key for circuit in fleet.circuits),
        quiet=quiet,
        problems=(*problems, *day.problems, *_undecided(day, fleet)),
        dashboard=None if notifications is None else notifications.dashboard,
    )


def _items(day: Day, fleet: Fleet) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Return the decisions of a day that ask for somebody, and those whose circuit is silent."""
    circuits = {circuit.key: circuit for circuit in fleet.circuits}
    runbooks = {
        conventions.rule_id(rule.name): runbook_of(rule, fleet.environment)
        for rule in fleet.alert_rules
    }
    at = datetime.combine(day.as_of, time(), UTC)
    items: list[Item] = []
    quiet: list[Item] = []
    for key in sorted(day.decisions):
        decision, circuit = day.decisions[key], circuits.get(key)
        if decision.proposed is Action.MONITOR:
            continue
        item = Item(
            decision,
            circuit.model_name if circuit else "",
            circuit.owner if circuit else fleet.environment.owner,
            is_new=True,
            runbook=runbooks.get(runbook_rule(decision.row)),
            streak=day.streaks.get(key, 0),
        )
        (quiet if circuit and _is_silent(circuit, at) else items).append(item)
    return tuple(items), tuple(quiet)


def _undecided(day: Day, fleet: Fleet) -> list[str]:
    """Tell of circuits that the run left out; a run without any decisions is told already."""
    left = sorted(circuit.key for circuit in fleet.circuits if circuit.key not in day.decisions)
    if not left or not day.is_decided:
        return []
    number = "1 circuit has" if len(left) == 1 else f"{len(left)} circuits have"
    shown = ", ".join(left[:_MOST_UNDECIDED])
    rest = len(left) - _MOST_UNDECIDED
    others = f" and {rest} more" if rest > 0 else ""
    return [f"{number} no decision: {shown}{others}."]


def _is_silent(circuit: Circuit, at: datetime) -> bool:
    return any(silence.starts <= at < silence.ends for silence in circuit.silences)


def _marked(item: Item, earlier: Item | None) -> Item:
    """Mark an item that is no news: a decision that is held back today was told before."""
    is_new = (
        earlier is None
        or earlier.decision.proposed is not item.decision.proposed
        or severity_rank(earlier.decision.severity) < severity_rank(item.decision.severity)
    )
    return replace(item, is_new=is_new)


def _urgency(item: Item) -> tuple[bool, int, float, str]:
    worst = item.worst
    exceedance = 0.0 if worst is None else worst.exceedance
    return not item.is_new, -severity_rank(item.decision.severity), -exceedance, item.key
