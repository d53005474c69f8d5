"""Rules of compiled templates are those that the compiler's own snapshot and the project have."""

import dataclasses
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from deployment.bicep import BicepCompiler
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.template import template_rules
from generator.project import ROOT, validate
from tests.conftest import TODAY

TEMPLATES = Path(__file__).parent / "templates"
PLANT = ROOT / "tests" / "golden" / "small" / "rendered" / "prod" / "plants"


def _rules(path: Path, parameters: Path | None = None) -> list[LogAlertRule]:
    rules, problems = template_rules(path, parameters)
    assert problems == []
    return rules


def _comparable(rule: LogAlertRule) -> dict[str, object]:
    """What a rule does; the module adds a link to the workbook to its custom properties."""
    values = {f.name: getattr(rule, f.name) for f in dataclasses.fields(rule)}
    properties = {k: v for k, v in rule.custom_properties.items() if k != "workbook"}
    own = {"query": rule.query.text, "custom_properties": properties}
    return {k: v for k, v in (values | own).items() if k not in {"places", "size_bytes"}}


@pytest.fixture(scope="module")
def compiled(compiler: BicepCompiler, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compiled")
    source = ROOT / "rendered" / "prod"
    template = compiler.compile(source / "main.bicep").template
    assert template is not None
    snapshot = compiler.snapshot(source / "main.bicepparam", "rg-x", "eastus")
    (folder / "main.json").write_text(template, encoding="utf-8")
    (folder / "main.snapshot.json").write_text(json.dumps(snapshot, indent=2), encoding="utf-8")
    return {kind: folder / f"{kind}.json" for kind in ("main", "main.snapshot")}


@pytest.mark.parametrize("kind", ["main", "main.snapshot"])
def test_the_compiled_project_has_the_projects_rules(kind: str, compiled: dict[str, Path]) -> None:
    configuration = validate(ROOT / "config", date.fromisoformat(TODAY))
    expected = project_rules(configuration, "prod")

    assert list(map(_comparable, _rules(compiled[kind]))) == list(map(_comparable, expected))


@pytest.mark.parametrize("kind", ["main", "main.snapshot"])
def test_a_word_of_a_compiled_query_is_found_in_its_json_string(
    kind: str, compiled: dict[str, Path]
) -> None:
    lines = compiled[kind].read_text(encoding="utf-8").splitlines()
    for rule in _rules(compiled[kind]):
        for word in ("Columns", "TimeGenerated"):
            start = rule.query.text.rfind(word)
            span = rule.query.locate(start, start + len(word)).span
            if start >= 0:
                assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == word


def test_what_bicep_compiles_is_evaluated_as_bicep_does(
    compiler: BicepCompiler, tmp_path: Path
) -> None:
    for path in TEMPLATES.glob("*.bicep*"):  # away from this project's linter settings
        shutil.copy(path, tmp_path)
    compiled, parameters = compiler.compile_parameters(tmp_path / "rules.bicepparam")
    snapshot = compiler.snapshot(tmp_path / "rules.bicepparam", "rg-x", "eastus")
    files = {
        "template.json": compiled.template,
        "parameters.json": parameters,
        "snapshot.json": json.dumps(snapshot),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text or "", encoding="utf-8")

    rules = _rules(tmp_path / "template.json", tmp_path / "parameters.json")

    assert sorted(r.id for r in rules) == ["on-call-1", "on-call-2", "team-errors", "team-latency"]
    assert rules[0].condition.threshold == 0.25
    assert sorted(map(repr, map(_comparable, rules))) == sorted(
        repr(_comparable(rule)) for rule in _rules(tmp_path / "snapshot.json")
    )


def test_a_module_of_a_registry_is_read() -> None:
    first, second = _rules(TEMPLATES / "registry-module.json")

    assert (first.id, second.id) == ("rule-first", "rule-second")
    assert (first.auto_mitigate, second.auto_mitigate) == (False, True)
    assert first.display_name == "rule-first"
    assert first.query.text.endswith("// café 😀\n| project TimeGenerated, Sum")
    assert first.condition == Condition(
        "Average", "GreaterThanOrEqual", 0.25, "Sum", (Dimension("AppRoleName"),), 4, 3
    )
    assert first.window_size == timedelta(minutes=15)
    assert first.action_groups == ("on-call",)
    assert first.severity == 3


def test_a_character_behind_escapes_is_found() -> None:
    rule = _rules(TEMPLATES / "registry-module.json")[0]
    for word, written in (("project", "project"), ("😀", r"\uD83D\uDE00"), ("é", r"\u00e9")):
        start = rule.query.text.index(word)
        location = rule.query.locate(start, start + len(word))
        span = location.span
        assert location.source_line[span.column - 1 : span.end_column - 1] == written


def test_a_template_by_hand_is_read_with_its_parameter_file() -> None:
    (rule,) = _rules(TEMPLATES / "baseline.json", TEMPLATES / "baseline.parameters.json")

    assert rule.id == "[disk]"
    assert rule.display_name == "Disk of [disk]"
    assert rule.description == "[not an expression]"
    assert rule.query.text == (
        "InsightsMetrics | where Name == 'FreeSpace' | project TimeGenerated, Val"
    )
    assert rule.condition == Condition("Average", "LessThan", 85.0, "Val")
    assert rule.window_size == timedelta(hours=1)
    assert rule.mute_actions_duration == timedelta(days=1)
    assert rule.action_groups == ("night",)
    assert rule.custom_properties == {"from": "{reference('other').id}"}
    assert rule.place("muteActionsDuration").file.endswith("baseline.parameters.json")


def test_what_a_rule_needs_and_no_one_gives_is_told_where_it_is_missing() -> None:
    rules, problems = template_rules(TEMPLATES / "baseline.json")

    assert rules == []
    assert [(p.id, p.subject, p.message, p.location.span.line) for p in problems] == [
        (
            "template/unresolved-expression",
            "{alertName}",
            f"`{name}` is not known here: the parameter `{parameter}` has no value",
            line,
        )
        for name, parameter, line in (
            ("muteActionsDuration", "muteActionsDuration", 9),
            ("operator", "operator", 8),
        )
    ]
