"""A query that is damaged is told of as such; no lint fails on it."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.analysis.language_service import language_service
from evaluator.lints.kql import LINTS
from evaluator.lints.lint import LintContext
from evaluator.query_text import of_file
from tests.evaluator.lints.fixture import HEALTHY, TABLES

TOKENS = re.findall(
    r"\w+|\s+|[^\w\s]",
    """\
let limits = datatable(Name: string, allowed: real) ["mae", 0.25, "drift", real(null)];
let oldest = ago(3d);
AppMetrics
| where Name in ("mae", "drift") and TimeGenerated between (oldest .. now())
| lookup kind=leftouter limits on Name
| extend share = iff(Sum > 0, Max / Sum, 1 / coalesce(allowed, 2.0))
| summarize mean = avgif(share, Name == "mae"), avg(Sum), arg_max(TimeGenerated, *) by Name
| join kind=inner (AppEvents | where tolower(Name) == "run" | top 5 by OperationId) on Name
| where mean > 0.2 and Name contains "word" and Name matches regex "plain"
| union (AppEvents | summarize count() by bin(TimeGenerated, 7d))
""",
)


@settings(max_examples=40)
@given(
    position=st.integers(0, len(TOKENS) - 1),
    removed=st.integers(0, 4),
    put_in=st.sampled_from(["", *sorted(set(TOKENS))]),
)
def test_no_lint_fails_on_a_query_that_is_damaged(position: int, removed: int, put_in: str) -> None:
    text = "".join([*TOKENS[:position], put_in, *TOKENS[position + removed :]])
    analysis = language_service(TABLES).analyse(text)
    context = LintContext("rule", of_file("query.kql", text), analysis, TABLES, HEALTHY)

    findings = [finding for lint in LINTS for finding in lint.check(context)]

    assert bool(analysis.errors) <= bool(findings), "an error of the service is told"
