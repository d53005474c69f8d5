"""The page about rule tests says what the program does."""

import re
from pathlib import Path

import pytest

from evaluator.rule_tests.models import (
    Defaults,
    EquivalentMutant,
    Expectation,
    ExpectedAlert,
    Input,
    Notifications,
    QueryExpectation,
    RuleTest,
    RuleTestFile,
)
from evaluator.rule_tests.report_text import text_report
from generator.models.base import StrictModel
from tests.evaluator.rule_tests.conftest import Run

PAGE = Path(__file__).parents[3] / "docs" / "rule-tests.md"
_FAILING = re.compile(r"(<!-- failing -->\n```text\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def example() -> str:
    match = re.search(
        r"<!-- example -->\n```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M
    )
    assert match
    return match[1]


def test_the_example_holds(run: Run) -> None:
    ran = run(example())

    assert ran.told == ""
    assert text_report(ran.results).endswith("1 test: 1 passed")


def test_the_failing_example_prints_what_the_page_shows(run: Run, updating: bool) -> None:
    ran = run(example().replace("at: 1h15m", "at: 1h10m"))

    told = text_report(ran.results).replace("some.test.yaml", "tests/mae.test.yaml") + "\n"
    page = PAGE.read_text("utf-8")
    if updating:
        PAGE.write_text(_FAILING.sub(lambda m: m[1] + told + m[3], page), "utf-8")
    else:
        assert [shown for _, shown, _ in _FAILING.findall(page)] == [told]


@pytest.mark.parametrize(
    "model",
    [
        RuleTestFile,
        Defaults,
        RuleTest,
        Input,
        Expectation,
        ExpectedAlert,
        Notifications,
        QueryExpectation,
        EquivalentMutant,
    ],
)
def test_the_grammar_has_every_key(model: type[StrictModel]) -> None:
    match = re.search(r"^```text\n(version: 1.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M)
    assert match

    assert [key for key in model.model_fields if f"{key}:" not in match[1]] == []
