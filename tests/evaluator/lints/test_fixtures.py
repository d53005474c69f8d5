"""What each lint finds, and what none finds anything in; see README.md for the form."""

import re
from datetime import date
from pathlib import Path

import pytest

from evaluator.lints.catalog import ENTRIES, PAGES
from evaluator.lints.lint import LintPage
from evaluator.lints.run import run_lints
from generator.diagnostics import format_problems
from tests.conftest import TODAY
from tests.evaluator.lints.fixture import Fixture, contexts

FOLDER = Path(__file__).parent
GOOD = [Fixture(path) for path in sorted(FOLDER.glob("*/*/good-*.txt"))]
BAD = [Fixture(path) for path in sorted(FOLDER.glob("*/*/bad-*.txt"))]


def name(fixture: Fixture) -> str:
    return f"{fixture.lint_id}/{fixture.path.stem}"


EXAMPLES = [page for page in PAGES if page.id.startswith(("kql/", "lint/"))]
"""Pages whose examples are queries alone."""


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: page.id)
def test_the_examples_of_a_page_are_what_it_says(page: LintPage) -> None:
    for text, is_bad in ((page.bad, True), (page.good, False)):
        files = {"query.kql": text, "rule.yaml": "severity: 2\n"}
        problems = run_lints(list(contexts(files)), date.fromisoformat(TODAY))

        assert (page.id in {problem.id for problem in problems}) == is_bad, text


@pytest.mark.parametrize("fixture", BAD, ids=name)
def test_what_a_lint_objects_to_is_explained(fixture: Fixture, updating: bool) -> None:
    problems = fixture.problems()
    printed = format_problems(problems, "text", ENTRIES) + "\n"

    if updating:
        head = fixture.text.partition("-- expected --\n")[0]
        fixture.path.write_text(f"{head}-- expected --\n{printed}", "utf-8")
    assert fixture.files.get("expected") == printed
    assert fixture.lint_id in {problem.id for problem in problems}


@pytest.mark.parametrize("fixture", GOOD, ids=name)
def test_nothing_objects_to_what_is_good(fixture: Fixture) -> None:
    assert format_problems(fixture.problems(), "text", ENTRIES) == ""
    assert "expected" not in fixture.files


@pytest.mark.parametrize("lint_id", [page.id for page in PAGES])
def test_a_lint_has_examples_of_both_kinds(lint_id: str) -> None:
    assert any(fixture.lint_id == lint_id for fixture in GOOD)
    assert any(fixture.lint_id == lint_id for fixture in BAD)


def test_a_fixture_is_one_of_a_lint_and_says_what_it_shows() -> None:
    for path in FOLDER.glob("*/**/*.txt"):
        assert Fixture(path) in [*GOOD, *BAD], f"{path} is neither good nor bad"
        assert Fixture(path).lint_id in ENTRIES, f"{path} is of no lint"
        assert re.match(r"# [A-Z].*\.\n-- ", path.read_text("utf-8")), f"{path} says nothing"


def test_an_id_stands_for_one_lint() -> None:
    assert len(ENTRIES) == len(PAGES)
