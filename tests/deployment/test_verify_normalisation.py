"""What Azure adds, drops and re-cases, against recorded traffic: each row is needed."""

import json
from pathlib import Path
from typing import Any

import pytest

from deployment.verify.compare import Difference, compare
from deployment.verify.normalisation import ROWS
from deployment.verify.rules import Row, TypeRules

RECORDED = Path(__file__).parent / "recorded"
FIXTURES = sorted(path.stem for path in RECORDED.glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return content


def differences(fixture: str, rows: tuple[Row, ...]) -> list[Difference]:
    content = recorded(fixture)
    return compare(content["sent"], content["received"], TypeRules(content["type"], rows))


@pytest.mark.parametrize("fixture", FIXTURES)
def test_what_azure_answered_is_what_was_sent(fixture: str) -> None:
    assert differences(fixture, ROWS) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_without_the_row_a_difference_is_seen(row: Row) -> None:
    rest = tuple(other for other in ROWS if other is not row)

    assert differences(row.fixture, rest) != []


def test_rows_have_names_of_their_own_and_every_fixture_is_used() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.fixture for row in ROWS} == set(FIXTURES)


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_fixture_says_where_it_is_from(fixture: str) -> None:
    content = recorded(fixture)

    assert content["from"].startswith("https://")
    sources = {row.source for row in ROWS if row.fixture == fixture}
    assert content["from"] in sources


def test_a_row_that_no_fixture_shows_is_marked_as_inferred() -> None:
    by_hand = {name for name in FIXTURES if "nferred" in recorded(name).get("note", "")}

    assert all(row.is_inferred for row in ROWS if row.fixture in by_hand)
