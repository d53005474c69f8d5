"""Makes the tables of `cost.md`: the production environment of this repository, priced."""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from cost import ASSUMPTIONS, Estimate, estimate, savings
from cost.keeping import kept_days
from cost.prices import PRICES
from generator.project import ROOT, render_environments, validate
from generator.render import Rendered

Rows = list[tuple[str, ...]]

_DOCUMENT = (
    ("Log Analytics", "90-day retention, ~50 GB/month", 115, ("Log ingestion", "Log retention")),
    ("Application Insights", "3 instances, 5 GB free + 10 GB extra", 23, ()),
    ("Azure Monitor alerts", "~20 alert rules", 2, ("Alert rules", "Action groups")),
    (
        "Model monitoring compute",
        "daily runs, 2 hours/day on Standard_DS3_v2",
        60,
        ("Azure ML monitors", "Our own nightly job"),
    ),
    ("Data storage", "baseline + monitoring data", 10, ("Data storage",)),
)
"""The architecture document's lines, and the parts of an estimate that answer each."""


@cache
def _production() -> tuple[Rendered, Estimate]:
    # Expiry plays no part in a price, so any day will do.
    configuration = validate(ROOT / "config", date.min)
    (item,) = render_environments(configuration, ["prod"], Path("rendered"))
    return item, estimate(item.fleet, item.rules)


def _usd(amount: float) -> str:
    return f"{amount:,.2f}"


def _document() -> Rows:
    _, found = _production()
    rows: Rows = [("the document", "its details", "USD", "computed", "USD")]
    for component, details, usd, parts in _DOCUMENT:
        names = " and ".join(parts) or "in the line above: one workspace holds it all"
        ours = sum(found.usd_of(part) for part in parts)
        rows.append((component, details, str(usd), names, _usd(ours)))
    total = sum(usd for _, _, usd, _ in _DOCUMENT)
    rows.append(("**Total**", "", f"**{total}**", "", f"**{_usd(found.usd)}**"))
    return rows


def _components() -> Rows:
    _, found = _production()
    rows = [(line.component, line.details, _usd(line.usd)) for line in found.lines]
    return [("part", "made of", "USD a month"), *rows]


def _rules() -> Rows:
    _, found = _production()
    rows = [(r.name, f"every {r.frequency}", str(r.series), _usd(r.usd)) for r in found.rules]
    return [("rule", "evaluated", "series", "USD a month"), *rows]


def _tables() -> Rows:
    item, found = _production()
    rows: Rows = [("table", "rows a day", "of a circuit", "MB a day", "interactive", "in all")]
    for volume in found.volumes:
        days, total = kept_days(volume.table, item.fleet.environment.log_analytics)
        rows.append(
            (
                f"`{volume.table}`",
                f"{volume.rows_a_day:,.0f}",
                f"{volume.rows_a_day / found.circuits:,.1f}",
                f"{volume.bytes_a_day / 1e6:,.2f}",
                f"{days} days",
                f"{total} days",
            )
        )
    return rows


def _savings() -> Rows:
    item, _ = _production()
    rows = [
        (s.way, s.setting, s.change, _usd(s.usd), "yes" if s.is_taken else "no")
        for s in savings(item.fleet, item.rules)
    ]
    return [("way", "setting", "what it changes", "saves USD a month", "done in prod"), *rows]


def _prices() -> Rows:
    rows = [
        (
            price.what,
            f"{price.usd:.7f}".rstrip("0").rstrip("."),
            price.unit,
            "inferred" if price.is_inferred else "listed",
            price.source,
        )
        for price in PRICES
    ]
    return [("what", "USD", "for a", "known", "source"), *rows]


def assumptions() -> str:
    """List the assumptions of an estimate."""
    return "".join(f"- {sentence}\n" for sentence in ASSUMPTIONS.sentences())


TABLES: dict[str, Callable[[], Rows]] = {
    "cost": _components,
    "cost-document": _document,
    "cost-prices": _prices,
    "cost-rules": _rules,
    "cost-savings": _savings,
    "cost-tables": _tables,
}
"""What makes each table, by the comment that it stands behind."""
