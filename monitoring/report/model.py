"""What the page shows, in the words and figures that it shows: the template's only vocabulary.

Texts of somebody else went through `figures`; the template escapes them and computes nothing.
"""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["calm", "low", "medium", "high", "unknown"]
"""How a value is set off; its words say the same without colour."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline number."""

    figure: str
    label: str
    note: str
    change: str
    """Against the previous day; empty without one."""
    tone: Tone = "calm"


@dataclass(frozen=True, slots=True)
class Link:
    """A circuit, and where on the page its details are."""

    key: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Transition:
    """What got worse about a circuit."""

    what: str
    before: str
    """Empty where nothing was known before."""
    after: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class NewsRow:
    """A circuit that got worse."""

    circuit: Link
    owner: str
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What is new today."""

    count: int
    intro: str
    rows: tuple[NewsRow, ...]
    more: str
    recovered: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do first: a page to follow, and a command where one helps."""

    title: str
    url: str
    """Empty where the configuration does not say where runbooks are; then the title is a path."""
    command: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision that needs action."""

    circuit: Link
    model: str
    action: str
    severity: Tone
    owner: str
    because: str
    details: str
    next_step: NextStep


@dataclass(frozen=True, slots=True)
class Decisions:
    """Every decision that needs action, the most severe first."""

    count: int
    intro: str
    shown: tuple[DecisionView, ...]
    more: tuple[Link, ...]
    """Those that have no room; their reasons are with the circuits."""
    held: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time of an alert, in percent of the width."""

    left: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The alerts of one series."""

    series: str
    stretches: tuple[Stretch, ...]
    words: str


@dataclass(frozen=True, slots=True)
class RuleLanes:
    """What one rule did."""

    rule: str
    summary: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the axis of time."""

    left: str
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """When each rule fired and resolved."""

    intro: str
    ticks: tuple[Tick, ...]
    rules: tuple[RuleLanes, ...]
    quiet: str
    """Rules that did not fire or did not run."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """The worst exceedance of a feature in a plant."""

    figure: str
    level: int
    """0 for none, then 1 (under half of the limit) to 5 (three times the limit and more)."""
    label: str
    anchor: str
    """Of the circuit that has it; empty for none."""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A plant in the heat map."""

    plant: str
    name: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Worst exceedance by plant and feature."""

    intro: str
    features: tuple[str, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line over the days: SVG path data, the path of its last point, and its words."""

    path: str
    last: str
    words: str


@dataclass(frozen=True, slots=True)
class FeatureView:
    """The drift of one feature."""

    feature: str
    exceedance: str
    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class CircuitView:
    """A circuit in the table of the fleet, with its folded details."""

    circuit: Link
    name: str
    needs_action: bool
    """Whether its decision is anything but to go on monitoring."""
    action: str
    severity: Tone
    drift: str
    drift_tone: Tone
    drift_exceedance: str
    drift_line: Sparkline
    error: str
    error_tone: Tone
    mae: str
    mae_line: Sparkline
    quality: str
    quality_tone: Tone
    facts: tuple[tuple[str, str], ...]
    """Name and value of each line of the details."""
    features: tuple[FeatureView, ...]


@dataclass(frozen=True, slots=True)
class PlantView:
    """A plant in the table of the fleet."""

    plant: str
    name: str
    summary: str
    circuits: tuple[CircuitView, ...]


@dataclass(frozen=True, slots=True)
class FleetTable:
    """The table of the fleet."""

    intro: str
    days: str
    """How far lines go back."""
    plants: tuple[PlantView, ...]


@dataclass(frozen=True, slots=True)
class GapItem:
    """One thing that did not run or could not be judged."""

    circuit: Link | None
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Things that did not run or could not be judged for one reason."""

    title: str
    note: str
    items: tuple[GapItem, ...]
    more: str
    folded: bool


@dataclass(frozen=True, slots=True)
class WeekRow:
    """The errors of the fleet in one week."""

    week: str
    judged: str
    over: str
    tone: Tone
    median: str
    worst: Link
    worst_exceedance: str


@dataclass(frozen=True, slots=True)
class Weeks:
    """The models' errors week by week, the newest first."""

    intro: str
    rows: tuple[WeekRow, ...]


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault that was put into simulated data, and what was found of it."""

    circuit: Link
    what: str
    when: str
    status: str
    tone: Tone
    decision: str
    alerts: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole page."""

    title: str
    environment: str
    day: str
    verdict: str
    tiles: tuple[Tile, ...]
    news: News
    decisions: Decisions
    faults: tuple[FaultRow, ...]
    """Of simulated data only."""
    timeline: Timeline | None
    heat: HeatMap
    weeks: Weeks | None
    fleet: FleetTable
    gaps: tuple[Gap, ...]
    provenance: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StageRow:
    """What became of a stage of the night."""

    name: str
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A model whose error is over its limit."""

    circuit: Link
    owner: str
    exceedance: str
    words: str


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The models that are over their limits, the worst first."""

    intro: str
    rows: tuple[ErrorRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A decision of a day before, which nothing has replaced yet."""

    circuit: Link
    owner: str
    action: str
    severity: Tone
    words: str


@dataclass(frozen=True, slots=True)
class StandingDecisions:
    """Decisions of the newest day that decided, the most severe first."""

    title: str
    intro: str
    rows: tuple[StandingRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class UnjudgedNight:
    """The page of a night without results of drift."""

    title: str
    environment: str
    day: str
    verdict: str
    stages: tuple[StageRow, ...]
    runbook: str
    errors: ErrorTable | None
    """None where the performance job left no results either."""
    weeks: Weeks | None
    standing: StandingDecisions | None
    gaps: tuple[Gap, ...]
