"""The project's rules are what is deployed, and each character has a place that someone wrote."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules, unique_rules
from evaluator.sources.project_queries import project_queries
from generator.diagnostics import Location
from generator.loader import Configuration
from generator.project import ROOT, render_environments, validate
from tests.conftest import TODAY

GOLDEN = ROOT / "tests" / "golden" / "small" / "config"


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return validate(ROOT / "config", date.fromisoformat(TODAY))


@pytest.fixture(scope="module")
def rules(configuration: Configuration) -> dict[str, LogAlertRule]:
    return {rule.id: rule for rule in project_rules(configuration, "prod")}


def _text(location: Location) -> str:
    return location.source_line[location.span.column - 1 : location.span.end_column - 1]


def test_queries_are_rendered_queries_byte_for_byte(configuration: Configuration) -> None:
    for name in configuration.environments:
        folder = ROOT / "rendered" / name / "kql"
        alerts = {r.id: r.query.text for r in project_rules(configuration, name)}
        saved = {
            q.name: q.query.text
            for q in project_queries(configuration, name)
            if q.name.startswith("kql/")
        }

        assert alerts == {p.stem: p.read_text() for p in (folder / "alerts").glob("*.kql")}
        assert saved == {
            f"kql/queries/{p.name}": p.read_text() for p in (folder / "queries").glob("*.kql")
        }


def test_an_environment_has_the_rules_that_it_renders(tmp_path: Path) -> None:
    configuration = validate(GOLDEN, date.fromisoformat(TODAY))
    layouts = {d.model.layout for d in configuration.environments.values()}
    names = list(configuration.environments)

    for rendered in render_environments(configuration, names, tmp_path):
        rules = project_rules(configuration, rendered.fleet.name)
        expected = [(r.name, r.display_name, r.query, r.action_groups) for r in rendered.rules]
        assert expected == [(r.id, r.display_name, r.query.text, r.action_groups) for r in rules]
    assert layouts == {"single", "plant"}


def test_every_line_of_a_query_file_is_found_in_it(rules: dict[str, LogAlertRule]) -> None:
    for rule in rules.values():
        file = f"kql/alerts/{rule.id}.kql"
        offset = 0
        from_file = set()
        for line in rule.query.text.splitlines(keepends=True):
            location = rule.query.locate(offset, offset + len(line.rstrip("\n")))
            offset += len(line)
            if location.source_line == line.rstrip("\n"):
                from_file.add(location.span.line)
            else:
                assert location.source_line.startswith("// Uses:")
            assert location.file == file
        count = len((ROOT / file).read_text().splitlines())
        assert from_file == set(range(1, count + 1))


def test_properties_are_placed_at_their_keys_of_alerts_yaml(
    rules: dict[str, LogAlertRule],
) -> None:
    rule = rules["batch-job-failure"]

    assert {
        name: _text(rule.place(name))
        for name in ("evaluationFrequency", "windowSize", "overrideQueryTimeRange", "severity")
    } == {
        "evaluationFrequency": "PT5M",
        "windowSize": "PT45M",
        "overrideQueryTimeRange": "P1D",
        "severity": "1",
    }
    assert _text(rules["high-mae-alert"].place("metricMeasureColumn")) == "exceedance"
    assert rule.place("threshold") == rule.places[""]
    assert "threshold" not in rule.places


def test_settings_are_read(rules: dict[str, LogAlertRule]) -> None:
    rule = rules["batch-job-failure"]

    assert rule.mute_actions_duration == timedelta(minutes=30)
    assert not rule.auto_mitigate
    assert rule.query_time_range == timedelta(days=1)
    assert rule.condition.time_aggregation == "Count"
    assert rule.size_bytes > len(rule.query.text)


def test_a_query_in_alerts_yaml_is_found_there(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(GOLDEN, folder)
    alerts = folder / "alerts.yaml"
    inline = "    query: |\n      AppMetrics\n      | where Sum > 1\n"
    text = alerts.read_text()
    key = next(line for line in text.splitlines() if "queryFile:" in line)
    alerts.write_text(text.replace(f"{key}\n", inline, 1))
    configuration = validate(folder, date.fromisoformat(TODAY))
    changed = [r for r in project_rules(configuration, "prod") if "where Sum > 1" in r.query.text]

    assert changed
    for rule in changed:
        start = rule.query.text.index("Sum")
        assert _text(rule.query.locate(start, start + 3)) == "Sum"
        assert rule.query.locate(start, start + 3).source_line == "      | where Sum > 1"
        assert rule.query.locate(3, 12).source_line == "    query: |"


def test_rules_alike_in_several_environments_come_once(configuration: Configuration) -> None:
    unique = unique_rules(configuration)
    all_rules = [
        (name, rule.id)
        for name in configuration.environments
        for rule in project_rules(configuration, name)
    ]

    assert sorted((e, d.rule.id) for d in unique for e in d.environments) == sorted(all_rules)
    assert ("monitoring-silent", ("prod", "test")) in {(d.rule.id, d.environments) for d in unique}
    assert len({(d.rule.id, d.rule.query.text) for d in unique}) == len(unique)


def test_workbook_queries_are_those_of_the_workbook_with_parameters_put_in(
    configuration: Configuration,
) -> None:
    workbook = json.loads(
        (ROOT / "rendered/prod/workbooks/model-monitoring.workbook.json").read_text()
    )
    deployed = set(_queries(workbook))
    queries = {
        q.name: q.query.text
        for q in project_queries(configuration, "prod")
        if q.name.startswith("workbooks/")
    }
    limits = next(_limits(workbook))
    put_in = {
        t.replace("{Limits}", limits)
        .replace("{TimeRange}", "> ago(30d)")
        .replace("{Plant}", "*")
        .replace("{Circuit}", "*")
        for t in deployed
    }

    assert set(queries.values()) == put_in
    assert not any("{" in text.replace(limits, "") for text in queries.values())


def _queries(value: object) -> list[str]:
    if isinstance(value, list):
        return [q for item in value for q in _queries(item)]
    if not isinstance(value, dict):
        return []
    own = [value["query"]] if isinstance(value.get("query"), str) else []
    return own + [q for item in value.values() for q in _queries(item)]


def _limits(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value.get("name") == "Limits":
        yield str(value["value"])
    for child in value.values() if isinstance(value, dict) else []:
        yield from _limits(child)
    for child in value if isinstance(value, list) else []:
        yield from _limits(child)


def test_a_parameter_is_found_at_its_name(configuration: Configuration) -> None:
    name = "workbooks/model-monitoring/circuit-mae.kql"
    query = next(q.query for q in project_queries(configuration, "prod") if q.name == name)
    text = query.text
    time, last = text.index("> ago(30d)"), text.rindex("coalesce")

    assert _text(query.locate(time, time + 10)) == "{TimeRange}"
    assert _text(query.locate(last, last + 8)) == "coalesce"
    behind = text.index("circuit == ")
    assert _text(query.locate(behind, behind + 7)) == "circuit"
    assert query.locate(0, 3).source_line.startswith("// Uses:")


def test_other_values_can_be_put_in_for_parameters(configuration: Configuration) -> None:
    name = "workbooks/model-monitoring/circuit-mae.kql"
    query = next(q for q in project_queries(configuration, "prod") if q.name == name)
    put_in = query.with_parameters({"Plant": "PLANT001"}).text

    assert query.parameters == {"TimeRange": "> ago(30d)", "Plant": "*", "Circuit": "*"}
    assert "plant_id == 'PLANT001'" in put_in
    assert "circuit == '*'" in put_in
