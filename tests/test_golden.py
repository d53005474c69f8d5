"""A small fleet that uses every optional feature once, and what it renders to, byte by byte."""

import datetime
import itertools
from pathlib import Path

import pytest

from deployment.bicep import BicepCompiler
from generator import output, project
from generator.render import Rendered
from tests.conftest import TODAY, mlmon_process, read_tree

SMALL = Path(__file__).parent / "golden" / "small"
GOLDEN = SMALL / "rendered"
BICEP_FILES = sorted(path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.bicep*"))


def rendered(out: Path) -> list[Rendered]:
    configuration = project.validate(SMALL / "config", datetime.date.fromisoformat(TODAY))
    return project.render_environments(configuration, list(configuration.environments), out)


def render_process(out: str, cwd: Path, **environment: str) -> None:
    result = mlmon_process(
        *("render", "--config", str(SMALL / "config"), "--out", out, "--today", TODAY),
        cwd=cwd,
        environment=environment,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_small_fleet_renders_to_its_golden_files(updating: bool) -> None:
    files = {item.fleet.name: item.files for item in rendered(GOLDEN)}
    if updating:
        output.write(GOLDEN, files)

    assert [change.diff() for change in output.changes(GOLDEN, files)] == []
    assert read_tree(GOLDEN) == {
        f"{environment}/{name}": text.encode()
        for environment, texts in files.items()
        for name, text in texts.items()
    }


def test_rendered_files_are_plain_text(tmp_path: Path) -> None:
    for path in GOLDEN.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert content.endswith(b"\n"), path
            assert b"\r" not in content, path
            assert str(SMALL).encode() not in content, path


def test_hash_seed_zone_locale_and_folder_do_not_change_a_byte(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    render_process("first", tmp_path, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")
    render_process("second", tmp_path, PYTHONHASHSEED="1", TZ="Asia/Kathmandu", LC_ALL="C")
    render_process(
        "../third", elsewhere, PYTHONHASHSEED="4211", TZ="America/St_Johns", LC_ALL="tr_TR.UTF-8"
    )

    trees = [read_tree(tmp_path / name) for name in ("first", "second", "third")]
    assert len(trees[0]) > 40
    assert all(a == b for a, b in itertools.pairwise(trees))


def test_rendering_what_is_there_already_touches_no_file(tmp_path: Path) -> None:
    render_process("rendered", tmp_path)
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "rendered").rglob("*")}

    render_process("rendered", tmp_path)

    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "rendered").rglob("*")} == times


def test_a_disabled_circuit_is_rendered_nowhere() -> None:
    assert [name for name, text in read_tree(GOLDEN).items() if b"OLD_MILL" in text] == []


def test_no_secret_has_a_place_in_what_is_rendered() -> None:
    (prod, _) = rendered(GOLDEN)
    parameters = (GOLDEN / "prod" / "main.bicepparam").read_text("utf-8")

    assert prod.entry_points[0].secrets == (
        "MLMON_SECRET_CHAT_WEBHOOK",
        "MLMON_SECRET_INCIDENT_URL",
        "MLMON_SECRET_TICKET_CALLBACK",
    )
    for variable in prod.entry_points[0].secrets:
        assert f"readEnvironmentVariable('{variable}', '')" in parameters


@pytest.mark.parametrize("file", BICEP_FILES)
def test_a_rendered_file_compiles_silently_and_is_formatted(
    file: str, compiler: BicepCompiler
) -> None:
    path = GOLDEN / file

    if path.suffix == ".bicepparam":
        compiled, _ = compiler.compile_parameters(path)
    else:
        compiled = compiler.compile(path)

    assert compiled.diagnostics == ()
    assert compiled.template is not None
    assert compiler.format(path) == path.read_text("utf-8")


def test_the_resources_that_are_counted_are_those_of_the_snapshot(
    compiler: BicepCompiler,
) -> None:
    for item in rendered(GOLDEN):
        environment = item.fleet.environment
        for entry_point in item.entry_points:
            snapshot = compiler.snapshot(
                GOLDEN / item.fleet.name / entry_point.parameters,
                environment.resource_group,
                environment.location,
            )
            assert snapshot["diagnostics"] == []
            assert len(snapshot["predictedResources"]) == entry_point.resources
