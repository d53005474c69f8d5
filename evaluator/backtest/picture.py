"""A back-test as one HTML file: a picture of rules against time, and the numbers below it."""

from collections.abc import Iterator
from typing import Final

from evaluator.backtest.drawing import draw, mark, text
from evaluator.backtest.lanes import MAX_LANES, blocks
from evaluator.backtest.report import (
    TextTable,
    incidents_table,
    moment,
    notes,
    rules_table,
)
from evaluator.backtest.running import Backtest

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1a19; --soft: #605e5c; --line: #e1dfdd;
  --paper: #ffffff; --fire: #c4314b; --tell: #1b1a19; --incident: #ffd335; --band: 0.35; }
@media (prefers-color-scheme: dark) { :root { --ink: #f3f2f1; --soft: #b3b0ad; --line: #484644;
  --paper: #1b1a19; --fire: #f1707b; --tell: #f3f2f1; --incident: #c19c00; --band: 0.35; } }
body { background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif;
  margin: 24px auto; max-width: 1200px; padding: 0 16px; }
h1 { font-size: 20px; margin: 0 0 4px; } p, ul { color: var(--soft); margin: 4px 0 12px; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .heading { font-weight: 600; font-size: 13px; }
svg .summary, svg .time, svg .series { fill: var(--soft); } svg .time { text-anchor: middle; }
.grid, .rule { stroke: var(--line); stroke-width: 1; }
.bar { fill: var(--fire); }
.incident { fill: var(--incident); fill-opacity: var(--band); }
.failure { stroke: var(--fire); stroke-width: 2; fill: none; }
.called { fill: var(--tell); stroke: var(--paper); }
.muted, .resolved { fill: var(--paper); stroke: var(--tell); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; padding: 0; }
.legend svg { display: inline-block; height: 12px; margin-right: 6px; vertical-align: -1px;
  width: 24px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: 8px 0 16px; }
caption { font-weight: 600; text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: 2px 12px 2px 0; text-align: left;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(backtest: Backtest) -> str:
    """Draw a back-test; the same one gives the same bytes."""
    period = backtest.period
    title = f"Back-test from {moment(period.start)} to {moment(period.end)} UTC"
    fired = sum(report.outcome.statistics.fired for report in backtest.rules if report.outcome)
    description = (
        f"{len(backtest.rules)} rules, {fired:,} alerts, {len(backtest.incidents)} incidents. "
        "Each rule has a lane for each series that fired, with time from left to right; "
        "the tables below the picture have the numbers."
    )
    picture = draw(blocks(backtest), period, title, description)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
            f'content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title>",
            f"<style>{_STYLE}</style></head>",
            f"<body><h1>{text(title)}</h1>",
            f"<p>{text(f'A rule shows its {MAX_LANES} busiest series; the others share a lane.')}"
            "</p>",
            *_legend(has_incidents=bool(backtest.incidents)),
            picture,
            *_table("What each rule did", rules_table(backtest)),
            *(_table("What matched", incidents_table(backtest)) if backtest.incidents else ()),
            "<ul>",
            *(f"<li>{text(note)}</li>" for note in notes(backtest)),
            "</ul></body></html>",
            "",
        ]
    )


def _legend(*, has_incidents: bool) -> Iterator[str]:
    shapes = {
        "fires": '<rect class="bar" x="0" y="2" width="24" height="8"/>',
        "action groups called": mark("called", 12, 7),
        "held back by the mute": mark("muted", 12, 7),
        "resolution told": mark("resolved", 12, 6),
        "evaluation failed": '<path class="failure" d="M12 0V12"/>',
    }
    if has_incidents:
        shapes["incident"] = '<rect class="incident" x="0" y="0" width="24" height="12"/>'
    yield '<ul class="legend">'
    for words, shape in shapes.items():
        yield f'<li><svg viewBox="0 0 24 12" aria-hidden="true">{shape}</svg>{words}</li>'
    yield "</ul>"


def _table(caption: str, table: TextTable) -> Iterator[str]:
    yield f'<div class="scroll"><table><caption>{text(caption)}</caption>'
    yield _line(table.columns, "th")
    for row in table.rows:
        yield _line(row, "td")
    yield "</table></div>"


def _line(cells: tuple[str, ...], tag: str) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "<tr>" + "".join(f"<{tag}{scope}>{text(cell)}</{tag}>" for cell in cells) + "</tr>"
