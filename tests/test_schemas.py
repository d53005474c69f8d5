"""The JSON Schemas that editors read agree with the models."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from generator.schema import schemas
from generator.source import Value, parse

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "circuits.yaml": "circuits",
    "thresholds.yaml": "thresholds",
    "alerts.yaml": "alerts",
    "environments/prod.yaml": "environment",
    "environments/test.yaml": "environment",
}


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(
        (ROOT / "config/schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    )
    return schema


def test_the_committed_schemas_are_those_of_the_models() -> None:
    committed = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "config/schemas").iterdir()}

    assert committed == schemas()


@pytest.mark.parametrize("file", FILES)
def test_each_shipped_file_is_valid_and_names_its_schema(file: str) -> None:
    path = ROOT / "config" / file
    text = path.read_text(encoding="utf-8")
    first = text.splitlines()[0]
    name = first.removeprefix("# yaml-language-server: $schema=")

    assert (path.parent / name).resolve() == (
        ROOT / "config/schemas" / f"{FILES[file]}.schema.json"
    )
    jsonschema.validate(_plain(parse(text, file).data), _schema(FILES[file]))


def _plain(value: Value) -> object:
    """Decimals as the numbers of JSON."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("circuits", {"circuits": []}),
        ("circuits", {"circuits": [{"plant_id": "P", "circuit_id": "C", "modelname": "m"}]}),
        ("thresholds", {"defaults": {"mae": 0}}),
        ("thresholds", {"circuits": {"P/C": {"mae": 0.3}}}),
        ("alerts", {"alert_rules": [{"name": "x"}], "action_groups": []}),
        ("environment", {"location": "eastus"}),
    ],
)
def test_a_schema_refuses_what_the_model_refuses(name: str, document: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, _schema(name))
