"""Draws lanes over time as SVG: deterministic, without scripts, readable in light and dark."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from evaluator.backtest.lanes import Block, Lane, Mark
from evaluator.backtest.statistics import Period
from generator.diagnostics import printable

_WIDTH: Final = 1200
_LEFT: Final = 300
_RIGHT: Final = 24
_TOP: Final = 28
_HEADING: Final = 26
_LANE: Final = 18
_GAP: Final = 12
_MAX_LABEL: Final = 42
_MAX_TICKS: Final = 10
_STEPS: Final = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10080, 20160, 43200, 129600)
)
_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, so that weeks begin on one


def text(value: str) -> str:
    """Escape a text for HTML and SVG; what could reorder it is written as a code."""
    return escape(printable(value))


def draw(blocks: Sequence[Block], period: Period, title: str, description: str) -> str:
    """Draw rules against time."""
    drawing = _Drawing(period)
    body = [line for block in blocks for line in drawing.block(block)]
    height = drawing.bottom
    return "\n".join(
        [
            f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="title desc" '
            'xmlns="http://www.w3.org/2000/svg">',
            f'<title id="title">{text(title)}</title>',
            f'<desc id="desc">{text(description)}</desc>',
            *drawing.axis(height),
            *body,
            "</svg>",
        ]
    )


def mark(kind: str, x: float, y: float) -> str:
    """Draw a mark with its middle at a place."""
    if kind == "resolved":
        points = [(x, y - 4), (x + 4, y), (x, y + 4), (x - 4, y)]
    else:
        points = [(x - 4, y - 5), (x + 4, y - 5), (x, y + 3)]
    place = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polygon class="{kind}" points="{place}"/>'


class _Drawing:
    """Places things on the page, from the top."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self.bottom = _TOP

    def axis(self, height: int) -> Iterator[str]:
        """Draw the lines of time."""
        for moment, label in _ticks(self._period):
            x = self._x(moment)
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{height}"/>'
            yield f'<text class="time" x="{x}" y="{_TOP - 12}">{label}</text>'

    def block(self, block: Block) -> Iterator[str]:
        """Draw a rule below what is there."""
        top = self.bottom
        height = _HEADING + _LANE * len(block.lanes)
        self.bottom = top + height + _GAP
        yield "<g>"
        yield f'<line class="rule" x1="0" x2="{_WIDTH}" y1="{top}" y2="{top}"/>'
        for band in block.bands:
            yield self._rectangle("incident", band.start, band.end, (top + 1, height), band.words)
        base = top + 17
        yield f'<text class="heading" x="0" y="{base}">{_shortened(block.heading)}</text>'
        yield f'<text class="summary" x="{_LEFT}" y="{base}">{text(block.summary)}</text>'
        for moment in block.failures:
            x = self._x(moment)
            yield (
                f'<path class="failure" d="M{x} {top + 4}V{top + _HEADING - 6}">'
                f"<title>evaluation failed at {moment:%Y-%m-%d %H:%M}</title></path>"
            )
        for index, lane in enumerate(block.lanes):
            yield from self._lane(lane, top + _HEADING + _LANE * index)
        yield "</g>"

    def _lane(self, lane: Lane, top: int) -> Iterator[str]:
        label = f"<title>{text(lane.label)}</title>{_shortened(lane.label)}"
        yield f'<text class="series" x="12" y="{top + 12}">{label}</text>'
        for bar in lane.bars:
            yield self._rectangle("bar", bar.start, bar.end, (top + 4, _LANE - 8), bar.words)
        for each in self._apart(lane.marks):
            yield mark(each.kind, float(self._x(each.at)), top + _LANE / 2)

    def _apart(self, marks: Sequence[Mark]) -> Iterator[Mark]:
        """Leave out marks that would lie on one of their kind."""
        last: dict[str, float] = {}
        for each in marks:
            x = float(self._x(each.at))
            if x - last.get(each.kind, -9.0) >= 3.0:
                last[each.kind] = x
                yield each

    def _rectangle(
        self, kind: str, start: datetime, end: datetime, place: tuple[int, int], words: str
    ) -> str:
        """Draw a stretch of time; a short one is still 2 wide, to be seen."""
        y, height = place
        left = float(self._x(start))
        width = max(2.0, float(self._x(end)) - left)
        return (
            f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{height}">'
            f"<title>{text(words)}</title></rect>"
        )

    def _x(self, moment: datetime) -> str:
        share = (moment - self._period.start) / (self._period.end - self._period.start)
        return f"{_LEFT + min(max(share, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT):.1f}"


def _ticks(period: Period) -> Iterator[tuple[datetime, str]]:
    length = period.end - period.start
    step = next((s for s in _STEPS if length / s <= _MAX_TICKS), _STEPS[-1])
    moment = _EPOCH + -(-(period.start - _EPOCH) // step) * step
    previous = None
    while moment < period.end:
        day = f"{moment:%a %d %b}"
        if step >= timedelta(days=1):
            label = day
        else:
            label = f"{moment:%H:%M}" if day == previous else f"{day} {moment:%H:%M}"
        yield moment, label
        previous = day
        moment += step


def _shortened(label: str) -> str:
    return text(label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…")
