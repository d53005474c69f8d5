"""The shipped configuration, rendered and compiled once by the real Bicep CLI."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment.bicep import BicepCompiler, BicepError, find_bicep
from generator import project
from generator.fleet import Fleet
from generator.loader import Configuration
from generator.render import Rendered
from generator.resolve import resolve

ROOT = project.ROOT
OUT = ROOT / "rendered"
ENVIRONMENTS = ("prod", "test")


@pytest.fixture(scope="session")
def configuration() -> Configuration:
    return project.validate(ROOT / "config", datetime.date(2026, 11, 23))


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def fleet(request: pytest.FixtureRequest, configuration: Configuration) -> Fleet:
    return resolve(configuration, request.param)


@pytest.fixture(scope="session")
def rendered(fleet: Fleet, configuration: Configuration) -> Rendered:
    (item,) = project.render_environments(configuration, [fleet.name], OUT)
    return item


@pytest.fixture(scope="session")
def template(fleet: Fleet, compiler: BicepCompiler) -> dict[str, Any]:
    """The compiled entry point as committed."""
    text = compiler.compile(OUT / fleet.name / "main.bicep").template
    assert text is not None
    compiled: dict[str, Any] = json.loads(text)
    return compiled


@pytest.fixture(scope="session")
def resources(fleet: Fleet, compiler: BicepCompiler) -> list[dict[str, Any]]:
    """Every resource that deploying the committed files would create."""
    environment = fleet.environment
    snapshot = compiler.snapshot(
        OUT / fleet.name / "main.bicepparam", environment.resource_group, environment.location
    )
    assert snapshot["diagnostics"] == []
    found: list[dict[str, Any]] = snapshot["predictedResources"]
    return found


def of_type(resources: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Resources of one type, compared as Azure does, without case."""
    return [r for r in resources if r["type"].casefold() == kind.casefold()]


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
