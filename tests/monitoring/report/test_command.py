"""The command `mlmon report`: what it writes, and how it ends where it cannot."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks.result_folders import CircuitDay, write_day
from generator.project import ROOT
from tests.conftest import Mlmon, mlmon_process

AS_OF = date(2026, 11, 20)
FLEET = [CircuitDay("PLANT001", "CIRCUIT01"), CircuitDay("PLANT001", "CIRCUIT02")]
Spoil = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_day(tmp_path, AS_OF, FLEET)


def edit(name: str, change: Callable[[str], str]) -> Spoil:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(change(text), encoding="utf-8")

    return spoil


def remove(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def test_the_page_is_written_and_named(mlmon: Mlmon, folder: Path, config: Path) -> None:
    result = mlmon(
        "report", "--results", str(folder), "--out", "daily.html", "--config", str(config)
    )

    assert (result.exit_code, result.stdout, result.stderr) == (0, "daily.html\n", "")
    page = Path("daily.html").read_text(encoding="utf-8")
    assert "None of 2 circuits needs action." in page
    assert "one@company.com" in page


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (remove("manifest.json"), "has no manifest.json; name a folder of `mlmon drift run`"),
        (
            remove("drift_results_20261120.json"),
            "drift_results_20261120.json is missing; run `mlmon drift run` again",
        ),
        (remove("decisions.json"), "decisions.json is missing"),
        (remove("met.json"), "met.json is missing"),
        (edit("decisions.json", lambda text: text[:-9]), "decisions.json cannot be understood"),
        (edit("decisions.json", lambda _: "[]"), "has nothing on PLANT001/CIRCUIT01"),
        (
            edit("drift_results_20261120.json", lambda text: text.replace("0.41", "NaN", 1)),
            "cannot be understood (0.exceedance: Input should be a finite number)",
        ),
        (
            edit("quality_results_20261120.json", lambda text: text.replace('"ok"', '"fine"', 1)),
            "quality_results_20261120.json cannot be understood (0.status: ",
        ),
        (
            edit("performance_results_20261120.json", lambda _: "{"),
            "performance_results_20261120.json cannot be understood",
        ),
        (edit("manifest.json", lambda text: text.replace("417", "418")), "was changed by hand"),
    ],
)
def test_a_folder_that_is_not_whole_ends_with_a_sentence(
    spoil: Spoil, told: str, mlmon: Mlmon, folder: Path, config: Path
) -> None:
    spoil(folder)

    result = mlmon("report", "--results", str(folder), "--out", "r.html", "--config", str(config))

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("r.html").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--results", "nowhere"), "there is no folder nowhere"),
        (("--env", "test"), "holds results of the environment prod, not of test"),
        (("--config", "nowhere"), "there is no folder nowhere; pass --config DIR"),
        (("--alerts", "none.json"), "none.json is missing; write it with `mlmon backtest"),
        (("--out", "/proc/none/r.html"), "cannot be written: No such file or directory"),
    ],
)
def test_wrong_usage_ends_with_a_sentence(
    more: tuple[str, str], told: str, mlmon: Mlmon, folder: Path, config: Path
) -> None:
    options = {"--results": str(folder), "--out": "r.html", "--config": str(config)}
    options |= dict([more])

    result = mlmon("report", *(word for option in options.items() for word in option))

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_next_commands_have_options_that_exist(
    mlmon: Mlmon, tmp_path: Path, config: Path
) -> None:
    ill = [
        replace(FLEET[0], action="schedule_retraining", severity="low", row="error-without-drift"),
        replace(FLEET[1], action="maintenance", severity="high", row="data-are-wrong"),
    ]
    folder = write_day(tmp_path, AS_OF, ill)
    options = ("--out", "r.html", "--config", str(config))
    mlmon("report", "--results", str(folder), *options)
    commands = re.findall(r"<code>mlmon (.*?)</code>", Path("r.html").read_text(encoding="utf-8"))

    assert [command.split(" PLANT001/")[0] for command in commands] == ["drift plot", "explain"]
    for command in commands:
        words = command.partition(" PLANT001/")[0].split()
        known = mlmon_process(*words, "--help", cwd=ROOT, environment={"COLUMNS": "200"})
        assert set(re.findall(r"--[\w-]+", command)) <= set(re.findall(r"--[\w-]+", known.stdout))


def test_a_file_of_something_else_is_no_back_test(mlmon: Mlmon, folder: Path, config: Path) -> None:
    Path("alerts.json").write_text(json.dumps({"rules": []}))
    options = ("--out", "r.html", "--config", str(config), "--alerts", "alerts.json")

    result = mlmon("report", "--results", str(folder), *options)

    assert result.exit_code == 2
    assert "alerts.json cannot be understood (from: Field required)" in result.stderr


def test_the_wheel_has_the_template(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*command, "--directory", str(tmp_path)], cwd=ROOT, capture_output=True, check=True
    )
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    folder = ROOT / "monitoring" / "report" / "template"

    assert {f"monitoring/report/template/{file.name}" for file in folder.iterdir()} <= names
