"""kql/join-kind: a join that does not say which rows it keeps."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Origin, Place, origin, result_of
from evaluator.lints.kql.constants import number
from evaluator.lints.kql.tree import arguments, is_call, items, parameter_names, parts, step_of
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for join in root.of_kind("JoinOperator"):
        if "kind" not in parameter_names(join):
            yield QueryFinding(
                join.start,
                join.start + len("join"),
                "this join has no kind, so only one left row of each key is kept (innerunique)",
            )
        yield from _other_bins(join, root)


def _other_bins(join: Node, root: Node) -> Iterator[Finding]:
    """Find keys that are binned by one size on the left and by another on the right."""
    for key, left, right in _keys(join, root):
        one, other = _bin(left, root), _bin(right, root)
        if one and other and one[0] != other[0]:
            yield QueryFinding(
                key.start,
                key.end,
                f"the left side is binned by {one[1]} and the right side by {other[1]}: rows only "
                "meet where bins of both begin",
                "bin both sides by the same size",
            )


def _keys(join: Node, root: Node) -> Iterator[tuple[Node, Origin, Origin]]:
    """Go through the keys of a join, each with where its columns come from."""
    here = step_of(join.children[0], root)
    right = [p for p in parts(join) if p.kind not in ("List", "JoinOnClause")]
    if here is None or len(right) != 1:
        return
    for key in (k for c in join.children if c.kind == "JoinOnClause" for k in items(c)):
        sides = [p for p in parts(key) if p.kind == "PathExpression"]
        if [side.children[0].name for side in sides] not in ([], ["$left", "$right"]):
            continue
        names = [side.children[-1].name for side in sides] or [key.name, key.name]
        left_column = origin(names[0], Place(*here), root)
        yield key, left_column, origin(names[1], result_of(right[0]), root)


def _bin(found: Origin, root: Node) -> tuple[float, str] | None:
    """Tell the size of the bins of a column, and how it is written."""
    given = arguments(found.value) if found.value and is_call(found.value, "bin", "floor") else ()
    size = number(given[1], root) if len(given) > 1 else None
    return None if size is None else (size, given[1].text)


LINT = Lint(
    id="kql/join-kind",
    severity="warning",
    summary="A join does not say which rows it keeps, or its keys seldom meet",
    details=(
        "Without `kind=` a join is `innerunique`: of several left rows with the same key it keeps "
        "any one, which is seldom meant and differs from one run to the next. Times that are "
        "binned by 5 minutes on one side and by an hour on the other are equal once in an hour.\n"
        "https://learn.microsoft.com/kusto/query/join-operator"
    ),
    fix="write the kind, such as `join kind=inner` or `join kind=leftouter`",
    bad="""\
AppMetrics
| where Name == "mae"
| join (AppEvents | where Name == "run") on OperationId
""",
    good="""\
AppMetrics
| where Name == "mae"
| join kind=inner (AppEvents | where Name == "run") on OperationId
""",
    check=_check,
)
