"""Problems as each format writes them."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalog import CATALOG, Entry
from generator.diagnostics import Location, Problem, Span, format_problems, sort_problems

PLACE = Location("a b.kql", Span(2, 3, 2, 7), "| join (X) on y")
ERROR = Problem("yaml/syntax", "no <YAML>", PLACE, 'write "it" & go')
INFO = Problem("kql/slow", "it is slow", PLACE, "hurry", "info", "Rule 1")
ENTRIES = CATALOG | {"kql/slow": Entry("a slow search", "Time is money.")}


def test_text_names_the_subject_where_there_is_one() -> None:
    assert format_problems([INFO], "text") == (
        "info: it is slow (kql/slow)\n --> a b.kql:2:3 -> `Rule 1`\n"
        "2 | | join (X) on y\n  |   ^^^^\n  = fix: hurry"
    )
    assert format_problems([ERROR], "text").splitlines()[1] == " --> a b.kql:2:3"


def test_json_names_the_subject_where_there_is_one() -> None:
    first, second = json.loads(format_problems([INFO, ERROR], "json"))

    assert (first["severity"], first["subject"]) == ("info", "Rule 1")
    assert "subject" not in second


def test_information_is_a_notice_of_github() -> None:
    assert format_problems([INFO], "github").startswith("::notice file=a b.kql,line=2,col=3,")


def test_sarif_explains_every_id_of_the_catalogue_it_is_given() -> None:
    run = json.loads(format_problems([INFO, ERROR], "sarif", ENTRIES))["runs"][0]

    rules = run["tool"]["driver"]["rules"]
    assert [(r["id"], r["shortDescription"]["text"]) for r in rules] == [
        ("kql/slow", "a slow search"),
        ("yaml/syntax", "not valid YAML"),
    ]
    assert [r["level"] for r in run["results"]] == ["note", "error"]


def test_a_file_of_sarif_is_a_uri_reference() -> None:
    place = Location("a b#c%.kql", Span(1, 1, 1, 2), "")
    problem = Problem("yaml/syntax", "no", place, "go")
    run = json.loads(format_problems([problem], "sarif"))["runs"][0]

    (place_told,) = run["results"][0]["locations"]
    assert place_told["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%23c%25.kql"


def test_sarif_refuses_an_id_that_nothing_explains() -> None:
    with pytest.raises(KeyError, match="kql/slow"):
        format_problems([INFO], "sarif")


def test_junit_has_a_case_for_each_problem_and_information_fails_nothing() -> None:
    root = ET.fromstring(format_problems([INFO, ERROR], "junit"))  # noqa: S314 - our own

    assert root.attrib == {"tests": "2", "failures": "1"}
    assert [(c.get("classname"), c.get("name")) for c in root.iter("testcase")] == [
        ("kql/slow", "a b.kql:2:3 -> Rule 1"),
        ("yaml/syntax", "a b.kql:2:3"),
    ]
    assert [f.get("message") for f in root.iter("failure")] == ["no <YAML>"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_junit_is_xml_whatever_a_file_holds(name: str, line: str) -> None:
    problem = Problem(
        "yaml/syntax", line, Location(name, Span(1, 1, 1, 2), line), line, subject=name
    )

    root = ET.fromstring(format_problems([problem], "junit"))  # noqa: S314 - our own

    assert len(list(root.iter("failure"))) == 1


def test_equal_problems_are_one_and_those_of_other_subjects_are_not() -> None:
    other = Problem("kql/slow", "it is slow", PLACE, "hurry", "info", "Rule 2")

    assert sort_problems([other, INFO, INFO]) == [INFO, other]
