"""rule/dependency: metrics, events and properties of them that nothing emits."""

from collections.abc import Iterator, Mapping

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import origin, place_of
from evaluator.lints.kql.names import names_read, names_wanted
from evaluator.lints.lint import Finding, FleetFacts, Lint, LintContext, QueryFinding
from evaluator.lints.spelling import close_name


def _check(context: LintContext) -> Iterator[Finding]:
    if context.fleet is None:
        return
    root = context.analysis.root
    for read in names_read(root):
        known = _emitted(context.fleet, read.table)
        if known and read.text not in known:
            message = f"nothing emits `{read.text}` into `{read.table}`"
            yield _finding(read.node, message, read.text, known)
    for node, key, column, table in _properties_read(root):
        held = _held(context.fleet, column, table, names_wanted(root, table))
        if held and key not in held:
            message = f"nothing that is read of `{table}` has `{key}` in its {column}"
            yield _finding(node, message, key, held)


def _finding(node: Node, message: str, name: str, known: frozenset[str]) -> QueryFinding:
    close = close_name(name, known)
    return QueryFinding(node.start, node.end, message, f"did you mean `{close}`?" if close else "")


def _emitted(fleet: FleetFacts, table: str) -> frozenset[str]:
    return {"AppMetrics": fleet.metrics, "AppEvents": fleet.events}.get(table, frozenset())


def _held(
    fleet: FleetFacts, column: str, table: str, wanted: frozenset[str]
) -> frozenset[str] | None:
    """Return what a column holds for the names that are read; none where one is not known."""
    held: Mapping[str, frozenset[str]] = getattr(fleet, column.lower())
    names = wanted & _emitted(fleet, table) or _emitted(fleet, table)
    if not names <= held.keys():
        return None
    return frozenset(key for name in names for key in held[name])


def _properties_read(root: Node) -> Iterator[tuple[Node, str, str, str]]:
    """Go through the keys that are read of Properties or Measurements, with column and table."""
    for access in root.of_kind("PathExpression", "ElementExpression"):
        column, key = access.children[0], access.children[-1]
        place = place_of(column, root) if column.symbol == "column" else None
        found = origin(column.name, place, root) if place else None
        if found is None or found.value is None or found.value.symbol != "table":
            continue
        names = [str(n.constant) for n in key.of_kind("StringLiteralExpression")] or [key.name]
        if found.name in ("Properties", "Measurements") and names[0]:
            yield key, names[0], found.name, found.value.name


LINT = Lint(
    id="rule/dependency",
    severity="error",
    summary="A query reads a metric, an event or a property that nothing emits",
    details=(
        "A renamed metric breaks its alerts silently: the query stays valid and returns nothing, "
        "and a renamed property leaves a column empty. Names are those of the telemetry contract, "
        "monitoring/telemetry/contract.py."
    ),
    fix="write a name of the telemetry contract",
    bad='AppMetrics\n| where Name == "model_mae"\n',
    good='AppMetrics\n| where Name == "model_accuracy_mae"\n',
    check=_check,
)
