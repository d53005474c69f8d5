"""Where Spark is missing, that is said, and nothing is begun."""

import sys
from pathlib import Path

import pytest

from generator.project import ROOT
from monitoring.engine.spark import running_session
from monitoring.engine.task import EngineError
from tests.conftest import Mlmon
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


def test_a_missing_java_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: `make spark` installs it")
    from pyspark.sql import SparkSession

    if SparkSession.getActiveSession() is not None:
        pytest.skip("Spark is running in this process")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(EngineError, match="needs Java 8, 11 or 17"), running_session(1):
        pass
