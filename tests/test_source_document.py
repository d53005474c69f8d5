"""The architecture document's own alert rules, saved as `alerts.yaml`, JSON being YAML."""

import json
import shutil
from pathlib import Path

import pytest

from generator.loader import load
from tests.conftest import TODAY, Mlmon

TESTS = Path(__file__).parent
DOCUMENT = TESTS / "fixtures" / "source_document_alerts.yaml"

DESERVED = [
    (8, "alerts/classic-table"),
    (19, "alerts/classic-table"),
    (30, "alerts/dead-table"),
    (41, "alerts/classic-table"),
    (45, "alerts/mute-duration"),
    (52, "alerts/classic-table"),
    (74, "config/bad-format"),
    (80, "alerts/clear-url"),
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(TESTS / "invalid" / "base", tmp_path / "config"))
    shutil.copy(DOCUMENT, folder / "alerts.yaml")
    return folder


def errors(mlmon: Mlmon) -> list[tuple[int, str]]:
    result = mlmon("validate", "--config", "config", "--today", TODAY, "--format", "json")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)
    assert {p["file"] for p in problems} == {"config/alerts.yaml"}
    return [(p["line"], p["id"]) for p in problems]


def test_the_document_is_read_in_its_own_keys(config: Path) -> None:
    configuration, _ = load(config)

    assert configuration is not None
    rules = {rule.name: rule for rule in configuration.alerts.model.alert_rules}
    assert rules["High MAE Alert"].severity == 2
    assert rules["High MAE Alert"].time_window == "PT15M"
    assert rules["Data Drift Detected"].throttling == "PT6H"
    assert not rules["Batch Job Failure"].stateful
    assert configuration.alerts.names("action_groups", "name") == {
        "ag-mlops-critical",
        "ag-mlops-warning",
        "ag-data-engineering",
        "ag-management",
    }


def test_the_document_has_the_eight_errors_it_deserves(config: Path, mlmon: Mlmon) -> None:
    assert errors(mlmon) == DESERVED


def test_the_document_has_no_error_it_does_not_deserve(config: Path, mlmon: Mlmon) -> None:
    found = errors(mlmon)

    assert set(found) <= set(DESERVED)
    assert {identifier for _, identifier in found} == {identifier for _, identifier in DESERVED}


def test_mending_the_eight_places_makes_the_document_valid(config: Path, mlmon: Mlmon) -> None:
    path = config / "alerts.yaml"
    text = path.read_text("utf-8")
    for wrong, right in (
        ("customMetrics |", "AppMetrics |"),
        ("customEvents |", "AppEvents |"),
        ("AzureDiagnostics |", "AmlComputeJobEvent |"),
        ('"PT12H"', '"P1D"'),
        ('"555-0100"', '"5555550100"'),
        ('"serviceUri": "https://outlook.office.com/webhook/..."', '"secret": "teams-webhook"'),
    ):
        assert wrong in text
        text = text.replace(wrong, right)
    path.write_text(text, "utf-8")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.stdout == "config: valid; 3 circuits, 5 alert rules, environments prod\n"


def test_the_comment_line_above_the_document_is_named_as_what_is_wrong(
    config: Path, mlmon: Mlmon
) -> None:
    path = config / "alerts.yaml"
    path.write_text("// monitoring/alert_rules.json\n" + path.read_text("utf-8"), "utf-8")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.exit_code == 1
    assert result.stdout.count("error: ") == 1
    assert "(yaml/syntax)" in result.stdout
    assert "= fix: `//` begins no comment in YAML: use `#`" in result.stdout
