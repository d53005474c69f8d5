"""A change of the configuration changes the lines that carry it, and no others."""

import datetime
import difflib
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator import project
from tests.rendered.conftest import OUT, ROOT

# What a circuit's own limit reaches: its plant's monitors, queries, the workbook's one text of limits.
REACHED = {
    "mae": {
        "high-mae-alert.kql",
        "multiple-models-degraded.kql",
        "model-performance-degradation.kql",
        "model-performance-over-time.kql",
        "model-monitoring.workbook.json",
    },
    "psi": {"plant004.bicep", "model-monitoring.workbook.json"},
    "null_rate": {
        "plant004.bicep",
        "data-quality-issues.kql",
        "model-monitoring.workbook.json",
    },
    "latency_ms": {"high-latency-predictions.kql"},
}


def render(config: Path) -> Mapping[str, str]:
    configuration = project.validate(config, datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], OUT)
    return rendered.files


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.mark.parametrize("limit", REACHED)
def test_the_limit_of_one_circuit_changes_only_the_lines_that_carry_it(
    limit: str, config: Path
) -> None:
    thresholds = config / "thresholds.yaml"
    text = thresholds.read_text()
    override = "  PLANT004/CIRCUIT08:\n    {}: {}\n    reason: agreed\n"
    thresholds.write_text(text + override.format(limit, "0.4321"))
    before = render(config)
    thresholds.write_text(text + override.format(limit, "0.4567"))

    after = render(config)

    changed = {name.rsplit("/", 1)[1] for name in after if before.get(name) != after[name]}
    assert before.keys() == after.keys()
    assert changed == REACHED[limit]
    for name in after:
        lines = difflib.ndiff(before[name].splitlines(), after[name].splitlines())
        marked = [(line[0], line[2:]) for line in lines if line[0] in "-+"]
        removed = [text for mark, text in marked if mark == "-"]
        added = [text for mark, text in marked if mark == "+"]
        assert [r.replace("0.4321", "0.4567") for r in removed] == added
        assert len(added) <= 1


def test_a_circuit_that_leaves_takes_its_lines_and_touches_no_other_plant(config: Path) -> None:
    before = render(config)
    circuits = config / "circuits.yaml"
    lines = circuits.read_text().splitlines(keepends=True)
    kept = [line for line in lines if "plant_id: PLANT004, circuit_id: CIRCUIT08," not in line]
    assert len(kept) == len(lines) - 1
    circuits.write_text("".join(kept))

    after = render(config)

    monitors = {n: before[n] != after[n] for n in before if n.startswith("ml-monitors/")}
    assert [name for name, changed in monitors.items() if changed] == ["ml-monitors/plant004.bicep"]
    assert "circuit08" not in after["ml-monitors/plant004.bicep"]
    removed = set(before["ml-monitors/plant004.bicep"].splitlines()) - set(
        after["ml-monitors/plant004.bicep"].splitlines()
    )
    assert all("circuit08" in r.lower() or "forecast-p004-c08" in r or "minute" in r for r in removed)
