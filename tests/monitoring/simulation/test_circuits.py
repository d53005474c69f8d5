import numpy as np
import pytest

from monitoring.simulation.circuits import (
    MINUTE_US,
    CircuitSignals,
    SimulatedCircuit,
    row_times,
)

FEATURES = ("temperature", "pressure", "vibration", "current", "voltage", "flow_rate")
CIRCUIT = SimulatedCircuit("P1", "C1", FEATURES)
HOUR_US = 60 * MINUTE_US
# A Monday, 2026-11-02.
MONDAY_US = 1_793_577_600_000_000


def _hours(days: int, seed: int = 1) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    times = row_times(MONDAY_US, 24 * days, HOUR_US)
    return CircuitSignals(CIRCUIT, seed).next(times, HOUR_US).values


def test_the_seed_and_the_ids_decide_everything() -> None:
    assert np.array_equal(_hours(9)["current"], _hours(9)["current"])
    assert not np.array_equal(_hours(9)["current"], _hours(9, seed=2)["current"])
    other = CircuitSignals(SimulatedCircuit("P1C", "1", FEATURES), 1)
    series = other.next(row_times(MONDAY_US, 9 * 24, HOUR_US), HOUR_US).values
    assert not np.array_equal(_hours(9)["current"], series["current"])


def test_sensors_hang_together_and_follow_the_day_and_the_week() -> None:
    series = _hours(7 * 20)
    correlation = np.corrcoef([series[name] for name in FEATURES])
    current, voltage = FEATURES.index("current"), FEATURES.index("voltage")
    week = series["current"].reshape(-1, 7, 24)

    assert correlation[current, FEATURES.index("flow_rate")] > 0.9
    assert correlation[current, FEATURES.index("pressure")] > 0.9
    assert correlation[current, voltage] < -0.5
    assert week[:, :5].mean() > 1.1 * week[:, 5:].mean()
    assert week[:, :5, 13:17].mean() > 1.3 * week[:, :5, 1:5].mean()


def test_minutes_are_correlated_and_quantised() -> None:
    times = row_times(MONDAY_US, 1440, MINUTE_US)
    values = CircuitSignals(CIRCUIT, 1).next(times, MINUTE_US).values

    for name in FEATURES:
        steps = np.diff(np.unique(values[name]))
        assert np.allclose(steps / steps.min(), np.rint(steps / steps.min()), atol=1e-3)
        centred = values[name] - values[name].mean()
        assert (centred[1:] * centred[:-1]).mean() > 0.8 * (centred**2).mean()


def test_a_stretch_goes_on_where_the_last_one_ended() -> None:
    circuit = CircuitSignals(CIRCUIT, 1)
    first = circuit.next(row_times(MONDAY_US, 1440, MINUTE_US), MINUTE_US).values["current"]
    second = circuit.next(row_times(MONDAY_US + 24 * HOUR_US, 1440, MINUTE_US), MINUTE_US)

    jump = abs(second.values["current"][0] - first[-1])
    assert jump <= np.abs(np.diff(first)).max() * 1.5


def test_both_resolutions_have_the_same_distribution() -> None:
    hourly = _hours(7 * 12)
    circuit = CircuitSignals(CIRCUIT, 1)
    days = [
        circuit.next(row_times(MONDAY_US + d * 24 * HOUR_US, 1440, MINUTE_US), MINUTE_US).values
        for d in range(7 * 12)
    ]
    for name in FEATURES:
        minutes = np.concatenate([day[name] for day in days])
        assert minutes.std() == pytest.approx(hourly[name].std(), rel=0.15)
        assert abs(minutes.mean() - hourly[name].mean()) < 0.25 * hourly[name].std()
