"""rule/dependency: a filter for a metric or event that nothing emits."""

import difflib
from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.lints.lint import Finding, FleetFacts, Lint, LintContext, QueryFinding

_COMPARED = {"EqualExpression", "EqualTildeExpression", "InExpression", "InCsExpression"}


def _check(context: LintContext) -> Iterator[Finding]:
    if context.fleet is None:
        return
    for node, literal, table in _names_read(context.analysis.root):
        known = _emitted(context.fleet, table)
        if known and literal not in known:
            close = difflib.get_close_matches(literal, sorted(known), 1)
            yield QueryFinding(
                node.start,
                node.end,
                f"nothing emits `{literal}` into `{table}`",
                f"did you mean `{close[0]}`?" if close else "",
            )


def _emitted(fleet: FleetFacts, table: str) -> frozenset[str]:
    return {"AppMetrics": fleet.metrics, "AppEvents": fleet.events}.get(table, frozenset())


def _names_read(root: Node) -> Iterator[tuple[Node, str, str]]:
    """Yield each text that `Name` is compared with right behind a table, and the table."""
    for pipe in root.of_kind("PipeExpression"):
        source = pipe
        while source.kind == "PipeExpression":
            source = source.children[0]
        if source.symbol != "table" or pipe.children[-1].kind != "FilterOperator":
            continue
        for node in pipe.children[-1].walk():
            if node.kind in _COMPARED and node.children[0].name == "Name":
                for literal in node.of_kind("StringLiteralExpression"):
                    yield literal, str(literal.constant), source.name


LINT = Lint(
    id="rule/dependency",
    severity="error",
    summary="A query waits for a metric or event that nothing emits",
    details=(
        "A renamed metric breaks its alerts silently: the query stays valid and returns nothing. "
        "Names are those of the telemetry contract, monitoring/telemetry/contract.py."
    ),
    fix="write a name of the telemetry contract",
    bad='AppMetrics\n| where Name == "model_mae"\n',
    good='AppMetrics\n| where Name == "model_accuracy_mae"\n',
    check=_check,
)
