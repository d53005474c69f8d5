"""What the writer of a test file is told, word for word.

`wrong/*.txt` hold files that are not run, `failing/*.txt` files whose tests fail. Each begins with
a comment of what is wrong, then the test file and what is printed; `pytest --update-expectations`
rewrites the last section.
"""

import re
from pathlib import Path

import pytest

from evaluator.rule_tests.catalog import ENTRIES
from evaluator.rule_tests.report_text import text_report
from evaluator.rule_tests.results import has_failed
from tests.evaluator.rule_tests.conftest import Run
from tests.sections import sections

HERE = Path(__file__).parent
WRONG = sorted(HERE.glob("wrong/*.txt"))
FAILING = sorted(HERE.glob("failing/*.txt"))


def written(fixture: Path) -> str:
    test, told = sections(fixture.read_text("utf-8"))
    assert (test.file, told.file) == ("test", "expect")
    return test.body


def check(fixture: Path, told: str, *, updating: bool) -> None:
    text = fixture.read_text("utf-8")
    expected = sections(text)[-1].body
    if updating:
        fixture.write_text(text.removesuffix(expected) + told, "utf-8")
    else:
        assert told == expected


@pytest.mark.parametrize("fixture", WRONG, ids=lambda path: path.stem)
def test_a_wrong_file_is_explained_and_not_run(fixture: Path, run: Run, updating: bool) -> None:
    ran = run(written(fixture))

    check(fixture, ran.told + "\n", updating=updating)
    assert ran.problems
    only_warnings = all(p.severity == "warning" for p in ran.problems)
    assert bool(ran.results) == only_warnings


@pytest.mark.parametrize("fixture", FAILING, ids=lambda path: path.stem)
def test_a_failing_test_says_where_what_and_why(fixture: Path, run: Run, updating: bool) -> None:
    ran = run(written(fixture))

    assert ran.told == ""
    check(fixture, text_report(ran.results) + "\n", updating=updating)
    assert has_failed(tuple(ran.results), strict=True)


@pytest.mark.parametrize("identifier", ENTRIES)
def test_every_id_is_shown_by_a_fixture_or_another_test(identifier: str) -> None:
    shown = "".join(path.read_text("utf-8") for path in WRONG)
    tests = "".join(p.read_text("utf-8") for p in HERE.glob("test_*.py") if p != Path(__file__))

    assert f"({identifier})" in shown or f'"{identifier}"' in tests


@pytest.mark.parametrize("fixture", [*WRONG, *FAILING], ids=lambda path: path.stem)
def test_a_fixture_begins_with_what_it_shows(fixture: Path) -> None:
    assert re.match(r"# [A-Z].*\.\n-- test --\n", fixture.read_text("utf-8"))
