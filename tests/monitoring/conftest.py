"""A small fleet that commands are tried on."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from generator.project import ROOT

AS_OF = ("--as-of", "2026-11-20")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small fleet's sensors, hourly, and a configuration with just its circuits."""
    folder = tmp_path_factory.mktemp("commands")
    shutil.copytree(ROOT / "config", folder / "config")
    circuits = "\n".join(
        f"  - {{plant_id: PLANT00{n}, circuit_id: CIRCUIT01, model_name: m{n}, sample_every: PT1H}}"
        for n in range(1, 10)
    )
    (folder / "config" / "circuits.yaml").write_text(f"circuits:\n{circuits}\n")
    thresholds = (folder / "config" / "thresholds.yaml").read_text()
    (folder / "config" / "thresholds.yaml").write_text(thresholds.partition("classes:")[0])
    (folder / "config" / "environments" / "test.yaml").unlink()
    config = ("--config", str(folder / "config"))
    out = str(folder / "data")
    command = ("simulate", "--out", out, *config, *AS_OF, "--history-days", "60")
    result = CliRunner().invoke(app, (*command, "--minute-days", "0"), prog_name="mlmon")
    assert result.exit_code == 0, result.output
    return folder
