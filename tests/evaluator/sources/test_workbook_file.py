"""The queries of anyone's workbook, where they stand in its file."""

import json
from pathlib import Path
from typing import Any

from evaluator.sources.workbook_file import read_workbook
from tests.conftest import Mlmon


def step(query: str, **more: Any) -> dict[str, Any]:
    return {"type": 3, "content": {"version": "KqlItem/1.0", "query": query, **more}}


def parameter(name: str, kind: int, **more: Any) -> dict[str, Any]:
    return {"version": "KqlParameterItem/1.0", "name": name, "type": kind, **more}


def write(path: Path, *items: dict[str, Any]) -> Path:
    file = path / "fleet.workbook.json"
    file.write_text(json.dumps({"version": "Notebook/1.0", "items": list(items)}, indent=2))
    return file


def test_queries_of_groups_and_parameters_are_read_and_those_of_other_sources_are_not(
    tmp_path: Path,
) -> None:
    choice = parameter("Plant", 2, query="AppMetrics | distinct Name")
    group = {"type": 12, "content": {"items": [step("AppEvents | count", queryType=0)]}}
    arg = step("resources | count", queryType=1)
    file = write(tmp_path, {"type": 9, "content": {"parameters": [choice]}}, group, arg, step(" "))

    read = read_workbook(file)

    assert [q.text for q in read.queries.values()] == [
        "AppMetrics | distinct Name",
        "AppEvents | count",
    ]
    assert read.problems == []


def test_parameters_are_put_in_as_the_portal_does_at_first_sight(tmp_path: Path) -> None:
    day = parameter("Range", 4, value={"durationMs": 86_400_000})
    text = parameter("Name", 1, value="mae")
    query = "AppMetrics | where TimeGenerated {Range} and Name == '{Name}'"
    file = write(tmp_path, {"type": 9, "content": {"parameters": [day, text]}}, step(query))

    (read,) = read_workbook(file).queries.values()

    assert read.text == "AppMetrics | where TimeGenerated > ago(1d) and Name == 'mae'"


def test_a_query_with_a_parameter_that_only_the_portal_knows_is_not_said_to_be_clean(
    tmp_path: Path,
) -> None:
    endless = parameter("Range", 4, value={"durationMs": "for ever"})
    plant = parameter("Plant", 1)
    queries = (step("T | where TimeGenerated {Range:grain}"), step("T | where a == '{Plnt}'"))
    file = write(tmp_path, {"type": 9, "content": {"parameters": [endless, plant]}}, *queries)

    read = read_workbook(file)

    assert read.queries == {}
    assert [(p.id, p.severity) for p in read.problems] == [
        ("workbook/unknown-parameter", "info"),
        ("workbook/unknown-parameter", "warning"),
    ]
    assert "the workbook has no parameter `Plnt`" in read.problems[1].message
    assert read.problems[1].fix == "did you mean `Plant`?"


def test_a_workbook_that_is_nested_too_deep_is_one_finding(mlmon: Mlmon, tmp_path: Path) -> None:
    deep = '{"version": "Notebook/1.0", "items": ' + "[" * 1500 + "]" * 1500 + "}"
    (tmp_path / "deep.workbook").write_text(deep)

    result = mlmon("lint", "deep.workbook")

    assert result.exit_code == 1
    assert "(template/too-deep)" in result.stdout


def test_lint_shows_the_mistake_in_a_workbook(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path, step('AppMetrics\n| where Nme == "x"', queryType=0) | {"name": "step"})

    result = mlmon("lint", "fleet.workbook.json")

    assert result.exit_code == 1
    assert "(kql/unknown-name)\n --> fleet.workbook.json:8:" in result.stdout
    line, caret = result.stdout.split("\n")[2:4]
    assert line[caret.index("^") : caret.rindex("^") + 1] == "Nme"
    assert "1 query and 1 workbook: 1 finding" in result.stderr
