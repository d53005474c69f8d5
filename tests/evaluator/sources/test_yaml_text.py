"""Every character of a query in YAML is found where it stands, whatever the scalar's style."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.query_text import QueryText
from evaluator.sources.yaml_text import scalar_pieces
from generator.source import parse

LITERAL = """\
rule:
  query: |
    Sensor
      | where Value > 1

    | count
  next: 1
"""
FOLDED = """\
rule:
  query: >-
    Sensor
    | where Value > 1

    | count
"""
KEEPING = """\
rule:
  query: |2+

      Sensor
    | count

"""
PLAIN = """\
rule:
  query: Sensor | where Value > 1
    | count # of rows
"""
FLOW = "rule: {query: Sensor | where Value > 1 | count, next: 1}\n"
SINGLE = "rule:\n  query: 'Sensor | where Name == ''count''\n    | count'\n"
DOUBLE = 'rule:\n  query: "Sensor | where Name == \\"a\\tb\\" or\\n true\n    | count"\n'
ANCHORED = "rule:\n  query: &q !!str |\n    Sensor\n    | count\n"


def _query(yaml: str) -> QueryText:
    source = parse(yaml, "a.yaml")
    data = source.data
    assert isinstance(data, dict)
    rule = data["rule"]
    assert isinstance(rule, dict)
    text = str(rule["query"])
    location = source.locate(("rule", "query"))
    return QueryText(text, tuple(scalar_pieces(source, location, text, 0)))


def _found(query: QueryText, start: int, end: int) -> str:
    location = query.locate(start, end)
    span = location.span
    return location.source_line[span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize("yaml", [LITERAL, FOLDED, KEEPING, PLAIN, FLOW, SINGLE, DOUBLE, ANCHORED])
@pytest.mark.parametrize("word", ["Sensor", "count", "| c"])
def test_a_word_is_found_where_it_stands(yaml: str, word: str) -> None:
    query = _query(yaml)
    start = query.text.rindex(word)
    location = query.locate(start, start + len(word))

    assert _found(query, start, start + len(word)) == word
    assert yaml.splitlines()[location.span.line - 1] == location.source_line
    assert query.pieces[0].start == 0


def test_an_escape_is_found_as_a_whole() -> None:
    query = _query(DOUBLE)
    tab = query.text.index("\t")

    assert _found(query, tab, tab + 1) == r"\t"


def test_what_follows_a_continued_line_is_on_the_first_line() -> None:
    query = _query('rule:\n  query: "Sensor \\\n    | count"\n')
    start = query.text.index("count")

    assert query.locate(start, start + 5).span.line == 2


@given(
    st.lists(st.text("ab |'\"\\#:>é", max_size=12), min_size=1, max_size=6).filter(
        lambda lines: lines[0].strip() != "" and not lines[0].startswith(" ")
    )
)
def test_each_character_of_a_literal_block_is_found(lines: list[str]) -> None:
    query = _query("rule:\n  query: |\n" + "".join(f"    {line}\n" for line in lines))

    for offset, character in enumerate(query.text):
        if not character.isspace():
            assert _found(query, offset, offset + 1) == character
            line = query.text[:offset].count("\n")
            assert query.locate(offset, offset + 1).span.line == 3 + line
