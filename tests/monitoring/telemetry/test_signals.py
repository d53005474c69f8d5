"""What is sent about a night, against the contract and the results it comes from."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.fleet import Circuit
from monitoring.drift.ladder import DriftStatus
from monitoring.results.days import results_name
from monitoring.results.folder import ResultsError
from monitoring.telemetry.contract import (
    EVALUATED_AT,
    DriftStatistic,
    MonitoringStatus,
    feature_measurement,
)
from monitoring.telemetry.day import DayResults, read_day
from monitoring.telemetry.signals import LARGEST_EXCEEDANCE, day_signals, run_completed
from monitoring.telemetry.sink import GaugeValue, Signal, TelemetryEvent
from tests.monitoring.telemetry.nights import (
    ABSENT,
    AS_OF,
    BROKEN,
    DRIFTED,
    EVALUATED,
    NULLS,
    OLD,
    SOUND,
    Night,
    performance,
)


def key(attributes: Mapping[str, str]) -> str:
    return f"{attributes['plant_id']}/{attributes['circuit_id']}"


def gauges(signals: tuple[Signal, ...], circuit: str) -> dict[str, float]:
    found = [s for s in signals if isinstance(s, GaugeValue) and key(s.attributes) == circuit]
    assert len({s.metric for s in found}) == len(found)
    return {s.metric.name: s.value for s in found}


def events(signals: tuple[Signal, ...], name: str) -> list[TelemetryEvent]:
    return [s for s in signals if isinstance(s, TelemetryEvent) and s.event.name == name]


def hold_to_contract(signal: Signal, circuit: Circuit) -> None:
    if isinstance(signal, GaugeValue):
        assert isfinite(signal.value)
        optional = set(signal.attributes) - set(signal.metric.attributes)
        assert optional <= set(signal.metric.optional_attributes)
        assert set(signal.metric.attributes) <= set(signal.attributes)
        assert all(isinstance(value, str) for value in signal.attributes.values())
        return
    known = {*signal.event.measurements}
    if signal.event.feature_measurements:
        known |= {feature_measurement(f, s) for f in circuit.features for s in DriftStatistic}
    assert set(signal.properties) == set(signal.event.properties)
    assert set(signal.measurements) <= known
    assert all(isinstance(value, str) for value in signal.properties.values())
    assert all(isfinite(value) for value in signal.measurements.values())


def test_every_signal_is_as_the_contract_lists_it(
    night: Night, signals: tuple[Signal, ...]
) -> None:
    for signal in signals:
        hold_to_contract(signal, night.circuits[0])


def test_every_enabled_circuit_has_a_status(signals: tuple[Signal, ...]) -> None:
    status = {
        key(s.attributes): s.value
        for s in signals
        if isinstance(s, GaugeValue) and s.metric.name == "monitoring_status"
    }

    assert status == {SOUND: 0, DRIFTED: 0, NULLS: 2, BROKEN: 4, ABSENT: 4}


def test_a_judged_circuit_has_every_gauge_with_the_number_of_its_results(
    night: Night, signals: tuple[Signal, ...]
) -> None:
    results = read_day(night.folder, AS_OF, night.circuits)
    distances = [
        own[DriftStatistic.JENSEN_SHANNON_DISTANCE] for own in results.statistics[DRIFTED].values()
    ]

    found = gauges(signals, DRIFTED)

    assert len(distances) == len(night.circuits[1].features)
    assert found == {
        "model_accuracy_mae": 0.5,
        "model_accuracy_rmse": 0.6,
        "model_accuracy_mape": 0.2,
        "model_accuracy_r2": 0.9,
        "model_degraded_streak": 3.0,
        "data_drift_score": max(distances),
        "data_drift_exceedance": results.drift[DRIFTED]["exceedance"],
        "data_quality_null_rate": 0.0,
        "data_quality_type_error_rate": 0.0,
        "data_quality_out_of_bounds_rate": 0.0,
        "monitoring_status": 0.0,
    }
    assert found["data_drift_score"] > 0.5


def test_what_has_no_number_is_left_out(signals: tuple[Signal, ...]) -> None:
    assert "model_accuracy_mape" not in gauges(signals, SOUND)
    behind_gate = gauges(signals, NULLS)
    assert behind_gate["data_quality_null_rate"] > 0.2
    assert not {name for name in behind_gate if name.startswith(("data_drift", "model"))}
    assert gauges(signals, ABSENT).keys() == {"monitoring_status"}


def test_a_verdict_carries_the_time_it_is_of(signals: tuple[Signal, ...]) -> None:
    times = {
        (key(s.attributes), s.attributes[EVALUATED_AT])
        for s in signals
        if isinstance(s, GaugeValue) and EVALUATED_AT in s.attributes
    }

    assert times == {(SOUND, EVALUATED), (DRIFTED, EVALUATED), (BROKEN, OLD)}


def test_the_drift_event_names_what_drifted(night: Night, signals: tuple[Signal, ...]) -> None:
    [event] = events(signals, "data_drift_detected")

    assert key(event.properties) == DRIFTED
    assert event.properties["severity"] == "immediate"
    assert event.properties["drifted_features"] == "flow_rate"
    assert event.properties["rule"] == "document"
    results = read_day(night.folder, AS_OF, night.circuits)
    assert event.properties["run_id"] == results.run_id
    assert event.measurements["flow_rate_psi"] > 1
    assert len(event.measurements) == len(night.circuits[1].features) * len(DriftStatistic)


def test_the_quality_event_has_the_worst_feature_of_a_check(signals: tuple[Signal, ...]) -> None:
    [event] = events(signals, "data_quality_issue")

    assert key(event.properties) == NULLS
    assert (event.properties["metric"], event.properties["severity"]) == ("null_rate", "high")
    assert event.measurements["limit"] == 0.05
    assert event.measurements["exceedance"] == pytest.approx(event.measurements["value"] / 0.05)


def test_the_error_is_told_of_the_version_that_was_judged(night: Night) -> None:
    newer = performance(SOUND, mae=0.4, version="9")
    signals = day_signals(night.circuits[:1], DayResults("run", {}, {}, {SOUND: newer}, {})).signals

    found = [s for s in signals if isinstance(s, GaugeValue)]
    versions = {g.metric.name: g.attributes["model_version"] for g in found}
    [event] = events(signals, "model_degraded")

    assert versions["model_accuracy_mae"] == versions["model_degraded_streak"] == "9"
    assert versions["monitoring_status"] == "1"
    assert event.properties["model_version"] == "9"


@pytest.mark.parametrize(("streak", "severity"), [(1, "medium"), (2, "medium"), (3, "high")])
def test_the_third_bad_run_in_a_row_is_severe(night: Night, streak: int, severity: str) -> None:
    degraded = DayResults("run", {}, {}, {SOUND: performance(SOUND, mae=0.4, streak=streak)}, {})

    [event] = events(day_signals(night.circuits[:1], degraded).signals, "model_degraded")

    assert event.properties["severity"] == severity
    assert event.measurements == {"value": 0.4, "limit": 0.25, "exceedance": 1.6, "streak": streak}


def drift(status: DriftStatus, exceedance: float | None) -> dict[str, Any]:
    return {"status": status.value, "severity": "none", "exceedance": exceedance}


def test_an_infinite_exceedance_is_sent_as_a_large_one(night: Night) -> None:
    results = DayResults("run", {SOUND: drift(DriftStatus.DRIFT, None)}, {}, {}, {})

    found = gauges(day_signals(night.circuits[:1], results).signals, SOUND)

    assert found["data_drift_exceedance"] == LARGEST_EXCEEDANCE


def test_every_drift_status_has_a_monitoring_status(night: Night) -> None:
    def of(status: DriftStatus) -> float:
        results = DayResults("run", {SOUND: drift(status, None)}, {}, {}, {})
        return gauges(day_signals(night.circuits[:1], results).signals, SOUND)["monitoring_status"]

    assert {of(status) for status in DriftStatus} == {float(s) for s in MonitoringStatus}


def test_a_circuit_whose_error_could_not_be_computed_failed(night: Night) -> None:
    results = DayResults(
        "run",
        {SOUND: drift(DriftStatus.OK, 0.5)},
        {},
        {SOUND: {**performance(SOUND), "status": "error"}},
        {},
    )

    found = day_signals(night.circuits[:1], results)

    assert found.unjudged == (SOUND,)
    assert gauges(found.signals, SOUND)["monitoring_status"] == MonitoringStatus.ERROR


def test_a_last_verdict_is_sent_again_with_its_time_and_the_circuit_is_stale(night: Night) -> None:
    last = performance(SOUND, mae=0.5, streak=3, evaluated_at=OLD, version="3")
    results = DayResults(
        "run",
        {SOUND: drift(DriftStatus.WARMING_UP, None)},
        {},
        {SOUND: {**performance(SOUND), "last_verdict": last}},
        {},
    )

    signals = day_signals(night.circuits[:1], results).signals

    sent = gauges(signals, SOUND)
    assert (sent["model_accuracy_mae"], sent["model_degraded_streak"]) == (0.5, 3.0)
    assert sent["monitoring_status"] == MonitoringStatus.STALE
    [event] = events(signals, "model_degraded")
    assert event.properties[EVALUATED_AT] == OLD
    assert event.properties["model_version"] == "3"
    assert event.measurements["exceedance"] == 2.0


def test_a_circuit_that_waits_for_its_first_labels_is_as_its_drift(night: Night) -> None:
    found = {SOUND: drift(DriftStatus.WARMING_UP, None)}
    results = DayResults("run", found, {}, {SOUND: performance(SOUND)}, {})

    sent = gauges(day_signals(night.circuits[:1], results).signals, SOUND)

    assert sent == {"monitoring_status": MonitoringStatus.WARMING_UP}


def test_a_circuit_that_the_configuration_lost_is_not_sent(night: Night) -> None:
    results = read_day(night.folder, AS_OF, night.circuits[:1])

    assert results.drift.keys() == results.performance.keys() == {SOUND}


def test_the_end_of_a_run_counts_its_circuits() -> None:
    end = run_completed("daily", 125, 2, timedelta(seconds=61.26))

    assert set(end.properties) == set(end.event.properties)
    assert dict(end.properties) == {
        "job": "daily",
        "circuits": "125",
        "ok": "123",
        "failed": "2",
        "duration_s": "61.3",
    }


def test_only_what_was_judged_or_warms_up_counts_as_ok(night: Night) -> None:
    found = {
        circuit.key: drift(status, None)
        for circuit, status in zip(
            night.circuits,
            (
                DriftStatus.WARN,
                DriftStatus.WARMING_UP,
                DriftStatus.STALE,
                DriftStatus.INSUFFICIENT_DATA,
                DriftStatus.ERROR,
            ),
            strict=True,
        )
    }

    unjudged = day_signals(night.circuits, DayResults("run", found, {}, {}, {})).unjudged

    assert unjudged == (NULLS, BROKEN, ABSENT)


def test_a_day_on_which_no_job_came_to_its_end_is_all_errors(tmp_path: Path, night: Night) -> None:
    found = day_signals(night.circuits, read_day(tmp_path, AS_OF, night.circuits))

    assert found.unjudged == tuple(circuit.key for circuit in night.circuits)
    assert [s.value for s in found.signals if isinstance(s, GaugeValue)] == [4.0] * 5


def test_a_half_written_file_is_named(tmp_path: Path, night: Night) -> None:
    folder = tmp_path / "day"
    shutil.copytree(night.folder, folder)
    (folder / results_name("quality", AS_OF)).write_text('[{"plant_id":')

    with pytest.raises(ResultsError, match=r"quality_results_20261120\.json cannot be read"):
        read_day(folder, AS_OF, night.circuits)


NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(metrics=st.fixed_dictionaries(dict.fromkeys(("mae", "rmse", "mape", "r2"), NUMBERS)))
def test_whatever_is_null_the_rest_is_sent(night: Night, metrics: dict[str, float | None]) -> None:
    found = {**performance(SOUND, mae=0.1), "metrics": metrics}
    results = DayResults("run", {}, {}, {SOUND: found}, {})

    sent = gauges(day_signals(night.circuits[:1], results).signals, SOUND)

    for name, value in metrics.items():
        assert sent.get(f"model_accuracy_{name}") == value


def test_a_model_without_a_version_sends_an_empty_one(night: Night) -> None:
    circuit = replace(night.circuits[0], model_version=None)

    [status] = day_signals([circuit], DayResults("run", {}, {}, {}, {})).signals

    assert isinstance(status, GaugeValue)
    assert status.attributes["model_version"] == ""
