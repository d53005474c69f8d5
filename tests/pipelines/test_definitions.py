"""Pipelines against Azure's own schema, and against what they name."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from deployment.bicep import PINNED_VERSION
from generator import conventions
from generator.project import ROOT, render_environments, validate
from tests.pipelines.definitions import AZURE, GITHUB, MACRO, NAMES, document, steps
from tests.test_docs import BY_NAME

SCHEMA = ROOT.parent / "shared" / "schemas" / "azure-pipelines.json"
"""Schema of Azure Pipelines, from github.com/microsoft/azure-pipelines-vscode."""

MONITORING = ROOT / "pipelines" / "monitoring-pipeline.yml"
AZURE_NAMES = [path.relative_to(ROOT).as_posix() for path in AZURE]


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the schema of Azure Pipelines is not there")
@pytest.mark.parametrize("name", AZURE_NAMES)
def test_a_pipeline_follows_the_schema(name: str) -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

    assert [error.message for error in validator.iter_errors(document(NAMES[name]))] == []


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the schema of Azure Pipelines is not there")
def test_the_schema_refuses_an_unknown_input() -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    wrong = document(MONITORING)
    next(s for s in steps(wrong) if s.get("task") == "AzureCLI@2")["inputs"]["scriptPat"] = "x"

    assert list(validator.iter_errors(wrong)) != []


@pytest.mark.parametrize("name", AZURE_NAMES)
def test_a_template_that_is_named_exists(name: str) -> None:
    folder = NAMES[name].parent
    named = [s["template"] for s in steps(document(NAMES[name])) if "template" in s]

    assert all((folder / template).is_file() for template in named), named


@pytest.mark.parametrize("name", AZURE_NAMES)
def test_every_job_sets_itself_up(name: str) -> None:
    """A job begins on a machine of its own."""
    for job in _jobs(document(NAMES[name])):
        templates = [s.get("template") for s in steps(job)]
        assert "steps/set-up.yml" in templates, job


def _jobs(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = [node] if node.keys() & {"job", "deployment"} else []
        return own + [job for value in node.values() for job in _jobs(value)]
    return [job for each in node for job in _jobs(each)] if isinstance(node, list) else []


def test_the_schedule_runs_on_days_without_a_commit() -> None:
    (schedule,) = document(MONITORING)["schedules"]

    assert (schedule["cron"], schedule["always"]) == ("0 2 * * *", "true")


def test_the_stages_come_in_order_and_the_last_runs_whatever_failed() -> None:
    drift, performance, report = document(MONITORING)["stages"]

    assert "dependsOn" not in drift
    assert performance["dependsOn"] == drift["stage"]
    assert report["dependsOn"] == [drift["stage"], performance["stage"]]
    for stage in (performance, report):
        assert stage["condition"] == "not(canceled())"
    told = [s for s in steps(report) if "mlmon notify" in s.get("bash", "")]
    assert [s["condition"] for s in told] == ["failed()"], "else mlmon daily told them"


def test_a_stage_hands_on_what_it_finished_also_when_it_failed_and_when_it_runs_again() -> None:
    for stage in document(MONITORING)["stages"]:
        [kept] = [s for s in steps(stage) if s.get("inputs", {}).get("targetPath") == "results"]

        assert kept["condition"] == "always()"
        assert kept["inputs"]["artifact"].endswith("-results-$(System.StageAttempt)")


def test_an_output_of_a_stage_is_read_by_the_name_that_it_has() -> None:
    text = MONITORING.read_text(encoding="utf-8")
    stages = {s["stage"]: [j["job"] for j in s["jobs"]] for s in document(MONITORING)["stages"]}
    day = document(ROOT / "pipelines/steps/day.yml")["steps"][0]

    read = re.findall(r"stageDependencies\.(\w+)\.(\w+)\.outputs\['(\w+)\.(\w+)'\]", text)

    assert len(read) == 2
    for stage, job, step, variable in read:
        assert job in stages[stage]
        assert (step, variable) == (day["name"], "asOf")
        assert "variable=asOf;isOutput=true" in day["bash"]


def test_the_document_names_the_variables_and_the_connection() -> None:
    assert document(MONITORING)["variables"] == [{"group": "mlops-prod-variables"}]
    for name in AZURE_NAMES:
        for step in steps(document(NAMES[name])):
            if step.get("task") == "AzureCLI@2":
                previews = name == "pipelines/what-if.yml"
                connection = "azure-what-if-connection" if previews else "azure-service-connection"
                assert step["inputs"]["azureSubscription"] == connection
                assert step["inputs"]["scriptLocation"] == "inlineScript"


def test_every_variable_is_documented() -> None:
    page = BY_NAME["docs/pipelines.md"].read_text(encoding="utf-8")
    own = {"asOf", "day.asOf", "environmentName"}

    for path in AZURE:
        for variable in MACRO.findall(path.read_text(encoding="utf-8")):
            is_azures = variable.split(".")[0] in {"Build", "Pipeline", "System"}
            assert is_azures or variable in own or f"`{variable}`" in page, variable


def test_a_deployment_gets_every_secret_that_it_refuses_to_miss() -> None:
    deploy = document(ROOT / "pipelines" / "deploy-pipeline.yml")
    given = {key for step in steps(deploy) for key in step.get("env", {}) if "SECRET" in key}

    rendered = render_environments(
        validate(ROOT / "config", date(2026, 11, 23)), ["prod", "test"], Path("r")
    )

    needed = {name for item in rendered for entry in item.entry_points for name in entry.secrets}
    assert needed == given
    assert {conventions.secret_variable("teams-webhook")} == needed


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_stands_in_a_pipeline(name: str) -> None:
    text = NAMES[name].read_text(encoding="utf-8")

    for key, value in re.findall(r"^ *(\w*(?:SECRET|PASSWORD|CONNECTION)\w*): (.*)$", text, re.M):
        assert MACRO.fullmatch(value), key
    assert "://" not in re.sub(r"#.*", "", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_versions_are_those_that_the_project_is_tested_with(name: str) -> None:
    text = NAMES[name].read_text(encoding="utf-8")

    assert set(re.findall(r"bicep install --version v(\S+)", text)) <= {PINNED_VERSION}
    versions = re.findall(r'(?:versionSpec|python-version): "(.+)"', text)
    assert set(versions) <= {"3.11"}


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))

    assert uses
    for action, comment in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_both_pull_request_checks_run_the_same() -> None:
    def commands(name: str, key: str) -> list[str]:
        return [s[key] for s in steps(document(NAMES[name])) if key in s]

    azure = commands("pipelines/steps/set-up.yml", "bash")
    azure += commands("pipelines/pull-request.yml", "bash")

    assert azure == commands(".github/workflows/pull-request.yml", "run")


def test_a_pull_request_of_a_fork_gets_no_token() -> None:
    job = document(ROOT / ".github" / "workflows" / "what-if.yml")["jobs"]["what-if"]

    assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
