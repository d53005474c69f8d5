"""A recording has the rows that the exporter's envelopes become."""

import json
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitoring.telemetry.azure_monitor import azure_monitor
from monitoring.telemetry.contract import (
    MODEL_ACCURACY_MAE,
    MODEL_PREDICTIONS,
    PREDICTION_FAILED,
    PREDICTION_LATENCY_MS,
)
from monitoring.telemetry.recorded import Recording, recorded, write_rows
from monitoring.telemetry.sink import GaugeValue, Signal, TelemetryEvent, send
from tests.monitoring.telemetry import envelopes
from tests.monitoring.telemetry.conftest import Ingestion
from tests.monitoring.telemetry.test_azure_monitor import CIRCUIT, score

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def comparable(rows: list[dict[str, Any]]) -> list[str]:
    """Write rows without what only one side has: the role, and the text of the time."""
    left_out = ("AppRoleName", "TimeGenerated")
    kept = [{k: v for k, v in row.items() if k not in left_out} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in kept)


def test_the_rows_are_those_of_the_envelopes(
    ingestion: Ingestion, signals: tuple[Signal, ...], tmp_path: Path
) -> None:
    with (
        azure_monitor(circuits=5, role="daily") as sink,
        recorded(tmp_path, AT, "night") as recording,
    ):
        for each in (sink, recording):
            send(signals, each)
            score(each)

    expected = envelopes.rows(ingestion.envelopes, AT)
    for table in ("AppMetrics", "AppEvents"):
        rows = read(tmp_path / f"{table}_night.ndjson")
        assert comparable(rows) == comparable(expected[table])
        assert {row["TimeGenerated"] for row in rows} == {"2026-11-20T02:00:00.000000Z"}


def test_the_same_run_again_replaces_its_files(signals: tuple[Signal, ...], tmp_path: Path) -> None:
    write_rows(tmp_path, signals, AT, "night")
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_rows(tmp_path, signals, AT.astimezone(timezone(timedelta(hours=1))), "night")

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first

    write_rows(tmp_path, [signals[0]], AT, "night")
    assert [path.name for path in tmp_path.iterdir()] == ["AppMetrics_night.ndjson"]
    assert len(read(tmp_path / "AppMetrics_night.ndjson")) == 1


def test_runs_lie_side_by_side(signals: tuple[Signal, ...], tmp_path: Path) -> None:
    for day in (20, 21):
        write_rows(tmp_path, signals, AT.replace(day=day), f"2026-11-{day}")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "AppEvents_2026-11-20.ndjson",
        "AppEvents_2026-11-21.ndjson",
        "AppMetrics_2026-11-20.ndjson",
        "AppMetrics_2026-11-21.ndjson",
    ]


@given(values=st.lists(st.floats(width=32)), amounts=st.lists(st.integers(0, 10**9)))
def test_every_number_of_a_row_is_finite(values: list[float], amounts: list[int]) -> None:
    recording = Recording()
    for value in values:
        recording.set(GaugeValue(MODEL_ACCURACY_MAE, CIRCUIT, value))
        recording.record(PREDICTION_LATENCY_MS, CIRCUIT, value)
        recording.emit(TelemetryEvent(PREDICTION_FAILED, CIRCUIT, {"latency_ms": value}))
    for amount in amounts:
        recording.add(MODEL_PREDICTIONS, CIRCUIT, amount)

    tables = json.loads(json.dumps(recording.rows(AT), allow_nan=False))

    finite = [value for value in values if isfinite(value)]
    by_name = {row["Name"]: row for row in tables["AppMetrics"]}
    if finite:
        assert by_name["model_accuracy_mae"]["Sum"] == finite[-1]
        latency = by_name["prediction_latency_ms"]
        assert (latency["ItemCount"], latency["Min"], latency["Max"]) == (
            len(finite),
            min(finite),
            max(finite),
        )
    if amounts:
        assert by_name["model_predictions"]["Sum"] == sum(amounts)
    assert len(tables["AppEvents"]) == len(values)
