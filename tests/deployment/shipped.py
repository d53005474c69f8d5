"""The shipped configuration, rendered once for all tests that only read it."""

from datetime import date
from functools import cache
from pathlib import Path

from deployment.origin import Origins
from generator.project import render_environments, validate
from generator.render import Rendered
from tests.conftest import TODAY

ROOT = Path(__file__).resolve().parents[2]


@cache
def shipped(environment: str = "prod") -> tuple[Origins, Rendered]:
    """Render an environment and trace its resources."""
    configuration = validate(ROOT / "config", date.fromisoformat(TODAY))
    (rendered,) = render_environments(configuration, [environment], ROOT / "rendered")
    return Origins(configuration, rendered), rendered
