"""Accounts for the size of what is rendered, before a compiler or Azure refuses it.

The compiled size is estimated from the rendered text: exact enough to warn with a margin, and a
test holds it above the compiler's own figure.
"""

from collections.abc import Iterator

from generator import azure
from generator.diagnostics import Problem
from generator.loader import Configuration
from generator.render import EntryPoint, Rendered

# Compiled JSON of the modules an entry point always carries, and of each more that it calls.
_MODULES_BYTES = 115_000
_PLANT_MODULE_BYTES = 27_000
# Compiled JSON per byte of rendered text: quotes and braces, escapes of KQL's quotes and breaks.
_GROWTH = 1.35


def estimated_bytes(rendered: Rendered, entry_point: EntryPoint) -> int:
    """Estimate the compiled size of an entry point from above, in bytes."""
    sizes = {name: len(rendered.files[name].encode()) for name in entry_point.files}
    plants = sum(name.startswith("ml-monitors/") for name in sizes)
    return _MODULES_BYTES + plants * _PLANT_MODULE_BYTES + int(sum(sizes.values()) * _GROWTH)


def check_size(configuration: Configuration, rendered: Rendered) -> Iterator[Problem]:
    """Check what was rendered against its budgets: rules, workbooks, entry points."""
    alerts, document = configuration.alerts, configuration.environments[rendered.fleet.name]
    for rule in rendered.rules:
        if rule.size_bytes > azure.MAX_RULE_BYTES:
            key = "query" if rule.rule.query is not None else "queryFile"
            yield alerts.problem(
                (*rule.rule.path, key),
                "alerts/query-size",
                f"the rule `{rule.name}` of {rendered.fleet.name} has {rule.size_bytes:,} bytes "
                f"with its query, Azure takes {azure.MAX_RULE_BYTES:,}",
                "shorten the query, or lessen the circuits that differ from a default",
            )
    for workbook in rendered.workbooks:
        if workbook.size > azure.BUDGET_WORKBOOK_CHARACTERS:
            yield document.problem(
                (),
                "environments/workbook-size",
                f"the workbook `{workbook.key}` has {workbook.size:,} characters, the budget is "
                f"{azure.BUDGET_WORKBOOK_CHARACTERS:,}",
                "lessen the circuits that differ from a default, or the workbook's steps",
            )
    for entry_point in rendered.entry_points:
        amounts = (
            (entry_point.resources, azure.BUDGET_RESOURCES, "resources"),
            (estimated_bytes(rendered, entry_point), azure.BUDGET_TEMPLATE_BYTES, "bytes"),
        )
        for amount, budget, unit in amounts:
            if amount > budget:
                yield document.problem(
                    ("layout",) if "layout" in document.model.model_fields_set else (),
                    "environments/budget",
                    f"the entry point {entry_point.template} of {rendered.fleet.name} has "
                    f"{amount:,} {unit}, the budget is {budget:,}",
                    "write `layout: plant`, or split the fleet over several environments",
                )
