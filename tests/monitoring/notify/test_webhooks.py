"""Delivery to webhooks: to a real server, over real TLS."""

import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from monitoring.notify import Notified, compose_day, send_day
from monitoring.notify.message import Message
from monitoring.notify.sending import Concerns, UndeliveredError
from monitoring.notify.webhook import WebhookSender
from tests.monitoring.notify.conftest import (
    DAY,
    SLACK,
    FleetWith,
    Time,
    decided,
    server_tls,
    team,
    write_day,
)
from vault import MissingSecretError, Secrets

CIRCUIT = "PLANT001/CIRCUIT01"
TOKEN = "T0KEN-that-nobody-may-see"  # noqa: S105
TEAMS: dict[str, Any] = {"type": "teams", "url_secret": "teams-workflow"}
PAGER: dict[str, Any] = {"type": "webhook", "url_secret": "pager"}


def environ(web: HTTPServer) -> dict[str, str]:
    return {
        "MLMON_SECRET_SLACK_WEBHOOK": web.url_for(f"/slack/{TOKEN}"),
        "MLMON_SECRET_TEAMS_WORKFLOW": web.url_for(f"/teams?sig={TOKEN}") + "\n",
        "MLMON_SECRET_PAGER": web.url_for(f"/pager/{TOKEN}"),
    }


def send(
    folder: Path, fleet_with: FleetWith, web: HTTPServer, *channels: dict[str, Any], **more: Any
) -> tuple[Notified, list[float]]:
    time = Time()
    fleet = fleet_with(*channels, **more)
    messages = compose_day(folder, fleet)
    return send_day(folder, messages, fleet, Secrets(environ(web)), time.clock), time.waits


def posted(web: HTTPServer) -> dict[str, Any]:
    """What each path got, by its first part."""
    return {request.path.split("/")[1]: request.get_json() for request, _ in web.log}


def a_message() -> Message:
    return Message("0123", "slack", "slack-webhook", "prod", "2026-11-20", "what", {"text": "hi"})


def test_teams_slack_and_the_incident_system_each_get_their_json_once(
    tmp_path: Path, fleet_with: FleetWith, web: HTTPServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    web.expect_request("/teams", method="POST", query_string={"sig": TOKEN}).respond_with_data(
        status=202
    )
    web.expect_request(f"/slack/{TOKEN}", method="POST").respond_with_data("ok")
    web.expect_request(f"/pager/{TOKEN}", method="POST").respond_with_data(status=204)
    channels = (TEAMS, SLACK, PAGER)

    notified, _ = send(folder, fleet_with, web, *channels, incidents="notifier")
    again, _ = send(folder, fleet_with, web, *channels, incidents="notifier")

    assert [outcome.state for outcome in notified.outcomes] == ["sent"] * 3
    assert [outcome.state for outcome in again.outcomes] == ["sent before"] * 3
    assert len(web.log) == 3
    got = posted(web)
    (card,) = got["teams"]["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert got["slack"]["blocks"]
    (incident,) = got["pager"]["incidents"]
    assert {name: incident[name] for name in ("key", "value", "limit", "limit_origin")} == {
        "key": "prod/PLANT001/CIRCUIT01",
        "value": 0.29,
        "limit": 0.05,
        "limit_origin": "default config/thresholds.yaml:11",
    }
    assert incident["runbook"].endswith("docs/runbooks/data-quality-issues.md")
    assert incident["owner"] == "plant-1-ops@company.com"
    pager = next(request for request, _ in web.log if request.path.startswith("/pager"))
    assert pager.headers["Idempotency-Key"] == got["pager"]["id"]


def test_an_error_that_passes_is_tried_again(
    tmp_path: Path, fleet_with: FleetWith, web: HTTPServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    for status in (500, 503):
        web.expect_ordered_request(f"/slack/{TOKEN}").respond_with_data(status=status)
    web.expect_ordered_request(f"/slack/{TOKEN}").respond_with_data("ok")

    notified, waits = send(folder, fleet_with, web, SLACK)

    assert notified.is_complete
    assert waits == [1.0, 4.0]


def test_an_error_that_lasts_ends_the_attempts_and_the_next_run_delivers(
    tmp_path: Path, fleet_with: FleetWith, web: HTTPServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    broken = web.expect_request(f"/slack/{TOKEN}")
    broken.respond_with_data(status=500)

    notified, waits = send(folder, fleet_with, web, SLACK)
    web.clear_all_handlers()
    web.expect_request(f"/slack/{TOKEN}").respond_with_data("ok")
    again, _ = send(folder, fleet_with, web, SLACK)

    assert notified.outcomes[0].reason == "localhost answers 500"
    assert waits == [1.0, 4.0, 16.0]
    assert [outcome.state for outcome in again.outcomes] == ["sent"]


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "7"}, [7.0]),
        ({"Retry-After": "0"}, []),
        ({"Retry-After": "Fri, 20 Nov 2020 06:00:09 GMT"}, []),
        ({"Retry-After": "Wed, 20 Nov 2199 06:00:09 GMT"}, None),
        ({"Retry-After": "soon"}, [1.0]),
        ({"Retry-After": "-1"}, [1.0]),
        ({"Retry-After": "3600"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({}, [1.0]),
    ],
)
def test_who_asks_to_wait_is_obeyed_and_who_asks_too_long_is_left_to_the_next_run(
    headers: dict[str, str],
    waits: list[float] | None,
    tmp_path: Path,
    fleet_with: FleetWith,
    web: HTTPServer,
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    web.expect_ordered_request(f"/slack/{TOKEN}").respond_with_data(status=429, headers=headers)
    web.expect_ordered_request(f"/slack/{TOKEN}").respond_with_data("ok")

    notified, waited = send(folder, fleet_with, web, SLACK)

    assert waited == (waits or [])
    assert notified.is_complete == (waits is not None)


def test_a_redirect_is_not_followed(tmp_path: Path, fleet_with: FleetWith, web: HTTPServer) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    elsewhere = {"Location": web.url_for("/elsewhere")}
    web.expect_request(f"/slack/{TOKEN}").respond_with_data(status=307, headers=elsewhere)
    web.expect_request("/elsewhere").respond_with_data("ok")

    notified, waits = send(folder, fleet_with, web, SLACK)

    assert "a redirect, which is not followed" in notified.outcomes[0].reason
    assert waits == []
    assert [request.path for request, _ in web.log] == [f"/slack/{TOKEN}"]


def test_a_server_that_hangs_is_left_and_not_asked_again_as_it_may_have_got_it(
    web: HTTPServer, until_the_end: threading.Event
) -> None:
    def hang(_: Request) -> Response:
        until_the_end.wait(30)
        return Response("late")

    web.expect_request(f"/slack/{TOKEN}").respond_with_handler(hang)

    with pytest.raises(UndeliveredError, match="localhost did not answer") as caught:
        WebhookSender(Secrets(environ(web))).send(a_message(), 0.2)
    until_the_end.set()

    assert not caught.value.is_passing
    assert caught.value.concerns is Concerns.PERHAPS_ALL


def test_one_webhook_that_is_down_keeps_no_other_from_its_message(
    tmp_path: Path, fleet_with: FleetWith, web: HTTPServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    web.expect_request(f"/slack/{TOKEN}").respond_with_data(status=410)
    web.expect_request("/teams").respond_with_data("ok")

    notified, _ = send(folder, fleet_with, web, SLACK, TEAMS)

    assert {o.message.kind: o.state for o in notified.outcomes} == {
        "slack": "waiting",
        "teams": "sent",
    }


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_nothing_is_posted_to_a_server_whose_certificate_is_wrong(
    wrong: str, authority: trustme.CA, trust: None
) -> None:
    issuer = trustme.CA() if wrong == "authority" else authority
    names = ("localhost",) if wrong == "authority" else ("other.example",)
    with HTTPServer(host="localhost", ssl_context=server_tls(issuer, *names)) as web:
        web.expect_request(f"/slack/{TOKEN}").respond_with_data("ok")
        with pytest.raises(UndeliveredError, match="no certificate that is trusted") as caught:
            WebhookSender(Secrets(environ(web))).send(a_message(), 30)

        assert not caught.value.is_passing
        assert web.log == []


@pytest.mark.parametrize(
    "value",
    [
        "http://hooks.example/T0KEN",
        "https://",
        "https://user:T0KEN@hooks.example/",
        "https://hooks.example:port/T0KEN",
        "https://hooks.example/T0KEN with blanks",
        "https://hooks.example/T0KEN\nHost: other",
        "https://hooks.example/T0KEN\u00e9",
        "https://[T0KEN",
        "T0KEN",
    ],
)
def test_a_secret_that_is_no_address_is_named_and_not_shown(value: str) -> None:
    sender = WebhookSender(Secrets({"MLMON_SECRET_SLACK_WEBHOOK": value}))

    with pytest.raises(MissingSecretError) as caught:
        sender.send(a_message(), 30)

    assert str(caught.value) == "MLMON_SECRET_SLACK_WEBHOOK: no https:// address"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", ["", "  ", "$(slack-webhook)"])
def test_a_variable_without_a_secret_is_named(value: str) -> None:
    sender = WebhookSender(Secrets({"MLMON_SECRET_SLACK_WEBHOOK": value}))

    with pytest.raises(MissingSecretError, match="MLMON_SECRET_SLACK_WEBHOOK: not set"):
        sender.send(a_message(), 30)


@pytest.mark.parametrize("host", ["a..b", "host.invalid", "[::1]:1"])
def test_a_host_that_is_not_there_is_told_by_its_name_alone(host: str) -> None:
    sender = WebhookSender(Secrets({"MLMON_SECRET_SLACK_WEBHOOK": f"https://{host}/{TOKEN}"}))

    with pytest.raises(UndeliveredError, match="cannot be reached") as caught:
        sender.send(a_message(), 2)

    assert caught.value.is_passing
    assert TOKEN not in str(caught.value)


def test_a_url_reaches_neither_logs_nor_files_nor_traces(
    tmp_path: Path, fleet_with: FleetWith, web: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.urllib import URLLibInstrumentor
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    watching: list[Any] = [
        RequestsInstrumentor(),
        URLLibInstrumentor(),
        URLLib3Instrumentor(),
    ]
    caplog.set_level(logging.DEBUG)
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    web.expect_request(f"/slack/{TOKEN}").respond_with_data(status=403)
    web.expect_request("/teams").respond_with_data("ok")

    for each in watching:
        each.instrument(tracer_provider=provider)
    try:
        notified, _ = send(folder, fleet_with, web, SLACK, TEAMS)
    finally:
        for each in watching:
            each.uninstrument()

    told = [outcome.reason for outcome in notified.outcomes]
    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    files = [path.read_text() for path in folder.rglob("*.json")]
    assert TOKEN not in json.dumps([*told, *ours, *files])
    assert spans.get_finished_spans() == ()


def test_an_incident_system_hears_of_changes_only_and_others_every_day(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    same = write_day(tmp_path, [decided(CIRCUIT)], DAY.replace(day=21))
    over = write_day(tmp_path, [decided(CIRCUIT, "all-well")], DAY.replace(day=22))
    fleet = fleet_with(PAGER, team(), incidents="notifier")

    second = compose_day(same, fleet)
    third = compose_day(over, fleet)

    assert [message.kind for message in second] == ["email"]
    assert [message.kind for message in third] == ["email", "webhook"]
    assert third[1].body["resolved"] == [
        {
            "key": "prod/PLANT001/CIRCUIT01",
            "plant_id": "PLANT001",
            "circuit_id": "CIRCUIT01",
            "now": "monitor",
        }
    ]
