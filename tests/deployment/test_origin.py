"""Every resource that is deployed is traced to its place in the configuration."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from deployment.bicep import BicepError, find_bicep
from deployment.expected import ExpectedResource, expected_resources
from deployment.origin import Origins
from generator.project import render_environments, validate
from generator.render import Rendered
from tests.conftest import TODAY, skip
from tests.deployment.shipped import ROOT, shipped

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-prod/providers"
ML = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-ml-prod/providers/"
    "Microsoft.MachineLearningServices/workspaces/mlw-prod"
)


@pytest.fixture(scope="module")
def environment() -> tuple[Origins, Rendered]:
    return shipped()


@pytest.fixture(scope="module")
def expected(environment: tuple[Origins, Rendered]) -> Sequence[ExpectedResource]:
    try:
        find_bicep()
    except BicepError as error:
        skip(str(error))
    return list(expected_resources(environment[1], ROOT / "rendered", SUBSCRIPTION))


def line_of(place: str) -> str:
    """Read the line that a place names."""
    file, line, _ = place.rsplit(":", 2)
    path = Path(file) if Path(file).is_absolute() else ROOT / file
    return path.read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_everything_that_is_deployed_has_an_origin(
    environment: tuple[Origins, Rendered], expected: Sequence[ExpectedResource]
) -> None:
    origins, rendered = environment

    for resource in expected:
        origin = origins.of(resource.id, resource.body)
        recased = origins.of(resource.id.lower(), resource.body)
        assert origin is not None, resource.id
        assert recased == origin
        assert origin.rendered in rendered.files, resource.id
        assert line_of(origin.place)


@pytest.mark.parametrize(
    ("identifier", "line", "rendered"),
    [
        (
            f"{ML}/schedules/monitor-plant001-circuit02",
            "  - {plant_id: PLANT001, circuit_id: CIRCUIT02,",
            "ml-monitors/plant001.bicep",
        ),
        (
            f"{GROUP}/microsoft.insights/scheduledqueryrules/circuit-silent",
            "  - name: Circuit Silent",
            "alert-rules.bicep",
        ),
        (
            f"{GROUP}/microsoft.insights/actionGroups/ag-mlops-warning",
            "  - name: ag-mlops-warning",
            "action-groups.bicep",
        ),
        (
            f"{GROUP}/Microsoft.OperationalInsights/workspaces/law-mlops-monitoring/tables/appevents",
            "    AppEvents:",
            "main.bicep",
        ),
        (
            f"{GROUP}/Microsoft.OperationalInsights/workspaces/law-mlops-monitoring",
            "log_analytics:",
            "main.bicep",
        ),
        (f"{GROUP}/Microsoft.Insights/components/appi-mlops-prod", "application_insights:", None),
        (
            f"{GROUP}/microsoft.alertsManagement/smartDetectorAlertRules/"
            "Failure Anomalies - appi-mlops-prod",
            "application_insights:",
            None,
        ),
        (f"{ML}/providers/Microsoft.Insights/diagnosticSettings/mlmon", "machine_learning:", None),
    ],
)
def test_the_place_is_the_line_that_made_it(
    environment: tuple[Origins, Rendered], identifier: str, line: str, rendered: str | None
) -> None:
    origin = environment[0].of(identifier)

    assert origin is not None
    assert line_of(origin.place).startswith(line)
    assert origin.rendered == (rendered or "main.bicep")


def test_a_role_is_found_by_who_has_it(environment: tuple[Origins, Rendered]) -> None:
    component = f"{GROUP}/Microsoft.Insights/components/appi-mlops-prod"
    role = f"{component}/providers/Microsoft.Authorization/roleAssignments/1a26"
    principal = "1f6a3c2d-8b47-4e0a-b1f9-5d7c9e2a4b12"

    precise = environment[0].of(role, {"properties": {"principalId": principal}})
    rough = environment[0].of(role)

    assert precise is not None
    assert rough is not None
    assert principal in line_of(precise.place)
    assert line_of(rough.place) == "  metrics_publishers:"


@pytest.mark.parametrize(
    "identifier",
    [
        f"{GROUP}/microsoft.insights/scheduledqueryrules/somebody-elses",
        f"{GROUP}/Microsoft.OperationalInsights/workspaces/another",
        f"{GROUP}/Microsoft.Insights/components/another",
        f"{GROUP}/Microsoft.Storage/storageAccounts/another",
        f"{ML}/schedules/monitor-plant999-circuit01",
        "/subscriptions/1",
        "no id",
        "",
    ],
)
def test_what_the_configuration_did_not_make_has_none(
    environment: tuple[Origins, Rendered], identifier: str
) -> None:
    assert environment[0].of(identifier) is None


def test_rules_and_outages_of_a_plant_are_found(tmp_path: Path) -> None:
    config = tmp_path / "config"
    for source in (ROOT / "config").rglob("*.yaml"):
        target = config / source.relative_to(ROOT / "config")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    production = config / "environments" / "prod.yaml"
    text = production.read_text(encoding="utf-8")
    production.write_text(text.replace("layout: single", "layout: plant"), encoding="utf-8")
    configuration = validate(config, date.fromisoformat(TODAY))
    (rendered,) = render_environments(configuration, ["prod"], tmp_path / "rendered")
    origins = Origins(configuration, rendered)

    of_plant = [rule for rule in rendered.rules if rule.tags.get("plant") == "PLANT002"]
    assert of_plant
    for rule in of_plant:
        origin = origins.of(f"{GROUP}/Microsoft.Insights/scheduledQueryRules/{rule.name}")
        assert origin is not None
        assert rule.rule.name in line_of(origin.place)
        assert origin.rendered == "plants/plant002/alert-rules.bicep"
    with_outage = next(plant for plant in rendered.fleet.plants if plant.outages)
    name = f"outage-{with_outage.plant_id.lower()}-1"
    outage = origins.of(f"{GROUP}/Microsoft.AlertsManagement/actionRules/{name}")
    assert outage is not None
    assert with_outage.outages[0].reason in line_of(outage.place)
