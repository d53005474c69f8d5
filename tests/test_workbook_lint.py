"""Each rule of the workbook lint has one workbook that breaks it and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from generator.workbook_lint import RULES, WorkbookFinding, lint_workbook

SMALL = 20_000
SUBSCRIPTION = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"


def workbook(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": "Notebook/1.0", "items": list(items)}


def text(name: str = "introduction", **more: Any) -> dict[str, Any]:
    return {"type": 1, "name": name, "content": {"json": "Hello"}, **more}


def query(kql: str = "AppEvents | count", name: str = "events", **content: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "content": {"query": kql, "queryType": 0, **content}}


def group(*items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": 12, "name": "fleet tab", "content": {"items": list(items)}}


def parameters(*parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": 9, "name": "filters", "content": {"parameters": list(parameters)}}


def parameter(name: str = "Plant", **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "type": 2, **more}


def drop_downs(count: int, query_type: int) -> dict[str, Any]:
    return parameters(
        *(parameter(f"P{i}", query="T | distinct a", queryType=query_type) for i in range(count))
    )


GOOD = workbook(
    text(),
    parameters(
        parameter(query="AppMetrics | distinct Name", queryType=0),
        parameter("Tab", label=None, isHiddenWhenLocked=True),
        parameter("State", criteriaData=[{"condition": "else"}]),
    ),
    group(
        query("let limits = datatable(a: string) [];\nlimits | where a == '{Plant}'"),
        query("union isfuzzy=true (print a = 1), Missing", "missing table"),
        query("AppEvents | where Name has 'print this'", "blueprint "),
        query("{Query}", "another source", queryType=8),
    ),
)

# Rule id: the workbook, its size, and the path of the only finding.
BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "NAME000": (workbook(text(" ")), SMALL, "items[0]"),
    "NAME001": (workbook(group(query(name="Query - 3"))), SMALL, "items[0].content.items[0]"),
    "PARAM001": (
        workbook(text(), parameters(parameter(), parameter(label=""))),
        SMALL,
        "items[1].content.parameters[1]",
    ),
    "PARAM002": (
        workbook(parameters(parameter(criteriaData=[{"condition": "else"}], value="a"))),
        SMALL,
        "items[0].content.parameters[0]",
    ),
    "ARG001": (workbook(drop_downs(16, 1)), SMALL, ""),
    "KQL001": (workbook(drop_downs(41, 0)), SMALL, ""),
    "KQL002": (workbook(query("T " + "x" * 2999)), SMALL, "items[0]"),
    "KQL003": (workbook(query("let a = 1;\nprint b = a")), SMALL, "items[0]"),
    "KQL004": (workbook(query("datatable(a: int) [1]")), SMALL, "items[0]"),
    "KQL005": (workbook(query(" {Query:value}\n")), SMALL, "items[0]"),
    "GROUPS000": (workbook(group(*(text(f"note {i}") for i in range(30)))), SMALL, ""),
    "SIZE000": (workbook(text()), 100_001, ""),
    "SIZE001": (workbook(text()), 500_001, ""),
    "SIZE002": (workbook(*(text(f"note {i}") for i in range(101))), SMALL, ""),
    "RES000": (
        workbook(text(), query(crossComponentResources=[f"{SUBSCRIPTION}/resourceGroups/rg"])),
        SMALL,
        "items[1].content.crossComponentResources[0]",
    ),
}
ERRORS = {"SIZE001", "RES000"}

IDS = (
    *("NAME000", "NAME001", "PARAM001", "PARAM002", "ARG001"),
    *("KQL001", "KQL002", "KQL003", "KQL004", "KQL005"),
    *("GROUPS000", "SIZE000", "SIZE001", "SIZE002", "RES000"),
)


def brief(findings: Sequence[WorkbookFinding]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.path) for finding in findings]


def test_the_rules_are_the_fifteen_of_the_gallery_and_each_has_a_bad_workbook() -> None:
    assert tuple(rule.id for rule in RULES) == IDS
    assert tuple(BAD) == IDS


@pytest.mark.parametrize("rule", IDS)
def test_a_bad_workbook_gives_exactly_its_own_finding(rule: str) -> None:
    bad, size, path = BAD[rule]

    findings = lint_workbook(bad, size)

    assert [(rule, path)] == brief(findings)
    assert findings[0].severity == ("error" if rule in ERRORS else "warning")
    assert findings[0].message
    assert findings[0].fix


def test_a_good_workbook_gives_no_finding() -> None:
    assert lint_workbook(GOOD, 100_000) == []


@pytest.mark.parametrize(
    ("rule", "at_the_limit", "size"),
    [
        ("ARG001", workbook(drop_downs(15, 1)), SMALL),
        ("KQL001", workbook(drop_downs(40, 0)), SMALL),
        ("KQL002", workbook(query("T " + "x" * 2998)), SMALL),
        ("GROUPS000", workbook(*(text(f"note {i}") for i in range(30))), SMALL),
        ("SIZE001", workbook(text()), 500_000),
        ("SIZE002", workbook(*(text(f"note {i}") for i in range(100))), SMALL),
    ],
)
def test_the_limit_itself_is_allowed(rule: str, at_the_limit: dict[str, Any], size: int) -> None:
    assert rule not in [finding.rule for finding in lint_workbook(at_the_limit, size)]


def test_findings_come_rule_by_rule_in_the_order_of_the_steps() -> None:
    findings = lint_workbook(workbook(query("{Q}", ""), group(text("")), text("text - 2")), SMALL)

    assert brief(findings) == [
        ("NAME000", "items[0]"),
        ("NAME000", "items[1].content.items[0]"),
        ("NAME001", "items[2]"),
        ("KQL005", "items[0]"),
    ]


@pytest.mark.parametrize("odd", [{}, {"items": None}, {"items": ["text", {"content": "text"}]}])
def test_a_misshapen_workbook_does_not_stop_the_lint(odd: dict[str, Any]) -> None:
    assert {finding.rule for finding in lint_workbook(odd, SMALL)} <= {"NAME000"}
