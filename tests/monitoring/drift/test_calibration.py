import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitoring.drift.calibration import Calibration, CircuitHistory, calibrate
from monitoring.drift.calibration_file import (
    CalibrationError,
    read_calibration,
    write_calibration,
)
from monitoring.drift.limits import LimitSettings, own_limits
from tests.monitoring.drift.circuits import FEATURES, FIRST_DAY, random_history

DAY = FIRST_DAY + 400


def _fleet() -> list[CircuitHistory]:
    return [
        CircuitHistory("P2", "C1", random_history(400, 1), random_history(400, 2), "7"),
        CircuitHistory("P1", "C9", random_history(50, 3)),
    ]


def _calibration(fleet: list[CircuitHistory] | None = None) -> Calibration:
    return calibrate(fleet or _fleet(), DAY, configured_immediate=1.5)


def test_each_circuit_has_the_limits_of_its_own_history() -> None:
    calibration = _calibration()
    circuit = calibration.circuit("P2", "C1")

    assert circuit is not None
    for reference, seed in (("rolling", 1), ("training", 2)):
        expected, _ = own_limits(random_history(400, seed), DAY, LimitSettings())
        found = circuit.limits(FEATURES, reference)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, expected)
    assert np.isnan(circuit.limits(("unknown",), "rolling")).all()
    assert (circuit.runs, circuit.model_version) == (330, "7")


def test_a_short_history_has_no_limits_of_its_own_but_the_fleet_has() -> None:
    calibration = _calibration()
    circuit = calibration.circuit("P1", "C9")

    assert circuit is not None
    assert circuit.runs == 50
    assert np.isnan(circuit.limits(FEATURES, "rolling")).all()
    assert np.isfinite(calibration.fleet_table(FEATURES)).all()
    assert calibration.circuit("P1", "C1") is None


def test_a_calibration_is_read_back_as_it_was(tmp_path: Path) -> None:
    fleet = _fleet()
    fleet[0].rolling.scores[100:150, 0, 0] = np.inf  # a limit that JSON has no number for
    calibration = _calibration(fleet)
    path = tmp_path / "new" / "calibration.json"

    write_calibration(path, calibration)
    found = read_calibration(path)

    assert found == calibration
    circuit = found.circuit("P2", "C1")
    assert circuit is not None
    assert np.isinf(circuit.limits(FEATURES, "rolling")[0, 0])


def test_the_same_limits_are_the_same_bytes_whatever_the_order_of_circuits(tmp_path: Path) -> None:
    write_calibration(tmp_path / "a", _calibration())
    write_calibration(tmp_path / "b", _calibration(_fleet()[::-1]))

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_the_digest_of_inputs_tells_other_scores_apart() -> None:
    fleet = _fleet()
    fleet[0].rolling.scores[200, 1, 1] += 1e-9

    first, second = (_calibration(f).circuit("P2", "C1") for f in (None, fleet))

    assert first is not None
    assert second is not None
    assert first.inputs_digest != second.inputs_digest


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calibration.json"
    write_calibration(path, _calibration())
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_calibration(path, _calibration(_fleet()[:1]))

    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["calibration.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(version=2), r"has version 2, this program reads 1: calibrate again"),
        (lambda d: d.update(format="other"), r"is not a file of `mlmon drift calibrate`"),
        (lambda d: d.update(quantile=0.5), r"was changed after it was written: calibrate again"),
        (lambda d: d["circuits"][1].update(runs=400), r"was changed after it was written"),
        (lambda d: d.pop("digest"), r"was changed after it was written"),
    ],
)
def test_another_version_or_a_changed_file_is_refused(
    tmp_path: Path, change: object, message: str
) -> None:
    path = tmp_path / "calibration.json"
    write_calibration(path, _calibration())
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))

    with pytest.raises(CalibrationError, match=message) as caught:
        read_calibration(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"calibration.json:1: is not JSON"),
        (b"[1]", r"is not a file of `mlmon drift calibrate`"),
        (b"\xff\xfe", r"cannot be read: .*utf-8"),
        (None, r"cannot be read: .*No such file"),
    ],
)
def test_what_is_no_calibration_is_refused(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "calibration.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CalibrationError, match=message):
        read_calibration(path)


def test_severe_runs_of_the_past_count_against_the_budget_and_not_into_limits() -> None:
    fleet = _fleet()
    history = random_history(700, 1)
    history.scores[390:400] = 5.0
    fleet[0] = replace(fleet[0], rolling=history)

    calibration = calibrate(fleet, FIRST_DAY + 450, configured_immediate=1.5)

    circuit = calibration.circuit("P2", "C1")
    assert circuit is not None
    assert circuit.limits(FEATURES, "rolling").max() < 1
    assert calibration.immediate.severe_at_configured == 10
    assert calibration.immediate.severe <= 0.002 * calibration.immediate.circuit_days
    assert calibration.immediate.limit > 5
    assert calibration.immediate.circuit_days == 450 - 306 - 6, "none within the gap"
