"""The commands on what others wrote: templates with parameters, tables that only they have."""

import copy
import json
from pathlib import Path
from typing import Any

from tests.conftest import Mlmon
from tests.evaluator.sources.test_template_problems import RULE


def template(query: str, **properties: Any) -> dict[str, Any]:
    rule = copy.deepcopy(RULE)
    rule["properties"]["criteria"]["allOf"][0]["query"] = query
    rule["properties"] |= {"description": "d", "actions": {"actionGroups": ["g"]}} | properties
    return {"parameters": {"severity": {"type": "int"}}, "resources": [rule]}


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


GOOD = "Meters_CL\n| where Level_d > 5\n"


def test_columns_of_further_tables_come_from_a_folder(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", template(GOOD))
    (tmp_path / "tables").mkdir()
    columns = {"TimeGenerated": "datetime", "Level_d": "real"}
    write(tmp_path / "tables" / "Meters_CL.json", {"columns": columns})

    without, with_them = (
        mlmon("lint", "main.json"),
        mlmon("lint", "main.json", "--tables", "tables"),
    )

    assert "there is no table `Meters_CL`" in without.stdout
    assert "--tables" in without.stdout
    assert (with_them.exit_code, with_them.stdout) == (0, "")


def test_tables_that_microsoft_documents_are_known(mlmon: Mlmon, tmp_path: Path) -> None:
    query = "Heartbeat\n| where Category == 'Direct Agent'\n| project TimeGenerated, Computer\n"
    write(tmp_path / "main.json", template(query))

    assert mlmon("lint", "main.json").stdout == ""


def test_a_folder_without_tables_is_wrong_usage(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", template(GOOD))
    (tmp_path / "tables").mkdir()

    empty = mlmon("lint", "main.json", "--tables", "tables")
    (tmp_path / "tables" / "T.json").write_text('{"columns": {"a": "text"}}')
    wrong = mlmon("lint", "main.json", "--tables", "tables")

    assert (empty.exit_code, wrong.exit_code) == (2, 2)
    assert "no folder with a file NAME.json" in empty.stderr
    assert "the column `a` has the type `text`" in wrong.stderr


def test_values_of_parameters_come_from_a_file(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", template("AppTraces\n", severity="[parameters('severity')]"))
    write(tmp_path / "values.json", {"parameters": {"severity": {"value": 9}}})

    result = mlmon("lint", "main.json", "--parameters", "values.json")

    assert "`severity` is 9" in result.stdout


def test_a_rule_whose_severity_is_not_known_is_looked_at_all_the_same(
    mlmon: Mlmon, tmp_path: Path
) -> None:
    query = "AppTraces\n| where SeverityLvel == 3\n"
    write(tmp_path / "main.json", template(query, severity="[parameters('severity')]"))

    result = mlmon("lint", "main.json")

    assert "`severity` is not known here" in result.stdout
    assert "--parameters" in result.stdout
    assert "(kql/unknown-name)" in result.stdout


def test_bicep_is_to_be_compiled_first(mlmon: Mlmon, tmp_path: Path) -> None:
    (tmp_path / "main.bicep").write_text("param a int\n")

    result = mlmon("lint", "main.bicep")

    assert result.exit_code == 1
    assert "run `bicep build main.bicep`" in result.stdout


TEST = """version: 1
tests:
  - name: errors
    input: [{table: AppTraces, rows: [{at: 1m, SeverityLevel: 3}]}]
    expect: [{rule: errors, at: 5m, alerts: [{}]}]
"""


def test_a_rule_that_cannot_be_read_leaves_the_tests_of_others_alone(
    mlmon: Mlmon, tmp_path: Path
) -> None:
    unknown = copy.deepcopy(RULE) | {"name": "unknown"}
    unknown["properties"]["windowSize"] = "[reference('x').size]"
    write(tmp_path / "main.json", {"resources": [unknown, RULE]})
    (tmp_path / "t.test.yaml").write_text(TEST)

    result = mlmon("test", "t.test.yaml", "--rules", "main.json")
    strict = mlmon("test", "t.test.yaml", "--rules", "main.json", "--strict")

    assert "warning: `windowSize` is not known here" in result.stdout
    assert "1 test: 1 passed" in result.stdout
    assert (result.exit_code, strict.exit_code) == (0, 1)


def test_a_file_that_names_its_templates_knows_the_tables_of_others(
    mlmon: Mlmon, tmp_path: Path
) -> None:
    perf = copy.deepcopy(RULE)
    perf["properties"]["criteria"]["allOf"][0]["query"] = "Perf | where CounterValue > 5"
    write(tmp_path / "main.json", {"resources": [perf]})
    rows = "input: [{table: Perf, rows: [{at: 1m, CounterValue: 6}]}]"
    test = TEST.replace("version: 1\n", "version: 1\nrules: [main.json]\n")
    old = "input: [{table: AppTraces, rows: [{at: 1m, SeverityLevel: 3}]}]"
    (tmp_path / "t.test.yaml").write_text(test.replace(old, rows))

    assert "1 test: 1 passed" in mlmon("test", "t.test.yaml").stdout


def test_a_table_without_columns_is_not_said_to_be_refused(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", template("ContainerLog | where LogEntry has 'x'"))
    (tmp_path / "AppTraces.ndjson").write_text('{"TimeGenerated": "2026-01-05T01:00:00Z"}\n')
    period = ("--from", "2026-01-05", "--to", "2026-01-06")

    linted = mlmon("lint", "main.json")
    result = mlmon("backtest", "--data", "AppTraces.ndjson", "--rules", "main.json", *period)

    assert "give its columns with --tables" in linted.stdout
    assert "checked, not run: the columns of `ContainerLog` are not known" in result.stdout


def test_rules_of_others_need_tests_of_their_own(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", {"resources": [RULE]})

    result = mlmon("test", "--rules", "main.json")

    assert result.exit_code == 2
    assert "name the files with their tests" in result.stderr


def test_files_that_cannot_be_run_replace_the_junit_report(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", {"resources": [RULE]})
    (tmp_path / "t.test.yaml").write_text(TEST)
    command = ("test", "t.test.yaml", "--rules", "main.json", "--junit", "report.xml")

    mlmon(*command)
    good = (tmp_path / "report.xml").read_text()
    (tmp_path / "t.test.yaml").write_text(TEST.replace("alerts", "alarms"))
    mlmon(*command)

    assert 'failures="0"' in good
    assert 'failures="0"' not in (tmp_path / "report.xml").read_text()


def test_a_rule_that_no_test_is_about_fails_a_run_of_mutants(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", {"resources": [RULE]})
    query = "query: [{kql: print 1, at: 0m, rows: [{print_0: 1}]}]"
    (tmp_path / "t.test.yaml").write_text(f"version: 1\ntests:\n  - name: other\n    {query}\n")

    result = mlmon("test", "t.test.yaml", "--rules", "main.json", "--mutate")

    assert result.exit_code == 1
    assert "errors: no test is about it" in result.stdout


def test_a_recording_that_is_not_there_is_wrong_usage(mlmon: Mlmon, tmp_path: Path) -> None:
    write(tmp_path / "main.json", {"resources": [RULE]})
    period = ("--from", "2026-01-05", "--to", "2026-01-06")

    result = mlmon("backtest", "--data", "nowhere", "--rules", "main.json", *period)

    assert result.exit_code == 2
    assert "there is no file or folder nowhere" in result.stdout
