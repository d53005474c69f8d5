"""Where Spark is missing, that is said, and nothing is begun."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from generator.project import ROOT
from tests.conftest import Mlmon, mlmon_process, skip
from tests.monitoring.engine.conftest import AS_OF, SimulatedFleet


def test_a_missing_pyspark_is_said_and_nothing_is_begun(
    tmp_path: Path, fleet: SimulatedFleet, mlmon: Mlmon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)

    result = mlmon(
        *("drift", "run", "--engine", "spark", "--data", fleet.sensors.uri),
        *("--as-of", str(AS_OF), "--results", "run"),
        *("--config", str(ROOT / "config")),
    )

    assert result.exit_code == 2
    assert "the Spark engine needs pyspark" in result.stderr
    assert "`make spark` installs it" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_missing_java_is_said(tmp_path: Path, fleet: SimulatedFleet) -> None:
    if find_spec("pyspark") is None:
        skip("pyspark is not installed: `make spark` installs it")

    result = mlmon_process(
        *("drift", "run", "--engine", "spark", "--data", fleet.sensors.uri),
        *("--as-of", str(AS_OF), "--results", "run", "--config", str(ROOT / "config")),
        cwd=tmp_path,
        environment={"PATH": "", "JAVA_HOME": ""},
    )

    assert result.returncode == 2
    assert "needs Java 8, 11 or 17" in result.stderr
    assert not (tmp_path / "run").exists()
