"""How problems are printed for people, build servers and pull requests."""

import json
from xml.etree import ElementTree

import pytest

from generator.catalog import Entry
from generator.diagnostics import Format, Location, Problem, Severity, Span, format_problems

ENTRIES = {"area/name": Entry("a summary", "the reason behind it")}
HOSTILE = 'rule\x1b[2J\n]]> <failure> & " % ::error \u202e \ufffe'


def problem(severity: Severity = "error", subject: str = "", message: str = "a message") -> Problem:
    place = Location("alerts/a b.kql", Span(3, 5, 3, 9), "one two three")
    return Problem("area/name", message, place, "a fix", severity, subject)


def test_a_subject_stands_behind_the_place() -> None:
    assert format_problems([problem(subject="high-mae")], "text", ENTRIES) == (
        "error: a message (area/name)\n"
        " --> alerts/a b.kql:3:5 -> `high-mae`\n"
        "3 | one two three\n"
        "  |     ^^^^\n"
        "  = fix: a fix"
    )


def test_without_a_subject_nothing_stands_there() -> None:
    (record,) = json.loads(format_problems([problem()], "json", ENTRIES))

    assert " -> `" not in format_problems([problem()], "text", ENTRIES)
    assert "subject" not in record


@pytest.mark.parametrize(
    ("severity", "annotation", "level"),
    [
        ("error", "::error ", "error"),
        ("warning", "::warning ", "warning"),
        ("info", "::notice ", "note"),
    ],
)
def test_each_format_names_a_severity_in_its_own_words(
    severity: Severity, annotation: str, level: str
) -> None:
    log = json.loads(format_problems([problem(severity)], "sarif", ENTRIES))

    assert format_problems([problem(severity)], "github", ENTRIES).startswith(annotation)
    assert log["runs"][0]["results"][0]["level"] == level


def test_sarif_carries_the_reason_of_each_id_once() -> None:
    log = json.loads(format_problems([problem(), problem("info")], "sarif", ENTRIES))

    assert log["runs"][0]["tool"]["driver"]["rules"] == [
        {
            "id": "area/name",
            "shortDescription": {"text": "a summary"},
            "help": {"text": "the reason behind it"},
        }
    ]


def test_junit_has_a_case_for_each_problem_and_information_fails_nothing() -> None:
    found = [problem("error"), problem("warning"), problem("info", "high-mae")]

    root = ElementTree.fromstring(format_problems(found, "junit", ENTRIES))  # noqa: S314 - our own

    assert (root.attrib["tests"], root.attrib["failures"]) == ("3", "2")
    assert [f.attrib["type"] for f in root.iter("failure")] == ["error", "warning"]
    assert [case.attrib["name"] for case in root.iter("testcase")] == [
        "alerts/a b.kql:3:5",
        "alerts/a b.kql:3:5",
        "alerts/a b.kql:3:5 -> high-mae",
    ]


def test_junit_of_nothing_is_an_empty_suite() -> None:
    root = ElementTree.fromstring(format_problems([], "junit", ENTRIES))  # noqa: S314 - our own

    assert [suite.attrib["tests"] for suite in root.iter("testsuite")] == ["0"]


def test_hostile_text_stays_text_in_junit() -> None:
    found = [problem(severity, HOSTILE, HOSTILE) for severity in ("error", "info")]

    text = format_problems(found, "junit", ENTRIES)

    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert len(list(root.iter("failure"))) == 1
    assert not any(c in text for c in "\x1b\u202e\ufffe")


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github", "junit"])
def test_an_id_without_an_entry_is_refused_in_every_format(style: Format) -> None:
    with pytest.raises(KeyError, match="area/name"):
        format_problems([problem()], style, {})
