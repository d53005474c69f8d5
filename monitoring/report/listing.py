"""Lists of what is missing, cut to what a page can hold. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from monitoring.reasons import without_key
from monitoring.report import figures
from monitoring.report.model import Gap, GapItem, Link

_MOST_ITEMS: Final = 200
_MOST_UNFOLDED: Final = 6

NameCircuit: TypeAlias = Callable[[str], Link]
"""Names a circuit that is given as `PLANT/CIRCUIT`, and tells where its details are."""


def gap(title: str, note: str, items: Sequence[GapItem]) -> Iterator[Gap]:
    """Yield a list under a title that counts it; nothing where there is nothing to list."""
    if not items:
        return
    more = len(items) - _MOST_ITEMS
    yield Gap(
        f"{title}: {len(items):,}",
        note,
        tuple(items[:_MOST_ITEMS]),
        f"And {more:,} more." if more > 0 else "",
        folded=len(items) > _MOST_UNFOLDED,
    )


def item(link: NameCircuit, key: str, reason: str = "") -> GapItem:
    """Make a line about a circuit, which its reason does not name again."""
    return GapItem(link(key), figures.text(without_key(reason, key)))
