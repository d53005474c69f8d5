"""kql/bin-origin: bins whose edges depend on where time begins."""

import math
from collections.abc import Iterator
from typing import Final

from evaluator.lints.kql.constants import number
from evaluator.lints.kql.tree import arguments, is_call
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

# From 0001-01-01, where Kusto's time begins, to 1970-01-01.
_EPOCH_US: Final = 719_162 * 86_400 * 1_000_000
_ARGUMENTS: Final = 2


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for call in root.of_kind("FunctionCallExpression"):
        given = arguments(call)
        if not is_call(call, "bin", "floor") or len(given) != _ARGUMENTS:
            continue
        size = number(given[1], root) if given[0].type == "datetime" else None
        if size and math.isfinite(size) and _EPOCH_US % size:
            yield QueryFinding(
                call.start,
                call.end,
                f"where a bin of {given[1].text} begins depends on where time begins",
                f"write `bin_at({given[0].text}, {given[1].text}, datetime(2024-01-01))`, with "
                "the first day of any of your periods",
            )


LINT = Lint(
    id="kql/bin-origin",
    severity="info",
    summary="The bins of a time do not begin where one would think",
    details=(
        "`bin` counts from 0001-01-01. The 719,162 days from there to 1970 are no multiple of this "
        "size, so the edges differ from those of engines that count from 1970. Bins of 7 days "
        "begin on Mondays in Kusto, as the aggregation tutorial of its documentation shows; that "
        "this is for the year 1 is inferred from it.\n"
        "https://learn.microsoft.com/kusto/query/bin-at-function"
    ),
    fix="say where the bins begin with `bin_at`",
    bad='AppMetrics\n| where Name == "scored"\n| summarize sum(Sum) by bin(TimeGenerated, 7d)',
    good="""\
AppMetrics
| where Name == "scored"
| summarize sum(Sum) by bin_at(TimeGenerated, 7d, datetime(2024-01-01))
""",
    check=_check,
)
