"""Which queries keep their meaning when many evaluations run in one statement."""

from typing import Final

from evaluator.analysis.syntax import Analysis
from evaluator.execution.operators import parameter

# Left out: what takes some of the rows in an order (`take`, `top`), for DuckDB loses the order
# when it decorrelates; and what is computed once (`toscalar`).
_OPERATORS: Final = frozenset(
    """
    CountOperator DistinctOperator ExtendOperator FilterOperator JoinOperator LookupOperator
    MvExpandOperator ParseOperator ParseWhereOperator PrintOperator ProjectAwayOperator
    ProjectKeepOperator ProjectOperator ProjectRenameOperator ProjectReorderOperator
    RenderOperator SortOperator SummarizeOperator UnionOperator
    """.split()
)


def can_batch(analysis: Analysis) -> bool:
    """Tell whether a query's shape is one of those that were tested in a batch."""
    for node in analysis.root.walk():
        if node.kind.endswith("Operator") and node.kind not in _OPERATORS:
            return False
        if node.kind in ("ToScalarExpression", "MaterializeExpression"):
            return False
        if node.kind == "JoinOperator" and parameter(node, "kind") in (None, "innerunique"):
            return False
    return True
