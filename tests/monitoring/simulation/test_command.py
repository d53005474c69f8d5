import json
from pathlib import Path

import pytest

from generator.project import ROOT
from tests.conftest import Mlmon

AS_OF = "2026-11-23"
QUICK = ("--config", str(ROOT / "config"), "--history-days", "9", "--minute-days", "1")


def test_the_command_writes_tables_of_the_first_circuits(mlmon: Mlmon) -> None:
    result = mlmon(
        "simulate", "--out", "fleet", "--as-of", "2026-11-23", "--circuits", "12", *QUICK
    )

    assert (result.exit_code, result.stdout) == (0, "fleet: 12 circuits, 9 days, 9 faults\n")
    assert sorted(p.name for p in Path("fleet").iterdir()) == [
        "actuals",
        "faults.json",
        "predictions",
        "sensors",
    ]
    assert json.loads(Path("fleet/faults.json").read_text())["as_of"] == AS_OF


def test_without_faults_there_is_none(mlmon: Mlmon) -> None:
    mlmon("simulate", "--out", "fleet", "--no-faults", "--circuits", "2", *QUICK)

    assert json.loads(Path("fleet/faults.json").read_text())["faults"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--as-of", "yesterday"), "--as-of 'yesterday' is not a day"),
        (("--env", "moon"), "there is no environment 'moon'; known are"),
        (("--minute-days", "10"), "10 days of minutes do not fit into 9 days"),
        (("--as-of", "0001-01-03"), "there are not 9 days before 0001-01-03"),
        (("--out", "there"), "there is there already; give a new folder"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: tuple[str, ...], told: str, mlmon: Mlmon) -> None:
    Path("there").mkdir()
    Path("there/file").touch()

    result = mlmon("simulate", "--out", "fleet", "--circuits", "2", *QUICK, *arguments)

    assert result.exit_code == 2
    assert told in result.stderr
    assert not Path("fleet").exists()
