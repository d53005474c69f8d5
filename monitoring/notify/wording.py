"""The words of a digest, the same in every kind of message. Pure.

Every text that comes from outside passes `clean` here, once; what a kind of message must escape
beyond that is done where the message is made.
"""

from dataclasses import dataclass
from typing import Final

from generator.diagnostics import printable
from monitoring.notify.digest import Item
from monitoring.notify.routing import Digest
from monitoring.quality.definitions import CHECKS
from monitoring.quality.records import Unit
from monitoring.reasons import without_key

REPORT: Final = "daily_monitoring_report.html"
_CHECKS: Final = {check.name: check for check in CHECKS}
UNDECIDED: Final = "Without a decision today"
_LONGEST: Final = 600
"""Characters of one text: a reason is three sentences, and a card has room for many circuits."""
_MOST_NAMES: Final = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in words, each on one line."""

    severity: str
    title: str
    measure: str
    """What is farthest over its limit, the limit and where it was written; may be empty."""
    why: str
    runbook: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """Items under a heading."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A digest in words."""

    headline: str
    problems: tuple[str, ...]
    sections: tuple[Section, ...]
    undecided: tuple[str, ...]
    """What was asked for before of circuits that have no decision today."""
    ended: tuple[str, ...]
    notes: tuple[str, ...]
    dashboard: str | None

    @property
    def count(self) -> int:
        """How many items there are."""
        return sum(len(section.entries) for section in self.sections)


def clean(text: str, longest: int = _LONGEST) -> str:
    """Write a text on one line, without what reorders or hides it, and cut it."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def words_of(digest: Digest) -> Words:
    """Put a digest into words."""
    since = digest.compared_with
    new = f"New since {since}" if since else "New"
    headed = ((new, digest.new), ("Open since before", digest.still))
    return Words(
        headline=headline(digest),
        problems=tuple(clean(problem) for problem in digest.problems[:_MOST_NAMES]),
        sections=tuple(
            Section(heading, tuple(_entry(item) for item in items))
            for heading, items in headed
            if items
        ),
        undecided=tuple(
            clean(f"{item.key}: was {item.decision.action.words}, not known today")
            for item in digest.undecided
        ),
        ended=tuple(
            clean(f"{ended.was.key}: was {ended.was.decision.action.words}, now {ended.now}")
            for ended in digest.ended
        ),
        notes=tuple(_notes(digest)),
        dashboard=digest.dashboard,
    )


def headline(digest: Digest) -> str:
    """Say the most important in one line, the subject of an e-mail."""
    parts = []
    if digest.problems:
        parts.append("the monitoring run has problems")
    if digest.new:
        parts.append(f"{len(digest.new)} new")
    if digest.still:
        parts.append(f"{len(digest.still)} open since before")
    if digest.undecided:
        parts.append(f"{len(digest.undecided)} without a decision")
    if digest.ended:
        parts.append(f"{len(digest.ended)} ended")
    text = f"Model monitoring {digest.environment} {digest.as_of}: {', '.join(parts)}"
    if digest.new:
        first = digest.new[0]
        text += f"; {_title(first)} ({first.decision.severity.value})"
    return clean(text, 180)


def closing(words: Words, most: int) -> list[str]:
    """Say on a line each what is not known and what ended, the first so many."""
    lines = [f"{UNDECIDED}: {each}" for each in words.undecided]
    lines += [f"Ended: {each}" for each in words.ended]
    hidden = len(lines) - most
    return [*lines[:most], *([f"And {hidden} more of these."] if hidden > 0 else [])]


def more(number: int) -> str:
    """Say that there was no room for the rest."""
    return f"And {number} more in the report ({REPORT})." if number > 0 else ""


def _entry(item: Item) -> Entry:
    decision = item.decision
    # The title names the circuit and the action already.
    why = decision.reason.removeprefix(f"{item.key}: {decision.proposed.words}, because ")
    why = without_key(why, item.key)
    why = why[:1].upper() + why[1:]
    if item.streak > 1:
        why += f" Its error was over the limit in {item.streak} runs in a row."
    model = f" ({item.model_name})" if item.model_name else ""
    return Entry(
        severity=decision.severity.value,
        title=clean(_title(item) + model, 200),
        measure=clean(_measure(item), 200),
        why=clean(why),
        runbook=item.runbook,
    )


def _title(item: Item) -> str:
    decision = item.decision
    held = f", {decision.proposed.words} held back" if decision.held_by else ""
    return f"{item.key}: {decision.action.words}{held}"


def _measure(item: Item) -> str:
    worst = item.worst
    if worst is None:
        return ""
    feature, _, name = worst.what.rpartition(" ")
    check = _CHECKS.get(name)
    if check is None:
        return f"{worst.what} {worst.value:.3g}, limit {worst.limit:.3g} ({worst.origin})"
    value, limit = (_figure(each, check.unit) for each in (worst.value, worst.limit))
    of = f"{feature}: " if feature else ""
    return f"{of}{check.label} {value}, limit {limit} ({worst.origin})"


def _figure(value: float, unit: Unit) -> str:
    if unit == "share":
        return f"{100 * value:.3g}%"
    return f"{value:.3g} h" if unit == "hours" else f"{value:.3g}"


def _notes(digest: Digest) -> list[str]:
    notes = []
    if digest.compared_with is None and digest.items:
        notes.append("There is no earlier day to compare with, so everything counts as new.")
    if digest.quiet:
        shown = ", ".join(digest.quiet[:_MOST_NAMES])
        rest = len(digest.quiet) - _MOST_NAMES
        others = f" and {rest} more" if rest > 0 else ""
        notes.append(clean(f"Left out for maintenance, an outage or a snooze: {shown}{others}."))
    return notes
