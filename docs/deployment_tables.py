"""Makes tables of `verify.md` and `prune.md`: what Azure does to what it is sent; what is ours."""

import json
from itertools import groupby

from deployment.prune.ownership import TABLE
from deployment.verify.normalisation import ROWS
from deployment.verify.rules import Habit, Row

Rows = list[tuple[str, ...]]


def normalisation_rows() -> Rows:
    """Write the table that both sides are compared by; rows that differ by a name stand as one."""
    head = ("type", "property", "Azure", "why", "source")
    groups = [list(group) for _, group in groupby(ROWS, _but_for_the_path)]
    return [head, *(_cells(group) for group in groups)]


def ownership_rows() -> Rows:
    """Write what makes a resource of each type this project's own."""
    head = ("type", "is ours", "when it is no longer rendered", "never touched")
    rows = ((f"`{row.type}`", row.ours, row.leaving.value, row.untouched) for row in TABLE)
    return [head, *rows]


def _but_for_the_path(row: Row) -> tuple[str, ...]:
    return (row.type, row.habit.value, json.dumps(row.value), row.reason, row.source)


def _cells(rows: list[Row]) -> tuple[str, ...]:
    row = rows[0]
    habit = row.habit.value
    if row.habit is Habit.DEFAULTS:
        habit = f"adds it as `{json.dumps(row.value)}`"
    resource_type = "any" if row.type == "*" else f"`{row.type.partition('.')[2]}`"
    paths = ", ".join("anywhere" if r.path == "**" else f"`{r.path}`" for r in rows)
    return resource_type, paths, habit, row.reason, f"[{_evidence(row)}]({row.source})"


def _evidence(row: Row) -> str:
    if row.is_inferred:
        return "inferred"
    if "/examples/" in row.source:
        return "example"
    return "reported" if "/issues/" in row.source else "recorded"
