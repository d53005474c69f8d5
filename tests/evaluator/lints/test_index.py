"""The index of the lints names whatever `mlmon lint` can print."""

from cli.lint import entries
from docs.lint_pages import lint_pages
from evaluator.lints import elsewhere
from evaluator.lints.catalog import LINTS

INDEX = "lints/README.md"


def test_every_id_is_in_the_index() -> None:
    index = lint_pages()[INDEX]

    assert [
        problem_id
        for problem_id in entries()
        if f"{problem_id}]" not in index and f"`{problem_id}`" not in index
    ] == []


def test_an_id_is_of_a_lint_or_cannot_be_disabled() -> None:
    lints = {one.id for one in LINTS}

    assert set(entries()) == lints | set(elsewhere.REASONS)
    assert not lints & set(elsewhere.REASONS)
