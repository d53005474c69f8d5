"""Divides a fleet into batches of plants that fit into memory: pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil

from monitoring.sources.footers import Footer
from monitoring.sources.keys import CircuitKey, KeyRange

MAX_DECODED = 1.5
"""Row groups are read per batch while that decodes no row more often than this, on average."""
MAX_TOGETHER = 4
"""Without that, the whole fleet is one batch up to this multiple of the memory of a batch."""

Rows = Mapping[KeyRange, int]
"""Rows of the row groups, by the keys that these can hold."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Keys that are read together; the ranges of all batches cover every key there can be."""

    keys: tuple[CircuitKey, ...]
    range: KeyRange


@dataclass(frozen=True, slots=True)
class Plan:
    """How a fleet is read."""

    batches: tuple[Batch, ...]
    through_scratch: bool
    """Whether rows are sorted into scratch files first, because no row group can be skipped."""


def plan(
    footers: Sequence[Footer], keys: Sequence[CircuitKey], row_bytes: int, memory: int
) -> Plan:
    """Divide sorted keys into batches whose rows take at most `memory` bytes where that is known.

    The rows of a batch are bounded by the row groups that can hold its keys, and where statistics
    tell nothing, by equal shares.
    """
    rows: Counter[KeyRange] = Counter()
    for footer in footers:
        for group in footer.groups:
            rows[group.keys] += group.rows
    total = rows.total()
    pruned = _ranged(_packed(rows, keys, memory // row_bytes))
    if sum(_count(rows, batch.range) for batch in pruned) <= MAX_DECODED * total:
        return Plan(pruned, through_scratch=False)
    if total * row_bytes <= MAX_TOGETHER * memory:
        return Plan(_ranged([keys]), through_scratch=False)
    size = ceil(len(keys) / ceil(total * row_bytes / memory))
    shares = [keys[first : first + size] for first in range(0, len(keys), size)]
    return Plan(_ranged(shares), through_scratch=True)


def _packed(rows: Rows, keys: Sequence[CircuitKey], limit: int) -> list[list[CircuitKey]]:
    """Pack plants while the row groups they touch stay within a number of rows."""
    parts: list[list[CircuitKey]] = []
    for _, members in groupby(keys, lambda key: key.plant_id):
        plant = list(members)
        if parts and _between(rows, parts[-1][0], plant[-1]) <= limit:
            parts[-1] += plant
        else:
            parts += _halved(rows, plant, limit)
    return parts


def _halved(rows: Rows, keys: list[CircuitKey], limit: int) -> list[list[CircuitKey]]:
    middle = len(keys) // 2
    if middle == 0 or _between(rows, keys[0], keys[-1]) <= limit:
        return [keys]
    return [*_halved(rows, keys[:middle], limit), *_halved(rows, keys[middle:], limit)]


def _between(rows: Rows, first: CircuitKey, last: CircuitKey) -> int:
    return _count(rows, KeyRange.between(first, last))


def _count(rows: Rows, keys: KeyRange) -> int:
    return sum(number for held, number in rows.items() if held.overlaps(keys))


def _ranged(parts: Sequence[Sequence[CircuitKey]]) -> tuple[Batch, ...]:
    bounds = [None, *(part[0] for part in parts[1:]), None]
    return tuple(
        Batch(tuple(part), KeyRange(low, high))
        for part, (low, high) in zip(parts, pairwise(bounds), strict=True)
    )
