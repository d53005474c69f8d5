"""A query that a machine wrote is linted; one that nobody can look at is told of as such."""

from datetime import date
from pathlib import Path

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.lints.lint import LintContext
from evaluator.lints.run import run_lints
from evaluator.query_text import of_file
from tests.conftest import TODAY, Mlmon
from tests.evaluator.lints.fixture import HEALTHY, TABLES

NAMES = " or ".join(f'Name == "{n}"' for n in range(1_000))


@pytest.mark.parametrize(
    "text",
    [
        f"AppMetrics\n| where {NAMES}\n| project TimeGenerated, Sum\n",
        "AppMetrics" + "\n| where Sum > 0.5" * 1_000 + "\n",
    ],
    ids=["or", "pipes"],
)
def test_a_long_query_is_linted(text: str) -> None:
    analysis = language_service(TABLES).analyse(text)
    context = LintContext("rule", of_file("query.kql", text), analysis, TABLES, HEALTHY)

    assert "query/not-analysed" not in {
        p.id for p in run_lints([context], date.fromisoformat(TODAY))
    }


def test_what_is_too_deep_for_a_lint_is_one_finding() -> None:
    text = "AppMetrics\n| extend x = 1 / (" + "+".join(["Sum"] * 2_000) + ")\n"
    analysis = language_service(TABLES).analyse(text)
    context = LintContext("rule", of_file("query.kql", text), analysis, TABLES, HEALTHY)

    problems = run_lints([context], date.fromisoformat(TODAY))

    assert [p.message for p in problems if p.id == "query/not-analysed"] == [
        "the query is nested too deeply for lints"
    ]


def test_a_query_that_is_not_analysed_is_a_finding_beside_the_others(
    tmp_path: Path, mlmon: Mlmon
) -> None:
    deep, wrong = tmp_path / "deep.kql", tmp_path / "wrong.kql"
    deep.write_text("print " + "+".join(["1"] * 3_000), "utf-8")
    wrong.write_text("AppMetrics | where Nam == 'x'", "utf-8")

    result = mlmon("lint", "deep.kql", "wrong.kql")

    assert result.exit_code == 1
    assert (
        "query is nested too deeply for the language service (query/not-analysed)" in result.output
    )
    assert "(kql/unknown-name)" in result.output
