"""What several tests share: the command in this process, the real compiler, one flag."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings
from typer.testing import CliRunner, Result

from cli.main import app
from deployment.bicep import BicepCompiler, BicepError, find_bicep

TODAY = "2026-11-23"
Mlmon = Callable[..., Result]

settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-expectations",
        action="store_true",
        help="rewrite expected texts and golden files from what the program says now",
    )


@pytest.fixture
def updating(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-expectations"))


@pytest.fixture
def mlmon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mlmon:
    """Run the command in this process, from the test's own folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, catch_exceptions=False, prog_name="mlmon")

    return run


def skip(reason: str) -> NoReturn:
    """Skip a test whose tool is missing; where CI is set, nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def compiler() -> Iterator[BicepCompiler]:
    try:
        find_bicep()
    except BicepError as error:
        skip(str(error))
    with BicepCompiler() as running:
        yield running


def write_tree(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read every file under a folder, by its path with forward slashes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def mlmon_process(
    *arguments: str, cwd: Path, environment: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        cwd=cwd,
        env=os.environ | (environment or {}),
        capture_output=True,
        encoding="utf-8",
        check=False,
        **options,
    )


def without_override() -> None:
    """Let permissions hold in a child process also for the superuser (Linux: CAP_DAC_*)."""
    drop_from_bounding_set = 24  # PR_CAPBSET_DROP of linux/prctl.h
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)
