"""Accounts for the size of what is rendered, before a compiler or Azure refuses it.

The compiled size is estimated from the rendered text: exact enough to warn with a margin, and a
test holds it above the compiler's own figure.
"""

from dataclasses import dataclass

from generator import azure
from generator.render import EntryPoint, Rendered

# Compiled JSON of the modules an entry point always carries, and of each more that it calls.
_MODULES_BYTES = 110_000
_PLANT_MODULE_BYTES = 22_000
# Compiled JSON per byte of rendered text: quotes and braces, escapes of KQL's quotes and breaks.
_GROWTH = 1.35


@dataclass(frozen=True, slots=True)
class Excess:
    """Something beyond a budget."""

    what: str
    amount: int
    budget: int
    unit: str
    kind: str
    """`rule`, `workbook` or `entry point`."""


def estimated_bytes(rendered: Rendered, entry_point: EntryPoint) -> int:
    """Estimate the compiled size of an entry point from above, in bytes."""
    sizes = {name: len(rendered.files[name].encode()) for name in entry_point.files}
    plants = sum(name.startswith("ml-monitors/") for name in sizes)
    return _MODULES_BYTES + plants * _PLANT_MODULE_BYTES + int(sum(sizes.values()) * _GROWTH)


def excesses(rendered: Rendered) -> list[Excess]:
    """Find everything beyond its budget: rules, workbooks, entry points."""
    found = [
        Excess(f"the rule `{r.name}`", r.size_bytes, azure.MAX_RULE_BYTES, "bytes", "rule")
        for r in rendered.rules
    ]
    found += [
        Excess(
            f"the workbook `{w.key}`",
            w.size,
            azure.BUDGET_WORKBOOK_CHARACTERS,
            "characters",
            "workbook",
        )
        for w in rendered.workbooks
    ]
    for entry_point in rendered.entry_points:
        what = f"the entry point {rendered.fleet.name}/{entry_point.template}"
        resources, size = entry_point.resources, estimated_bytes(rendered, entry_point)
        found.append(Excess(what, resources, azure.BUDGET_RESOURCES, "resources", "entry point"))
        found.append(Excess(what, size, azure.BUDGET_TEMPLATE_BYTES, "bytes", "entry point"))
    return [e for e in found if e.amount > e.budget]
