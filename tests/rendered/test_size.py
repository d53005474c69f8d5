"""The size that is accounted for is the compiler's, seen from above."""

import datetime
import shutil
from pathlib import Path

import pytest

from benchmarks.fleets import write_fleet
from benchmarks.render import write_loop
from deployment.bicep import BicepCompiler
from deployment.build import build
from generator import output, project
from generator.render import Rendered
from generator.size import estimated_bytes
from tests.rendered.conftest import OUT, ROOT


def _compare(rendered: Rendered, out: Path, compiler: BicepCompiler) -> None:
    builds = build(rendered, out, compiler, lambda: None)
    for entry_point, compiled in zip(rendered.entry_points, builds, strict=True):
        estimate = estimated_bytes(rendered, entry_point)

        assert compiled.diagnostics == ()
        assert compiled.resources == entry_point.resources
        assert 1.0 <= estimate / compiled.compiled_bytes <= 1.6, entry_point.template


def test_the_shipped_entry_points_are_estimated_from_above(
    rendered: Rendered, compiler: BicepCompiler
) -> None:
    _compare(rendered, OUT, compiler)


@pytest.mark.slow
def test_a_fleet_of_300_circuits_by_plant_is_estimated_from_above(
    tmp_path: Path, compiler: BicepCompiler
) -> None:
    for name in ("bicep", "bicepconfig.json"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    config = write_fleet(tmp_path, 300)
    configuration = project.validate(config, datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], ROOT / "rendered")
    # Rendered for the project's own folder; the copy has the same shape.
    output.write(tmp_path / "rendered", {"prod": rendered.files})

    _compare(rendered, tmp_path / "rendered", compiler)


@pytest.mark.slow
def test_the_loop_that_the_benchmark_compares_with_compiles(
    tmp_path: Path, compiler: BicepCompiler
) -> None:
    for name in ("bicep", "rendered"):
        shutil.copytree(ROOT / name, tmp_path / name)
    rendered = tmp_path / "rendered" / "prod" / "main.bicep"
    loop = rendered.with_name("loop.bicep")

    write_loop(rendered, loop)

    template = compiler.compile(loop).template
    assert template is not None
    assert "forecast-p001-c01" in template
