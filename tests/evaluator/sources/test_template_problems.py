"""A template that cannot be read gives problems with a place, never a traceback."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.evaluation.state import NotSimulated, refuse_what_is_not_simulated
from evaluator.rules import LogAlertRule
from evaluator.sources.catalog import ENTRIES
from evaluator.sources.template import template_rules
from generator.diagnostics import Problem, format_problems

RULE: dict[str, Any] = {
    "type": "Microsoft.Insights/scheduledQueryRules",
    "apiVersion": "2023-12-01",
    "name": "errors",
    "location": "westeurope",
    "properties": {
        "displayName": "Errors",
        "severity": 1,
        "scopes": ["/subscriptions/s"],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "criteria": {
            "allOf": [
                {
                    "query": "AppTraces | where SeverityLevel == 3",
                    "timeAggregation": "Count",
                    "operator": "GreaterThan",
                    "threshold": 0,
                }
            ]
        },
    },
}
Change = Callable[[dict[str, Any]], object]


def _read(tmp_path: Path, content: object) -> tuple[list[LogAlertRule], list[Problem]]:
    path = tmp_path / "template.json"
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    path.write_text(text, encoding="utf-8", newline="\n")
    rules, problems = template_rules(path)
    format_problems(problems, "text", ENTRIES)
    return rules, problems


def _changed(change: Change) -> dict[str, Any]:
    rule = copy.deepcopy(RULE)
    change(rule)
    return {"resources": [rule]}


def _criterion(rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rule["properties"]["criteria"]["allOf"][0]
    return found


def test_the_base_of_these_tests_is_a_rule(tmp_path: Path) -> None:
    rules, problems = _read(tmp_path, {"resources": [RULE]})

    assert [r.id for r in rules] == ["errors"]
    assert problems == []


@pytest.mark.parametrize(
    ("change", "problem_id", "words", "source"),
    [
        (lambda r: r.update(apiVersion="2018-04-16"), "template/api-version", "2018-04-16", "api"),
        (
            lambda r: r.update(apiVersion="2021-02-01-preview"),
            "template/api-version",
            "2021-02-01-preview",
            "api",
        ),
        (lambda r: r.pop("apiVersion"), "template/property", "`apiVersion` is missing", "{"),
        (lambda r: r.pop("name"), "template/property", "`name` is missing", "{"),
        (lambda r: r.update(properties=[]), "template/property", "`criteria` is missing", "prop"),
        (lambda r: r["properties"].pop("severity"), "template/property", "`severity`", "prop"),
        (lambda r: r["properties"].update(severity=7), "template/property", "is 7", "severity"),
        (
            lambda r: r["properties"].update(severity="2"),
            "template/property",
            "no whole number",
            "severity",
        ),
        (
            lambda r: r["properties"].update(windowSize="5 minutes"),
            "template/property",
            "no duration",
            "windowSize",
        ),
        (
            lambda r: r["properties"].update(enabled="yes"),
            "template/property",
            "neither true nor false",
            "enabled",
        ),
        (
            lambda r: r["properties"]["criteria"].update(allOf=[]),
            "template/property",
            "0 conditions",
            "criteria",
        ),
        (lambda r: _criterion(r).pop("query"), "template/property", "`query` is missing", "{"),
        (lambda r: _criterion(r).update(query=" "), "template/property", "no text", "query"),
        (
            lambda r: _criterion(r).update(threshold=True),
            "template/property",
            "no number",
            "threshold",
        ),
        (
            lambda r: _criterion(r).update(operator="Above"),
            "template/property",
            "`Above`",
            "operator",
        ),
        (
            lambda r: _criterion(r).update(query="[concat('a', reference('x').y)]"),
            "template/unresolved-expression",
            "`reference()` is known to Azure only",
            "reference",
        ),
        (
            lambda r: _criterion(r).update(threshold="[parameters('limit')]"),
            "template/unresolved-expression",
            "no parameter `limit` is declared",
            "limit",
        ),
        (
            lambda r: _criterion(r).update(query="[concat('a', ]"),
            "template/expression",
            "a value is missing",
            "concat",
        ),
        (
            lambda r: r.update(copy={"name": "n", "count": "[resourceGroup().id]"}),
            "template/unresolved-expression",
            "the loop's count is not known here",
            "count",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_left_out(
    change: Change, problem_id: str, words: str, source: str, tmp_path: Path
) -> None:
    rules, problems = _read(tmp_path, _changed(change))

    assert rules == []
    assert [p.id for p in problems] == [problem_id]
    assert words in problems[0].message
    assert source in problems[0].location.source_line


@pytest.mark.parametrize(
    ("change", "problem_id", "severity"),
    [
        (lambda r: _criterion(r).update(operator="Equals"), "alert/equal-spelling", "error"),
        (lambda r: _criterion(r).update(threshold="0.5"), "alert/decimal-threshold", "info"),
        (lambda r: r["properties"].update(scopes=["a", "b"]), "alert/scope-count", "error"),
        (
            lambda r: r["properties"].update(muteActionsDuration="PT12H", autoMitigate=False),
            "template/property",
            "error",
        ),
    ],
)
def test_what_azure_refuses_is_told_of_a_rule_that_can_be_read(
    change: Change, problem_id: str, severity: str, tmp_path: Path
) -> None:
    rules, problems = _read(tmp_path, _changed(change))

    assert len(rules) == 1
    assert [(p.id, p.severity) for p in problems] == [(problem_id, severity)]


def test_the_other_rules_go_on(tmp_path: Path) -> None:
    wrong = copy.deepcopy(RULE)
    wrong["name"] = "wrong"
    del wrong["properties"]["criteria"]

    rules, problems = _read(tmp_path, {"resources": {"a": wrong, "b": RULE}})

    assert [r.id for r in rules] == ["errors"]
    assert [p.subject for p in problems] == ["wrong"]


def test_a_rule_that_is_not_made_is_left_out(tmp_path: Path) -> None:
    not_made, existing = {**RULE, "condition": "[not(true())]"}, {**RULE, "existing": True}
    maybe = {**RULE, "condition": "[empty(resourceGroup().tags)]"}

    rules, problems = _read(tmp_path, {"resources": [not_made, existing, maybe]})

    assert (len(rules), problems) == (1, [])


def test_a_rule_that_only_writes_a_metric_is_no_alert(tmp_path: Path) -> None:
    metric = {**RULE, "kind": "LogToMetric", "properties": {}}

    rules, problems = _read(tmp_path, {"resources": [metric, RULE]})

    assert len(rules) == 1
    assert [(p.id, p.severity) for p in problems] == [("template/log-to-metric", "info")]


@pytest.mark.parametrize(
    ("properties", "stateful"),
    [
        ({}, True),
        ({"autoMitigate": False}, False),
        ({"resolveConfiguration": {"autoResolved": False}}, False),
        ({"resolveConfiguration": {"autoResolved": True, "timeToResolve": "PT30M"}}, True),
    ],
)
def test_a_rule_is_stateful_unless_it_says_otherwise(
    properties: dict[str, Any], *, stateful: bool, tmp_path: Path
) -> None:
    ((rule,), problems) = _read(tmp_path, _changed(lambda r: r["properties"].update(properties)))

    assert (rule.auto_mitigate, problems) == (stateful, [])


def test_a_simple_rule_needs_no_windows(tmp_path: Path) -> None:
    simple = copy.deepcopy(RULE)
    simple["kind"] = "SimpleLogAlert"
    for name in ("evaluationFrequency", "windowSize"):
        del simple["properties"][name]
    simple["properties"]["criteria"]["allOf"] = [{"query": "AppTraces | where SeverityLevel == 3"}]

    ((rule,), problems) = _read(tmp_path, {"resources": [simple]})

    assert (rule.kind, problems) == ("SimpleLogAlert", [])


def test_a_nested_deployment_with_outer_scope_sees_the_outer_names(tmp_path: Path) -> None:
    rule = {**RULE, "name": "[variables('name')]"}
    nested = {
        "type": "Microsoft.Resources/deployments",
        "properties": {"template": {"variables": {"name": "inner"}, "resources": [rule]}},
    }

    rules, _ = _read(tmp_path, {"variables": {"name": "outer"}, "resources": [nested]})

    assert [r.id for r in rules] == ["outer"]


def test_a_linked_template_is_not_passed_over(tmp_path: Path) -> None:
    linked = {
        "type": "Microsoft.Resources/deployments",
        "properties": {"templateLink": {"uri": "https://example.com/rules.json"}},
    }

    _, problems = _read(tmp_path, {"resources": [linked, RULE]})

    assert [(p.id, p.severity) for p in problems] == [("template/unresolved-expression", "warning")]


@pytest.mark.parametrize(
    ("text", "problem_id"),
    [
        ("", "template/json"),
        ("{", "template/json"),
        ('{"resources": [}', "template/json"),
        ('{"resources": [] "a": 1}', "template/json"),
        ('{"a": "\\ud800"}', "template/json"),
        ('{"a": 1e999}', "template/json"),
        ('{"a": 1, "a": 2}', "template/duplicate-key"),
        ("[" * 5000, "template/too-deep"),
        ('{"a":' * 5000, "template/too-deep"),
        ("[]", "template/no-template"),
        ("{}", "template/no-template"),
        ("7", "template/no-template"),
        ('{"resources": []}', "template/no-rules"),
        ('{"resources": 5}', "template/no-rules"),
        ('{"resources": [5]}', "template/no-template"),
        ('{"predictedResources": null}', "template/no-rules"),
    ],
)
def test_a_file_that_is_no_template(text: str, problem_id: str, tmp_path: Path) -> None:
    rules, problems = _read(tmp_path, text)

    assert rules == []
    assert problem_id in {p.id for p in problems}


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "binary.json"
    binary.write_bytes(b'{"a": "\xff"}')

    for path in (tmp_path, tmp_path / "none.json", binary):
        rules, problems = template_rules(path)
        assert ([p.id for p in problems], rules) == (["template/unreadable"], [])


def test_a_byte_order_mark_and_comments_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    text = "// rules\n" + json.dumps({"resources": [RULE]}) + "/* end */"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert len(template_rules(path)[0]) == 1


def test_a_parameter_file_without_parameters(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}")
    (tmp_path / "t.json").write_text(json.dumps({"resources": [RULE]}))

    assert [p.id for p in template_rules(tmp_path / "t.json", tmp_path / "p.json")[1]] == [
        "template/parameters"
    ]


def test_what_expands_without_bound_is_stopped(tmp_path: Path) -> None:
    doubled = {
        f"v{n}": f"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]" for n in range(1, 20)
    }
    query = {"variables": {"v0": "0123456789" * 10, **doubled}}
    long = _changed(lambda r: _criterion(r).update(query="[variables('v19')]"))
    circle = {"variables": {"a": "[variables('b')]", "b": "[variables('a')]"}}
    round_ = _changed(lambda r: _criterion(r).update(query="[variables('a')]"))
    chain = {f"v{n}": f"[variables('v{n - 1}')]" for n in range(1, 200)}
    deep = _changed(lambda r: _criterion(r).update(query="[variables('v199')]"))
    loops: object = {"type": "Microsoft.Resources/deployments"}
    for n in range(8):
        loops = {
            "type": "Microsoft.Resources/deployments",
            "copy": {"name": f"n{n}", "count": 800},
            "properties": {"template": {"resources": [loops]}},
        }

    assert "1,000,000 characters" in _read(tmp_path, query | long)[1][0].message
    assert "needs its own value" in _read(tmp_path, circle | round_)[1][0].message
    found = _read(tmp_path, {"variables": {"v0": "x", **chain}} | deep)[1]
    assert [p.id for p in found] == ["template/too-large"]
    found = _read(tmp_path, {"resources": [loops]})[1]
    assert {p.id for p in found} == {"template/unresolved-expression", "template/too-large"}


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.sampled_from(
        [
            "",
            "*",
            "PT5M",
            "[x",
            "[f(1)]",
            "[parameters('p')]",
            "LogAlert",
            "Count",
            "\ud83d\ude00",
            "é\n",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["name", "copy", "count", "input", "values", "allOf", "query"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=5,
)
_PLACES = [
    ("type",),
    ("apiVersion",),
    ("name",),
    ("kind",),
    ("copy",),
    ("condition",),
    ("properties",),
    *(("properties", k) for k in (*RULE["properties"], "actions", "resolveConfiguration")),
    *(
        ("properties", "criteria", "allOf", 0, k)
        for k in (
            *_criterion(RULE),
            "dimensions",
            "failingPeriods",
            "metricMeasureColumn",
            "criterionType",
        )
    ),
]


@given(st.sampled_from(_PLACES), _JSON)
def test_any_value_anywhere_gives_a_rule_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str | int, ...], value: object
) -> None:
    rule: Any = copy.deepcopy(RULE)
    target = rule
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    tmp_path = tmp_path_factory.getbasetemp()

    rules, problems = _read(tmp_path, {"resources": [rule]})

    made = place not in {("condition",), ("copy",), ("type",)}
    assert rules or problems or not made


def test_rules_of_one_name_are_told_apart(tmp_path: Path) -> None:
    rules, problems = _read(tmp_path, {"resources": [RULE, RULE, RULE]})

    assert [r.id for r in rules] == ["errors", "errors#2", "errors#3"]
    assert [(p.id, p.severity) for p in problems] == [("template/duplicate-name", "warning")] * 2


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("substring('severity-3', 9, 1)", "3"),
        ("substring('severity-3', 9)", "3"),
        ("split('1,2', ',')[1]", "2"),
        ("split('1;2,3', createArray(',', ';'))[2]", "3"),
        ("take('42', 1)", "4"),
        ("skip('42', 1)", "2"),
        ("skip(createArray('1', '4'), 1)[0]", "4"),
        ("string(mul(2, 2))", "4"),
        ("string(div(-7, 2))", "-3"),
        ("string(mod(-7, 2))", "-1"),
        ("string(max(createArray(1, 3), 2))", None),
        ("string(max(1, 3))", "3"),
        ("string(min(createArray(2, 1)))", "1"),
        ("string(startsWith('Severity', 'sev'))", "True"),
        ("string(endsWith('Severity', 'x'))", "False"),
        ("base64ToString(base64('Ä'))", "Ä"),
        ("substring('ab', 1, 5)", None),
        ("string(div(1, 0))", None),
    ],
)
def test_functions_of_constants_are_evaluated_exactly_or_not_at_all(
    expression: str, value: str | None, tmp_path: Path
) -> None:
    named = _changed(lambda r: r["properties"].update(displayName=f"[{expression}]"))

    (rule,), _ = _read(tmp_path, named)

    assert rule.display_name == (value if value is not None else f"{{{expression}}}")


def test_functions_that_a_template_declares_are_evaluated(tmp_path: Path) -> None:
    twice = {
        "parameters": [{"name": "minutes", "type": "int"}],
        "output": {"type": "string", "value": "[format('PT{0}M', parameters('minutes'))]"},
    }
    outer = {
        "parameters": [{"name": "n", "type": "int"}],
        "output": {"type": "string", "value": "[fn.period(mul(parameters('n'), 5))]"},
    }
    functions = [{"namespace": "fn", "members": {"period": twice, "fives": outer}}]
    template = _changed(lambda r: r["properties"].update(windowSize="[fn.fives(3)]"))

    (rule,), problems = _read(tmp_path, template | {"functions": functions})

    assert rule.window_size.total_seconds() == 900
    assert problems == []


def test_what_depends_on_azure_is_told_from_what_is_not_evaluated_here(tmp_path: Path) -> None:
    def reason(expression: str) -> str:
        change = _changed(lambda r: r["properties"].update(windowSize=f"[{expression}]"))
        return _read(tmp_path, change)[1][0].message

    assert "`resourceGroup()` is known to Azure only" in reason("resourceGroup().name")
    assert "`uniqueString()` is not evaluated here" in reason("uniqueString('a')")


def test_the_column_of_resource_ids_splits_a_rule(tmp_path: Path) -> None:
    change = _changed(lambda r: _criterion(r).update(resourceIdColumn="_ResourceId"))
    (rule,), problems = _read(tmp_path, change)

    assert [d.name for d in rule.condition.dimensions] == ["_ResourceId"]
    assert problems == []


def test_a_rule_that_azure_splits_by_itself_is_not_simulated(tmp_path: Path) -> None:
    types = ["Microsoft.Compute/virtualMachines"]
    change = _changed(lambda r: r["properties"].update(targetResourceTypes=types))
    (rule,), _ = _read(tmp_path, change)

    with pytest.raises(NotSimulated, match="targetResourceTypes"):
        refuse_what_is_not_simulated(rule)
