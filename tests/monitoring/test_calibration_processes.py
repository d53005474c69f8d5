"""`mlmon drift calibrate` replays in processes of its own: they may be killed, or interrupted."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from cli import drift_calibration
from monitoring.drift.fleet_history import CircuitPast
from tests.conftest import Mlmon
from tests.monitoring.conftest import AS_OF


def arguments(data: Path) -> tuple[str, ...]:
    config = ("--config", str(data / "config"))
    sensors = ("--data", str(data / "data" / "sensors"))
    days = ("--out", "limits.json", "--days", "60")
    return ("drift", "calibrate", *sensors, *config, *AS_OF, *days)


def killed(_: CircuitPast) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


# A shell that puts the tests into the background has them ignore Ctrl-C, which is inherited.
RUN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from cli.main import main
main()
"""


@contextmanager
def replaying(data: Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command until it has started a process that replays."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments(data)],
        cwd=cwd,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while not any("spawn_main" in child for child in children(process.pid)):
            assert process.poll() is None
        yield process


def children(process: int) -> list[str]:
    """Tell the command lines of the processes that one has started."""
    started = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    lines = (Path(f"/proc/{child}/cmdline") for child in started)
    return [line.read_text() for line in lines if line.exists()]


def test_a_killed_process_ends_the_command_with_a_sentence(
    mlmon: Mlmon, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift_calibration, "history_of", killed)

    result = mlmon(*arguments(data))

    assert result.exit_code == 2
    assert "a process that replays circuits was killed" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_all_processes_without_a_traceback(
    times: int, data: Path, tmp_path: Path
) -> None:
    with replaying(data, tmp_path) as process:
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (130, "mlmon: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_processes_end_with_a_command_that_is_killed(data: Path, tmp_path: Path) -> None:
    with replaying(data, tmp_path) as process:
        process.kill()
        # They hold the same standard error, which ends when the last of them has ended.
        process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
