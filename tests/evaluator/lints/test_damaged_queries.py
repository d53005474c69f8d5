"""A query that is damaged is told of as such; no lint fails on it."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.analysis.language_service import LanguageService
from evaluator.lints.lint import FleetFacts, LintContext
from evaluator.lints.run import run_lints
from evaluator.query_text import QueryText, of_file
from generator.diagnostics import Problem
from tests.conftest import TODAY
from tests.evaluator.lints.fixture import HEALTHY, TABLES, Fixture, contexts

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
TOKENS = TOKEN.findall(
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
"""
)
GOOD = [Fixture(path) for path in sorted(Path(__file__).parent.glob("*/*/good-*.txt"))]
QUERIES = sorted({c.query.text for fixture in GOOD for c in contexts(fixture.files)})
FLEET = FleetFacts(3, frozenset({"mae", "drift"}), frozenset({"run"}))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> LanguageService:
    return LanguageService(TABLES, tmp_path_factory.mktemp("cache"))  # none of these come back


def problems(service: LanguageService, text: str) -> list[Problem]:
    """Run every lint on a query and two rules with it."""
    query = of_file("query.kql", text)
    rule = replace(HEALTHY, query=query, custom_properties={"plant": "north"})
    context = LintContext("rule", query, service.analyse(text), TABLES, rule, FLEET, (True, True))
    copy = replace(context, subject="copy", rule=replace(rule, id="copy"))
    alone = replace(context, subject="query", rule=None)
    return run_lints([context, copy, alone], date.fromisoformat(TODAY))


@settings(max_examples=40)
@given(
    position=st.integers(0, len(TOKENS) - 1),
    removed=st.integers(0, 4),
    put_in=st.sampled_from(["", *sorted(set(TOKENS))]),
)
def test_no_lint_fails_on_a_query_that_is_damaged(
    service: LanguageService, position: int, removed: int, put_in: str
) -> None:
    text = "".join([*TOKENS[:position], put_in, *TOKENS[position + removed :]])

    found = problems(service, text)

    assert bool(service.analyse(text).errors) <= bool(found), "an error of the service is told"


@pytest.mark.parametrize("text", QUERIES, ids=range(len(QUERIES)))
def test_no_lint_fails_on_a_query_that_ends_too_early(service: LanguageService, text: str) -> None:
    for token in re.finditer(r"\w+|[^\w\s]", text):
        cut = text[: token.start()]

        found = {problem.id for problem in problems(service, cut)}

        if any(d.code.startswith("KS0") for d in service.analyse(cut).errors):
            assert "kql/syntax" in found
            assert not {i for i in found if i.startswith(("alert/", "rule/"))}, cut


@pytest.mark.parametrize(
    "text", ["AppMetrics | where (", "AppMetrics | where Name ==", "AppMetrics where Name"]
)
def test_a_query_with_a_syntax_error_is_told_of_once(service: LanguageService, text: str) -> None:
    assert {problem.id for problem in problems(service, text)} == {"kql/syntax"}


@pytest.mark.parametrize("text", ["", "\n", "// AppMetrics\n", "let limit = 0.25;"])
def test_a_query_that_returns_nothing_is_told_of(service: LanguageService, text: str) -> None:
    found = {problem.id for problem in problems(service, text)}

    assert found - {"rule/duplicate"} == {"kql/invalid"}


def test_a_rule_without_a_query_is_told_of(service: LanguageService) -> None:
    rule = replace(
        HEALTHY, query=QueryText("", ()), places={"": of_file("a.bicep", "x").locate(0, 1)}
    )
    context = LintContext("rule", rule.query, service.analyse(""), TABLES, rule)

    found = run_lints([context], date.fromisoformat(TODAY))

    assert [(p.id, p.location.file) for p in found] == [("kql/invalid", "a.bicep")]
