"""Where the characters of a query stand in its file."""

import json

import pytest

from evaluator.query_text import QueryText, of_file
from evaluator.sources.json_document import JsonDocument


def underlined(query: QueryText, part: str) -> str:
    start = query.text.index(part)
    place = query.locate(start, start + len(part))
    return place.source_line[place.span.column - 1 : place.span.end_column - 1]


def test_a_part_that_ends_on_an_escape_is_underlined_to_its_end() -> None:
    text = json.dumps('T | where tolower(Name) == "x" and A\n| take 5')
    node = JsonDocument(text, "t.json").root
    query = QueryText(str(node.data), tuple(node.pieces()))

    assert underlined(query, 'tolower(Name) == "x"') == 'tolower(Name) == \\"x\\"'
    assert underlined(query, '"x" and') == '\\"x\\" and'


def test_a_part_of_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    query = of_file("q.kql", "T\n| where a\n  and b\n")

    assert underlined(query, "where a\n  and") == "where a"


@pytest.mark.parametrize("break_", ["\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_feeds_and_carriage_returns_end_a_line_of_a_file(break_: str) -> None:
    query = of_file("q.kql", f"T\r\n| where a == 'x{break_}y'\r| where b\n| take 5")
    place = query.locate(query.text.index("take"), query.text.index("take") + 4)

    assert (place.span.line, place.span.column) == (4, 3)
    assert place.source_line == "| take 5"
