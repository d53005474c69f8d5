"""Shortens long values so that what tells them apart is still seen."""

import re
from typing import Final

_ID: Final = re.compile(r"/(?:subscriptions|providers)/[^\s\"',;()]+", re.IGNORECASE)
_BEFORE: Final = 20
"""Characters that are kept before the place where two texts begin to differ."""


def shortened(*texts: str) -> tuple[str, ...]:
    """Cut the ids in texts from the left: `…/actionGroups/ag`, longer if two would be the same."""
    ids = {found for text in texts for found in _ID.findall(text)}
    longest = max((i.count("/") for i in ids), default=0)
    segments = 2
    while segments < longest and len({_tail(i, segments) for i in ids}) < len(ids):
        segments += 2
    return tuple(_ID.sub(lambda found: _tail(found[0], segments), text) for text in texts)


def apart(before: str, after: str, width: int) -> tuple[str, str]:
    """Shorten two texts: their ids, and in long lines the beginning that both have.

    Args:
        before: one text.
        after: the other.
        width: characters of a line that are shown.
    """
    before, after = shortened(before, after)
    if "\n" in before + after or max(len(before), len(after)) <= width:
        return before, after
    same = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    left_out = same - _BEFORE
    return (before, after) if left_out <= 0 else (f"…{before[left_out:]}", f"…{after[left_out:]}")


def _tail(resource_id: str, segments: int) -> str:
    parts = resource_id.split("/")
    return resource_id if len(parts) - 1 <= segments else f"…/{'/'.join(parts[-segments:])}"
