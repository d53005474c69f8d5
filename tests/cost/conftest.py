"""A fleet of three circuits, one of them with Azure ML monitors, and its two rules."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from generator.fleet import Fleet
from generator.project import render_environments, validate
from generator.rules import ScheduledQueryRule

BASE = Path(__file__).parents[1] / "invalid" / "base"
Environment = tuple[Fleet, tuple[ScheduledQueryRule, ...]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    config = Path(shutil.copytree(BASE, tmp_path_factory.mktemp("cost") / "config"))
    (item,) = render_environments(validate(config, date(2026, 11, 23)), ["prod"], Path("rendered"))
    return item.fleet, item.rules
