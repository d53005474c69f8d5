"""Prints what environments cost a month."""

import json
from collections.abc import Sequence

from cli.tables import text_table
from cost import ASSUMPTIONS, Estimate, Saving, estimate, savings
from cost.prices import AS_OF, REGION
from generator.render import Rendered

_USD = "USD a month"


def cost_of(rendered: Sequence[Rendered], style: str) -> str:
    """Estimate each environment, as text or as JSON."""
    found = [
        (estimate(item.fleet, item.rules), savings(item.fleet, item.rules)) for item in rendered
    ]
    if style == "json":
        return json.dumps([_record(*pair) for pair in found], indent=2)
    assumptions = ["Assumptions:", *(f"- {line}" for line in ASSUMPTIONS.sentences())]
    prices = f"List prices of {REGION}, {AS_OF}; docs/cost.md has each with its source."
    return "\n\n".join([*(_text(*pair) for pair in found), "\n".join([*assumptions, prices])])


def _record(found: Estimate, ways: Sequence[Saving]) -> dict[str, object]:
    return {
        "environment": found.environment,
        "circuits": found.circuits,
        "usd_a_month": round(found.usd, 2),
        "components": [
            {"component": c.component, "details": c.details, "usd_a_month": round(c.usd, 2)}
            for c in found.lines
        ],
        "rules": [
            {
                "rule": r.name,
                "frequency": r.frequency,
                "series": r.series,
                "usd_a_month": round(r.usd, 2),
            }
            for r in found.rules
        ],
        "tables": [
            {
                "table": v.table,
                "rows_a_day": round(v.rows_a_day),
                "bytes_a_day": round(v.bytes_a_day),
            }
            for v in found.volumes
        ],
        "savings": [
            {
                "way": s.way,
                "setting": s.setting.replace("`", ""),
                "change": s.change,
                "usd_a_month": round(s.usd, 2),
                "taken": s.is_taken,
            }
            for s in ways
        ],
        "assumptions": ASSUMPTIONS.sentences(),
        "prices": f"{REGION}, {AS_OF}",
    }


def _text(found: Estimate, ways: Sequence[Saving]) -> str:
    head = f"{found.environment}: {found.circuits} circuits, {found.usd:,.2f} {_USD}"
    lines = [(c.component, f"{c.usd:,.2f}", c.details) for c in found.lines]
    rules = [(r.name, r.frequency, f"{r.series:,}", f"{r.usd:,.2f}") for r in found.rules]
    tables = [
        (v.table, f"{v.rows_a_day:,.0f}", f"{v.bytes_a_day / 1e6:,.2f}") for v in found.volumes
    ]
    saved = [
        (s.way, f"{s.usd:,.2f}", "taken" if s.is_taken else "open", s.setting.replace("`", ""))
        for s in ways
    ]
    return "\n\n".join(
        [
            head,
            text_table(("component", _USD, "made of"), lines, right=(_USD,)),
            text_table(("rule", "every", "series", _USD), rules, right=("series", _USD)),
            text_table(
                ("table", "rows a day", "MB a day"), tables, right=("rows a day", "MB a day")
            ),
            text_table(("way to save", _USD, "state", "setting"), saved, right=(_USD,)),
        ]
    )
