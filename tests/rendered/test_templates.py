"""Properties of the compiled templates and of the Bicep sources."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment.bicep import BicepCompiler
from generator.fleet import Fleet
from tests.rendered.conftest import OUT, ROOT, read_text

API_VERSIONS = {
    "Microsoft.AlertsManagement/actionRules": {"2021-08-08"},
    "Microsoft.Authorization/roleAssignments": {"2022-04-01"},
    "Microsoft.Insights/actionGroups": {"2023-01-01"},
    "Microsoft.Insights/components": {"2020-02-02"},
    # Everybody's version: the stable one has another shape.
    "Microsoft.Insights/diagnosticSettings": {"2021-05-01-preview"},
    "Microsoft.Insights/scheduledQueryRules": {"2023-12-01"},
    "Microsoft.Insights/workbooks": {"2023-06-01"},
    # The preview has the model-performance signal, which an environment opts in to.
    "Microsoft.MachineLearningServices/workspaces/schedules": {"2025-12-01", "2024-04-01-preview"},
    "Microsoft.OperationalInsights/workspaces": {"2025-07-01"},
    "Microsoft.OperationalInsights/workspaces/savedSearches": {"2025-07-01"},
    "Microsoft.OperationalInsights/workspaces/tables": {"2025-07-01"},
    "Microsoft.AlertsManagement/smartDetectorAlertRules": {"2021-04-01"},
}
BICEP_FILES = sorted(
    [*(ROOT / "bicep").rglob("*.bicep"), *OUT.rglob("*.bicep"), *OUT.rglob("*.bicepparam")]
)


def _names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sorted(OUT.rglob("main.bicep")), ids=_names)
def test_entry_points_compile_without_a_diagnostic(path: Path, compiler: BicepCompiler) -> None:
    compiled = compiler.compile(path)
    with_parameters, parameters = compiler.compile_parameters(path.with_suffix(".bicepparam"))

    assert compiled.diagnostics == ()
    assert with_parameters.diagnostics == ()
    assert compiled.template == with_parameters.template
    assert parameters is not None


@pytest.mark.parametrize("path", sorted((ROOT / "bicep").rglob("*.bicep")), ids=_names)
def test_modules_compile_without_a_diagnostic(path: Path, compiler: BicepCompiler) -> None:
    assert compiler.compile(path).diagnostics == ()


@pytest.mark.parametrize("path", BICEP_FILES, ids=_names)
def test_format_would_change_nothing(path: Path, compiler: BicepCompiler) -> None:
    assert compiler.format(path) == read_text(path)


def test_a_mistake_in_a_rendered_file_is_a_diagnostic(
    tmp_path: Path, compiler: BicepCompiler
) -> None:
    """The compiler refuses what the types of the modules do not allow."""
    library = (ROOT / "bicep/modules/scheduled-query-rules.bicep").as_posix()
    path = tmp_path / "rules.bicep"
    text = read_text(OUT / "prod/alert-rules.bicep")
    text = text.replace(
        "../../bicep/modules/scheduled-query-rules.bicep", _relative(library, tmp_path)
    )
    text = re.sub(r"loadTextContent\([^)]*\)", "'T'", text)
    path.write_text(text)
    clean = compiler.compile(path).diagnostics
    wrong = {}
    for old, new in {
        "severity: 2": "severity: 5",
        "'PT5M'": "'PT12H'",
        "operator: 'GreaterThan'": "operator: 'Equals'",
        "threshold: '1'": "treshold: '1'",
    }.items():
        path.write_text(text.replace(old, new, 1))
        wrong[new] = compiler.compile(path).diagnostics

    assert clean == ()
    assert all(wrong.values()), wrong


def _relative(target: str, folder: Path) -> str:
    return "../" * len(folder.parts[1:]) + target.removeprefix("/")


def test_api_versions_are_those_of_the_table(template: dict[str, Any]) -> None:
    versions = {kind.casefold(): versions for kind, versions in API_VERSIONS.items()}
    for resource in _resources(template):
        if resource["type"] != "Microsoft.Resources/deployments" and not resource.get("existing"):
            assert resource["apiVersion"] in versions[resource["type"].casefold()]


def test_every_declared_api_version_is_in_the_table() -> None:
    declared = set()
    for path in (ROOT / "bicep/modules").glob("*.bicep"):
        pairs = re.findall(
            r"^resource \w+ '([^@']+)@([^']+)' = (?!existing)", read_text(path), re.M
        )
        declared |= set(pairs)
    table = {(kind, version) for kind, versions in API_VERSIONS.items() for version in versions}

    assert declared == table


def test_what_one_deployment_creates_is_ordered(template: dict[str, Any]) -> None:
    """`existing` symbols give no order: each id of a sibling needs an explicit dependsOn."""
    producers = {
        "log-analytics-workspace": "workspace",
        "application-insights": "applicationInsights",
        "action-groups": "groups",
        "workbooks": "workbooks",
    }
    needs = {
        "applicationInsights": {"workspace"},
        "failureAnomalies": {"applicationInsights", "groups"},
        "diagnostics": {"workspace"},
        "roles": {"workspace", "applicationInsights"},
        "workbooks": {"workspace"},
        "rules": {"workspace", "applicationInsights", "groups", "workbooks"},
    }
    modules = template["resources"]
    created = {name: _created_names(modules[name]) for name in set(producers.values())}
    for name, module in modules.items():
        depends_on = set(module.get("dependsOn", []))
        text = json.dumps(module["properties"])
        used = {
            producer
            for producer, names in created.items()
            if producer != name and any(f'"{n}"' in text for n in names)
        }

        assert used <= depends_on, name
        assert depends_on >= needs.get(name, set()), name


def _created_names(module: dict[str, Any]) -> set[str]:
    """Literal names given to a module that creates resources."""
    parameters = module["properties"]["parameters"]
    value = parameters.get("name", {}).get("value")
    return {value} if isinstance(value, str) else set()


def _resources(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    resources = template["resources"]
    for resource in resources.values() if isinstance(resources, dict) else resources:
        yield resource
        if resource["type"] == "Microsoft.Resources/deployments":
            yield from _resources(resource["properties"]["template"])


def test_secrets_are_secure_parameters_without_a_value(
    fleet: Fleet, template: dict[str, Any], compiler: BicepCompiler
) -> None:
    _, text = compiler.compile_parameters(OUT / fleet.name / "main.bicepparam")
    parameters = json.loads(text or "")["parameters"]
    secure = {n for n, p in template["parameters"].items() if p.get("type") == "securestring"}

    assert secure == ({"secret_teams_webhook"} if fleet.name == "prod" else set())
    assert all(parameters[name]["value"] == "" for name in secure)
    assert "https://outlook" not in json.dumps(template)


def test_outputs_hold_no_secret(template: dict[str, Any]) -> None:
    for resource in _resources(template):
        if resource["type"] == "Microsoft.Resources/deployments":
            for name in resource["properties"]["template"].get("outputs", {}):
                assert not re.search("key|secret|connection|token", name, re.I), name


def test_every_expression_of_a_template_passes_a_filter() -> None:
    """Nothing reaches Bicep without an escape that fits its place."""
    expressions = {
        (path.name, expression)
        for path in (ROOT / "templates").glob("*.j2")
        for expression in re.findall(r"\{\{(.*?)\}\}", read_text(path), re.DOTALL)
    }
    bare = {e for e in expressions if not re.search(r"\|\s*(\w+)\s*$", e[1])}

    assert len(expressions) > 50
    assert bare == set()
