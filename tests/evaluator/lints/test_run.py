"""What running lints makes of their findings, with small lints of its own on real queries."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.analysis.language_service import language_service
from evaluator.lints.lint import (
    ComparingLint,
    Finding,
    Lint,
    LintContext,
    QueryFinding,
    RuleFinding,
)
from evaluator.lints.run import run_lints
from evaluator.query_text import of_file
from evaluator.tables import Table
from generator.diagnostics import Location, Problem, Span
from tests.evaluator.lints.fixture import HEALTHY

TODAY = date(2026, 11, 23)
TABLES = {"Sensor": Table("Sensor", {"Name": "string", "Value": "real"})}
PLACE = Location("alerts.yaml", Span(3, 5, 3, 9), "  - name: x")


def find_numbers(context: LintContext) -> Iterator[Finding]:
    for node in context.analysis.root.of_kind("LongLiteralExpression"):
        yield QueryFinding(node.start, node.end, f"`{node.text}` is a number")


def find_severity(context: LintContext) -> Iterator[Finding]:
    if context.rule and context.rule.severity > 0:
        yield RuleFinding("severity", "it is not severe", "write 0")


def find_equals(contexts: Sequence[LintContext]) -> Iterator[tuple[LintContext, Finding]]:
    for first, second in pairwise(c for c in contexts if c.rule):
        if first.analysis.root.text == second.analysis.root.text:
            yield second, RuleFinding("", f"it is the rule `{first.subject}` again")


def made(lint_id: str, severity: str) -> dict[str, str]:
    texts = dict.fromkeys(("summary", "details", "bad", "good"), "")
    return {"id": lint_id, "severity": severity, "fix": "write no number", **texts}


NUMBER = Lint(**made("kql/number", "warning"), check=find_numbers)  # type: ignore[arg-type]
SEVERITY = Lint(**made("alert/severity", "info"), check=find_severity)  # type: ignore[arg-type]
EQUAL = ComparingLint(**made("rule/equal", "error"), check_all=find_equals)  # type: ignore[arg-type]
LINTS = (NUMBER, SEVERITY, EQUAL)


def query(text: str, name: str = "numbers", file: str = "numbers.kql") -> LintContext:
    analysis = language_service(TABLES).analyse(text)
    return LintContext(name, of_file(file, text), analysis, TABLES)


def rule(text: str, name: str = "numbers", file: str = "numbers.kql") -> LintContext:
    context = query(text, name, file)
    places = {"": PLACE, "severity": replace(PLACE, span=Span(4, 5, 4, 6))}
    return replace(context, rule=replace(HEALTHY, id=name, query=context.query, places=places))


def run(*contexts: LintContext) -> list[Problem]:
    return run_lints(contexts, TODAY, LINTS)


def told(*contexts: LintContext) -> list[tuple[str, int, str]]:
    return [(p.id, p.location.span.line, p.message) for p in run(*contexts)]


def numbers(text: str) -> list[tuple[str, int, str]]:
    return told(query(text))


def test_a_finding_in_a_query_stands_where_its_characters_stand() -> None:
    problem = run(query("Sensor\n| where Value > 12\n"))[0]

    place = Location("numbers.kql", Span(2, 17, 2, 19), "| where Value > 12")
    assert problem == Problem(
        "kql/number", "`12` is a number", place, "write no number", "warning", "numbers"
    )


def test_a_finding_about_a_rule_stands_at_its_property_with_its_own_fix() -> None:
    problem = run(rule("Sensor"))[0]

    place = replace(PLACE, span=Span(4, 5, 4, 6))
    assert problem == Problem(
        "alert/severity", "it is not severe", place, "write 0", "info", "numbers"
    )


def test_a_lint_that_compares_sees_every_rule() -> None:
    found = told(rule("Sensor", "a"), rule("Sensor", "b"), rule("Sensor | count", "c"))

    assert [f for f in found if f[0] == "rule/equal"] == [
        ("rule/equal", 3, "it is the rule `a` again")
    ]


def test_what_several_rules_share_is_told_once_of_the_first() -> None:
    shared = "Sensor | where Value > 1"

    problems = run(query(shared, "first"), query(shared, "second"))

    assert [(p.id, p.subject) for p in problems] == [("kql/number", "first")]


def test_a_finding_about_the_rule_of_a_query_without_one_is_a_mistake_of_the_lint() -> None:
    wrong = replace(SEVERITY, check=lambda _: iter([RuleFinding("", "wrong")]))

    with pytest.raises(ValueError, match="a finding about a rule, but numbers is a query"):
        run_lints([query("Sensor")], TODAY, [wrong])


BECAUSE = "// mlmon: disable=kql/number needed"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"Sensor\n| where Value > 1 {BECAUSE}\n| where Value > 2\n", [3]),
        (f"Sensor\n{BECAUSE}\n| where Value > 1\n| where Value > 2\n", [4]),
        (f"Sensor\n{BECAUSE}\n\n// Why not.\n\n| where Value > 1\n| where Value > 2\n", [7]),
        (f"// Numbers.\n\n{BECAUSE}\nSensor\n| where Value > 1\n| where Value > 2\n", []),
        (f"let x = 1; {BECAUSE}\nSensor\n| where Value > x + 2", [3]),
        (f"Sensor\r\n| where Value > 1 {BECAUSE}\r\n| where Value > 2\r\n", [3]),
        (f"Sensor\n| where Value in (1, {BECAUSE}\n    2)\n", [3]),
    ],
    ids=["behind", "above", "above, with a gap", "leading", "let", "CRLF", "inside"],
)
def test_a_directive_holds_for_its_line_or_for_all(text: str, lines: list[int]) -> None:
    assert [(i, line) for i, line, _ in numbers(text)] == [("kql/number", n) for n in lines]


def test_a_leading_directive_holds_for_the_rule_too() -> None:
    text = "// mlmon: disable=alert/severity it is on trial\nSensor\n"

    assert told(rule(text)) == []
    assert [i for i, _, _ in told(rule(f"Sensor\n{text}| count"))] == [
        "alert/severity",
        "lint/useless-directive",
    ]


def test_a_directive_holds_for_one_lint_only() -> None:
    found = told(rule(f"{BECAUSE}\nSensor | where Value > 1"))

    assert [i for i, _, _ in found] == ["alert/severity"]


@pytest.mark.parametrize(
    "text",
    [
        'Sensor | where Name == "// mlmon: disable=kql/number x"',
        "Sensor | where Name == ```\n// mlmon: disable=kql/number x\n```",
        "Sensor | where Name == @'// mlmon: nonsense'",
        "Sensor // mlmonitoring: disable=kql/number",
        "Sensor // see mlmon: it lints",
        "Sensor // mlmon renders this",
    ],
)
def test_what_only_looks_like_a_directive_is_none(text: str) -> None:
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("comment", "problem_id", "message"),
    [
        ("mlmon:", "malformed-directive", "the comment is no directive"),
        ("mlmon disable=kql/number x", "malformed-directive", "the comment is no directive"),
        ("mlmon: ignore=kql/number x", "malformed-directive", "the comment is no directive"),
        ("mlmon: disable= x", "malformed-directive", "the comment is no directive"),
        ("mlmon: disable=kql/number", "malformed-directive", "`disable=kql/number` has no reason"),
        (
            "mlmon: snooze=kql/number 2027-01-01",
            "malformed-directive",
            "`snooze=kql/number` does not say until when",
        ),
        (
            "mlmon: snooze=kql/number until=2027-13-01",
            "malformed-directive",
            "`snooze=kql/number` has a day that does not exist",
        ),
        ("mlmon: disable=kql/numbers x", "unknown-id", "there is no lint `kql/numbers`"),
    ],
)
def test_a_wrong_directive_is_explained_and_suppresses_nothing(
    comment: str, problem_id: str, message: str
) -> None:
    assert numbers(f"Sensor\n| where Value > 1 // {comment}\n") == [
        ("kql/number", 2, "`1` is a number"),
        (f"lint/{problem_id}", 2, message),
    ]


def test_an_unknown_id_has_a_suggestion() -> None:
    assert run(query("Sensor // mlmon: disable=kql/numbers x"))[0].fix == (
        "did you mean `kql/number`?"
    )


def test_a_snooze_holds_through_its_last_day_and_then_says_that_it_is_over() -> None:
    context = query("Sensor\n| where Value > 1 // mlmon: snooze=kql/number until=2026-11-23")

    assert run_lints([context], date(2026, 11, 23), LINTS) == []
    assert [p.id for p in run_lints([context], date(2026, 11, 24), LINTS)] == [
        "kql/number",
        "lint/expired-snooze",
    ]


def test_a_directive_that_one_of_several_rules_needs_is_not_useless() -> None:
    text = "// mlmon: disable=alert/severity it is on trial\nSensor\n"

    assert told(query(text, "saved"), rule(text, "alert")) == []


def test_a_directive_behind_all_code_is_useless() -> None:
    assert numbers(f"Sensor\n{BECAUSE}\n") == [
        ("lint/useless-directive", 2, "the directive for `kql/number` suppresses nothing")
    ]


CODE = st.sampled_from(["| where Value > 1", "| where Value in (1, 2)", "| where Name == '// x'"])
WHERE = st.sampled_from(["behind", "above", "nowhere"])


@given(st.lists(st.tuples(CODE, WHERE, st.sampled_from(["", "\n", "// note\n"])), max_size=6))
def test_directives_remove_what_they_are_about_and_nothing_else(
    steps: list[tuple[str, str, str]],
) -> None:
    text = "Sensor\n"
    expected = []
    for code, where, gap in steps:
        text += f"{BECAUSE}\n{gap}" if where == "above" else gap
        line = text.count("\n") + 1
        text += f"{code} {BECAUSE}\n" if where == "behind" else f"{code}\n"
        found = [("kql/number", line, f"`{d}` is a number") for d in "12" if d in code]
        above = line - 1 - gap.count("\n")
        useless = "the directive for `kql/number` suppresses nothing"
        if where == "nowhere":
            expected += found
        elif not found:
            at = line if where == "behind" else above
            expected.append(("lint/useless-directive", at, useless))

    assert numbers(text) == expected


@given(st.text("/ mlon:disabe=kql/number\n\"'`|1;,\r\u2028\U0001f600", max_size=60))
def test_no_text_of_a_query_makes_directives_fail(text: str) -> None:
    numbers(f"Sensor\n{text}\n// mlmon: disable=kql/number needed\n| where Value > 1")
