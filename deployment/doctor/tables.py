"""Which tables the rules read, and whether they receive data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from deployment.doctor.probe import PROBE
from deployment.doctor.workspace import Workspace
from deployment.errors import DeploymentError
from evaluator.analysis.language_service import AnalysisError, LanguageService
from evaluator.rules import LogAlertRule

LOOKED_BACK: Final = timedelta(days=30)
"""How far back the first row is looked for."""

_EMPTY_IS_WELL: Final = frozenset(("_LogOperation",))
"""Tables that hold trouble only: without rows, all is well."""

# A row of ours that says nothing of whether anything else arrives.
_LEFT_OUT: Final = {"AppEvents": f'| where Name != "{PROBE.name}" '}


@dataclass(frozen=True, slots=True)
class TableState:
    """What a table received."""

    name: str
    rules: tuple[str, ...]
    """Ids of the rules that read it."""
    first: datetime | None = None
    """Earliest row of the last 30 days."""
    last: datetime | None = None
    rows_of_a_day: int = 0
    """Rows of the last 24 hours."""
    problem: str = ""
    """What is wrong; empty if nothing is."""


def tables_of(rules: Iterable[LogAlertRule], service: LanguageService) -> dict[str, list[str]]:
    """List the rules that read each table.

    Raises:
        DeploymentError: a query cannot be analysed.
    """
    found: dict[str, list[str]] = {}
    for rule in rules:
        try:
            root = service.analyse(rule.query.text).root
        except AnalysisError as error:
            raise DeploymentError(f"the query of {rule.id} cannot be analysed: {error}") from None
        names = {node.name for node in root.walk() if node.symbol == "table" and node.name}
        for name in names:
            found.setdefault(name, []).append(rule.id)
    return found


def table_states(workspace: Workspace, readers: Mapping[str, list[str]]) -> list[TableState]:
    """Ask each table for its first and last row; one that fails does not keep the others."""
    return [_state(workspace, name, tuple(readers[name])) for name in sorted(readers)]


def _state(workspace: Workspace, name: str, rules: tuple[str, ...]) -> TableState:
    query = (
        f"{name} {_LEFT_OUT.get(name, '')}| summarize first_row = min(TimeGenerated), "
        "last_row = max(TimeGenerated), day_rows = countif(TimeGenerated > ago(1d))"
    )
    try:
        [(first, last, rows)] = workspace.query(query, LOOKED_BACK).rows
    except DeploymentError as error:
        return TableState(name, rules, problem=str(error))
    problem = ""
    if name not in _EMPTY_IS_WELL and not rows:
        problem = f"no row in 24 hours; read by {', '.join(rules)}"
    return TableState(
        name,
        rules,
        first if isinstance(first, datetime) else None,
        last if isinstance(last, datetime) else None,
        int(str(rows)),
        problem,
    )
