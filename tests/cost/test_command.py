"""`mlmon cost` as it is typed."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Mlmon
from tests.cost.conftest import BASE


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "config"))


@pytest.mark.usefixtures("config")
def test_the_assumptions_stand_next_to_the_numbers(mlmon: Mlmon) -> None:
    result = mlmon("cost", "--today", "2026-11-23")

    assert result.exit_code == 0, result.output
    assert "prod: 3 circuits, 15.88 USD a month" in result.output
    assert "each of 2 node minutes: a floor" in result.output
    assert "List prices of East US, 2026-11" in result.output


@pytest.mark.usefixtures("config")
def test_json_has_the_same_numbers(mlmon: Mlmon) -> None:
    result = mlmon("cost", "--env", "prod", "--format", "json", "--today", "2026-11-23")

    (record,) = json.loads(result.stdout)
    parts = {part["component"]: part["usd_a_month"] for part in record["components"]}
    assert parts["Alert rules"] == 3.45
    assert sum(parts.values()) == pytest.approx(record["usd_a_month"], abs=0.02)
    assert {way["way"] for way in record["savings"]} == {
        "retention",
        "archive",
        "frequency",
        "sampling",
    }


@pytest.mark.usefixtures("config")
def test_an_unknown_environment_is_named(mlmon: Mlmon) -> None:
    result = mlmon("cost", "--env", "staging")

    assert result.exit_code == 2
    assert "there is no environment 'staging'; known are prod" in result.output
