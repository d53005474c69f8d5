"""A local ingestion endpoint over HTTPS, which keeps what it is sent."""

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitoring.telemetry.day import read_day
from monitoring.telemetry.signals import day_signals, run_completed
from monitoring.telemetry.sink import Signal
from tests.monitoring.telemetry.nights import AS_OF, Night, write_night

KEY = "11111111-2222-4333-8444-555555555555"
Answer = Callable[[Request, int], Response]
"""Makes the answer to a request with so many items."""


def accepts(request: Request, items: int) -> Response:
    body = {"itemsReceived": items, "itemsAccepted": items, "errors": []}
    return Response(json.dumps(body), content_type="application/json")


@dataclass
class Ingestion:
    """What the endpoint was sent."""

    connection_string: str
    answer: Answer = accepts
    requests: list[Request] = field(default_factory=list)
    bodies: list[list[dict[str, Any]]] = field(default_factory=list)

    def take(self, request: Request) -> Response:
        raw = request.get_data()
        is_compressed = request.headers.get("Content-Encoding") == "gzip"
        items = json.loads(gzip.decompress(raw) if is_compressed else raw)
        self.requests.append(request)
        response = self.answer(request, len(items))
        if response.status_code == 200:
            self.bodies.append(items)
        return response

    @property
    def envelopes(self) -> Sequence[dict[str, Any]]:
        """Every item that was taken."""
        return [item for body in self.bodies for item in body]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture(scope="session")
def server(authority: tuple[trustme.CA, Path]) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("localhost").configure_cert(context)
    with HTTPServer(ssl_context=context, threaded=True) as running:
        yield running


@pytest.fixture
def ingestion(
    server: HTTPServer, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ingestion]:
    address = server.url_for("/")
    taken = Ingestion(f"InstrumentationKey={KEY};IngestionEndpoint={address}")
    server.expect_request("/v2.1/track", method="POST").respond_with_handler(taken.take)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority[1]))
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", taken.connection_string)
    monkeypatch.delenv("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", raising=False)
    yield taken
    for thread in threading.enumerate():
        if thread.name == "telemetry-end":
            thread.join()
    server.clear()


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return write_night(tmp_path_factory.mktemp("results") / AS_OF.isoformat())


@pytest.fixture(scope="session")
def signals(night: Night) -> tuple[Signal, ...]:
    """All that is sent about the night, with the event that ends it."""
    day = day_signals(night.circuits, read_day(night.folder, AS_OF, night.circuits))
    end = run_completed("daily", len(night.circuits), len(day.unjudged), timedelta(seconds=83))
    return (*day.signals, end)
