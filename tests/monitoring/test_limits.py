"""Limits that a circuit is judged by, on the shipped configuration."""

from datetime import date

from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.drift.document import DriftDetector
from monitoring.drift.ladder import Ladder
from monitoring.quality import Requirements


def test_limits_are_the_circuits_own() -> None:
    fleet = resolve(validate(ROOT / "config", date(2026, 11, 20)), "prod")
    circuits = {each.key: each for each in fleet.circuits}

    override = Requirements.of(circuits["PLANT007/CIRCUIT10"])
    assert (override.null_rate.value, override.type_error_rate.value) == (0.15, 0.01)
    assert override.null_rate.origin.startswith("circuit PLANT007/CIRCUIT10 ")

    bounded = Requirements.of(circuits["PLANT002/CIRCUIT11"])
    assert bounded.physical_limits["pressure"] == (0.0, 25.5)
    assert bounded.features == ("temperature", "pressure", "current", "voltage")

    detector = DriftDetector.of(circuits["PLANT001/CIRCUIT01"])
    assert (detector.ks_pvalue, detector.psi) == (0.05, 0.25)
    calibrated = Ladder.of(circuits["PLANT001/CIRCUIT01"], "calibrated")
    assert (calibrated.schedule, calibrated.immediate) == (1.0, 1.5)
