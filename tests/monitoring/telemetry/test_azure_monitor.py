"""The real exporter against a local ingestion endpoint: what arrives, and what happens if not."""

import json
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from monitoring.telemetry.azure_monitor import AzureMonitor, Delivery, azure_monitor, send_run
from monitoring.telemetry.contract import (
    DATA_DRIFT_SCORE,
    EVENTS,
    METRICS,
    MODEL_ACCURACY_MAE,
    MODEL_PREDICTIONS,
    MONITORING_STATUS,
    PREDICTION_COMPLETED,
    PREDICTION_FAILED,
    PREDICTION_LATENCY_MS,
)
from monitoring.telemetry.signals import run_completed
from monitoring.telemetry.sink import GaugeValue, Signal, Sink, TelemetryEvent, send
from tests.monitoring.telemetry.conftest import KEY, Ingestion, accepts

CIRCUIT = {
    "plant_id": "PLANT001",
    "circuit_id": "CIRCUIT01",
    "model_name": "forecast",
    "model_version": "1",
}
STATUS = GaugeValue(MONITORING_STATUS, CIRCUIT, 0.0)
SCORED = TelemetryEvent(
    PREDICTION_COMPLETED,
    CIRCUIT
    | {"file": "a.parquet", "records": "90", "prediction_mean": "1.5", "prediction_std": "0.1"},
    {"latency_ms": 41.5},
)
NOT_SCORED = TelemetryEvent(
    PREDICTION_FAILED,
    CIRCUIT | {"file": "b.parquet", "error_type": "ValueError", "error": "no rows"},
    {},
)


def score(sink: Sink) -> None:
    """Send what the scoring script sends about three files."""
    sink.add(MODEL_PREDICTIONS, CIRCUIT, 90)
    sink.add(MODEL_PREDICTIONS, CIRCUIT, 30)
    for milliseconds in (41.5, 20.0):
        sink.record(PREDICTION_LATENCY_MS, CIRCUIT, milliseconds)
    sink.emit(SCORED)
    sink.emit(NOT_SCORED)


def base(envelope: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = envelope["data"]["baseData"]
    return data


def points(ingestion: Ingestion) -> list[tuple[dict[str, Any], dict[str, str]]]:
    found = [base(e) for e in ingestion.envelopes if e["data"]["baseType"] == "MetricData"]
    return [(data["metrics"][0], data["properties"]) for data in found]


def sent_events(ingestion: Ingestion) -> list[dict[str, Any]]:
    return [base(e) for e in ingestion.envelopes if e["data"]["baseType"] == "EventData"]


def one_of_each(deadline_s: float = 30.0) -> Delivery:
    """Send a gauge and an event."""
    with azure_monitor(circuits=1, role="daily", deadline_s=deadline_s) as sink:
        sink.set(STATUS)
        sink.emit(SCORED)
    return sink.close()


def test_a_night_and_its_scoring_send_the_whole_contract(
    ingestion: Ingestion, signals: tuple[Signal, ...]
) -> None:
    with azure_monitor(circuits=5, role="daily") as sink:
        send(signals, sink)
        score(sink)

    names = {point["name"] for point, _ in points(ingestion)}
    assert names == {metric.name for metric in METRICS}
    assert {data["name"] for data in sent_events(ingestion)} == {event.name for event in EVENTS}
    assert sink.close() == Delivery(len(ingestion.envelopes), "")
    assert {e["tags"]["ai.cloud.role"] for e in ingestion.envelopes} == {"mlmon.daily"}


def test_each_gauge_arrives_once_for_each_circuit(
    ingestion: Ingestion, signals: tuple[Signal, ...]
) -> None:
    with azure_monitor(circuits=5, role="daily") as sink:
        send(signals, sink)

    arrived = Counter(
        (point["name"], tuple(sorted(properties.items())), point["value"], point["count"])
        for point, properties in points(ingestion)
    )
    assert arrived == Counter(
        (s.metric.name, tuple(sorted(s.attributes.items())), s.value, 1)
        for s in signals
        if isinstance(s, GaugeValue)
    )


def test_counters_add_up_and_histograms_keep_their_extremes(ingestion: Ingestion) -> None:
    with azure_monitor(circuits=1, role="scoring") as sink:
        score(sink)

    assert [point for point, properties in points(ingestion) if properties == CIRCUIT] == [
        {"name": "model_predictions", "value": 120, "count": 1},
        {"name": "prediction_latency_ms", "value": 61.5, "count": 2, "min": 20.0, "max": 41.5},
    ]


def test_an_event_arrives_with_its_properties_and_measurements(ingestion: Ingestion) -> None:
    with azure_monitor(circuits=1, role="scoring") as sink:
        score(sink)

    scored, not_scored = sent_events(ingestion)
    assert scored["measurements"] == {"latency_ms": 41.5}
    assert scored["properties"] == {**SCORED.properties, "logger_name": "mlmon"}
    assert not_scored["properties"] == {**NOT_SCORED.properties, "logger_name": "mlmon"}


def test_numbers_that_json_has_not_are_left_out(ingestion: Ingestion) -> None:
    with azure_monitor(circuits=1, role="daily") as sink:
        for value in (float("nan"), float("inf")):
            sink.set(GaugeValue(MODEL_ACCURACY_MAE, CIRCUIT, value))
            sink.record(PREDICTION_LATENCY_MS, CIRCUIT, value)
            sink.emit(TelemetryEvent(PREDICTION_COMPLETED, CIRCUIT, {"latency_ms": value}))
        sink.set(STATUS)

    assert [point["name"] for point, _ in points(ingestion)] == ["monitoring_status"]
    assert [data.get("measurements", {}) for data in sent_events(ingestion)] == [{}, {}]


def test_five_thousand_circuits_have_a_series_each(ingestion: Ingestion) -> None:
    """Of each kind of instrument; from opentelemetry-sdk 1.45.2 on it needs the limit that is set.

    Versions before have no limit: with them this shows that nothing overflows, not what is set.
    """
    circuits = [f"CIRCUIT{number:04}" for number in range(5_000)]

    with azure_monitor(circuits=len(circuits), role="daily") as sink:
        for circuit in circuits:
            attributes = CIRCUIT | {"circuit_id": circuit}
            sink.set(GaugeValue(MONITORING_STATUS, attributes, 0.0))
            sink.add(MODEL_PREDICTIONS, attributes, 1)
            sink.record(PREDICTION_LATENCY_MS, attributes, 1.0)
            sink.emit(TelemetryEvent(PREDICTION_FAILED, attributes, {}))

    assert sink.close() == Delivery(20_000, "")
    for metric in (MONITORING_STATUS, MODEL_PREDICTIONS, PREDICTION_LATENCY_MS):
        series = [
            properties for point, properties in points(ingestion) if point["name"] == metric.name
        ]
        assert series == [CIRCUIT | {"circuit_id": circuit} for circuit in circuits], "no overflow"
    assert max(len(body) for body in ingestion.bodies) <= 1_000


END = run_completed("daily", 1, 0, timedelta(seconds=9))


def test_a_run_ends_when_its_numbers_have_arrived(ingestion: Ingestion) -> None:
    delivery = send_run([STATUS, SCORED], END, circuits=1, role="daily")

    assert delivery == Delivery(3, "")
    assert ingestion.bodies[-1][0]["data"]["baseData"]["name"] == "monitoring_run_completed"


def test_a_run_whose_numbers_did_not_arrive_has_no_end(ingestion: Ingestion) -> None:
    def refuses_metrics(request: Request, items: int) -> Response:
        is_metric = b"MetricData" in request.get_data()
        return answering(400) if is_metric else accepts(request, items)

    ingestion.answer = refuses_metrics

    delivery = send_run([STATUS, SCORED], END, circuits=1, role="daily")

    assert "answered 400" in delivery.problem
    assert [data["name"] for data in sent_events(ingestion)] == ["prediction_completed"]


def answering(status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps({"errors": []}), status=status, headers=headers)


@pytest.mark.parametrize(
    ("status", "headers", "attempts", "said"),
    [
        (429, {"Retry-After": "3600"}, 1, "answered 429 TOO MANY REQUESTS"),
        (439, {}, 1, "answered 439"),
        (500, {}, 3, "answered 500 INTERNAL SERVER ERROR"),
        (400, {}, 1, "answered 400 BAD REQUEST"),
        (401, {}, 1, "give the identity the role Monitoring Metrics Publisher"),
        (307, {"Location": "https://elsewhere.example/v2.1/track"}, 1, "answered 307"),
    ],
)
def test_a_refusal_is_told_after_few_attempts(
    ingestion: Ingestion, status: int, headers: Mapping[str, str], attempts: int, said: str
) -> None:
    ingestion.answer = lambda request, items: answering(status, headers)

    delivery = one_of_each()

    assert delivery.sent == 0
    assert said in delivery.problem
    assert str(delivery).startswith("Telemetry was not delivered because the ingestion endpoint")
    assert len(ingestion.requests) == 2 * attempts


def test_one_error_of_the_endpoint_is_no_loss(ingestion: Ingestion) -> None:
    def fails_first(request: Request, items: int) -> Response:
        first = len(ingestion.requests) == 1
        return answering(503, {"Retry-After": "0"}) if first else accepts(request, items)

    ingestion.answer = fails_first

    assert one_of_each() == Delivery(2, "")


def test_a_part_that_was_refused_is_told(ingestion: Ingestion) -> None:
    refused = {"index": 0, "statusCode": 400, "message": "Field 'value' is not a number"}
    body = {"itemsReceived": 1, "itemsAccepted": 0, "errors": [refused]}
    ingestion.answer = lambda request, items: Response(json.dumps(body), status=206)

    assert "refused a part" in one_of_each().problem


def test_after_a_failure_the_rest_of_an_export_is_not_tried(ingestion: Ingestion) -> None:
    ingestion.answer = lambda request, items: answering(400)

    with azure_monitor(circuits=9, role="daily") as sink:
        for metric in (MODEL_ACCURACY_MAE, DATA_DRIFT_SCORE, MONITORING_STATUS):
            sink.set(GaugeValue(metric, CIRCUIT, 0.5))

    assert len(ingestion.requests) == 1


def test_an_endpoint_that_is_down_is_told(
    ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("localhost", 0))
        port = closed.getsockname()[1]
    elsewhere = f"InstrumentationKey={KEY};IngestionEndpoint=https://localhost:{port}/"
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", elsewhere)

    delivery = one_of_each()

    assert delivery.sent == 0
    assert "could not be reached" in delivery.problem


def test_an_endpoint_that_hangs_is_waited_for_until_the_deadline(ingestion: Ingestion) -> None:
    released = threading.Event()

    def hang(request: Request, items: int) -> Response:
        released.wait()
        return accepts(request, items)

    ingestion.answer = hang
    try:
        delivery = one_of_each(deadline_s=0.2)
    finally:
        released.set()

    assert delivery == Delivery(0, "the ingestion endpoint did not take it within 0.2 s")


def test_events_beyond_the_queue_are_told(ingestion: Ingestion) -> None:
    released = threading.Event()

    def hang(request: Request, items: int) -> Response:
        released.wait()
        return accepts(request, items)

    ingestion.answer = hang
    with azure_monitor(circuits=1, role="scoring") as sink:
        for _ in range(2_000):
            sink.emit(SCORED)
        released.set()

    delivery = sink.close()
    assert delivery.sent == len(ingestion.envelopes) < 2_000
    assert delivery.problem.startswith(f"{2_000 - delivery.sent:,} events found no room")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "APPLICATIONINSIGHTS_CONNECTION_STRING is not set"),
        ("nonsense", "is no connection string"),
        ("InstrumentationKey=not-a-key", "is no connection string"),
    ],
)
def test_without_a_connection_a_sink_takes_and_drops(
    monkeypatch: pytest.MonkeyPatch, signals: tuple[Signal, ...], given: str, said: str
) -> None:
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", given)

    with azure_monitor(circuits=5, role="daily") as sink:
        send(signals, sink)
        score(sink)

    assert sink.close().sent == 0
    assert said in sink.close().problem


def test_what_comes_after_the_end_is_ignored(ingestion: Ingestion) -> None:
    sink: AzureMonitor = azure_monitor(circuits=1, role="daily")
    first = sink.close()
    sink.set(STATUS)
    score(sink)

    assert sink.close() is first
    assert first == Delivery(0, "")
    assert not ingestion.requests


def test_an_identity_is_asked_for_a_token(
    ingestion: Ingestion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = {"accessToken": "token-of-the-job", "expires_on": 4_102_444_800}
    az = tmp_path / "az"
    az.write_text(f"#!/bin/sh\necho '{json.dumps(token)}'\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD")

    assert one_of_each() == Delivery(2, "")
    headers = {request.headers.get("Authorization") for request in ingestion.requests}
    assert headers == {"Bearer token-of-the-job"}


def test_without_a_token_nothing_is_sent(
    ingestion: Ingestion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=AAD")

    assert "Microsoft Entra gave no token" in one_of_each().problem
    assert not ingestion.requests


def test_an_authentication_that_is_not_known_is_told(
    ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "Authorization=Basic")

    assert "is not Authorization=AAD" in one_of_each().problem


CHILD = """
from monitoring.telemetry.azure_monitor import azure_monitor
from monitoring.telemetry.contract import MONITORING_STATUS
from monitoring.telemetry.sink import GaugeValue

with azure_monitor(circuits=1, role="daily") as sink:
    sink.set(GaugeValue(MONITORING_STATUS, {"circuit_id": "CIRCUIT01"}, 3.0))
"""


@pytest.mark.parametrize("status", [200, 400])
def test_a_process_talks_to_nobody_else_and_keeps_its_key_to_itself(
    ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    if status != 200:
        error = {"index": 0, "statusCode": status, "message": "no"}
        body = json.dumps({"itemsReceived": 1, "itemsAccepted": 0, "errors": [error]})
        ingestion.answer = lambda request, items: Response(body, status=206)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "localhost")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        ended = subprocess.run(
            [sys.executable, "-c", CHILD], check=True, capture_output=True, text=True
        )

        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert ended.stdout == ended.stderr == ""
    assert len(ingestion.requests) == 1
    assert not list(tmp_path.iterdir())
