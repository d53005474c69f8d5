"""Delivery by e-mail: to a real server, over real TLS."""

import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from generator.models.notifications import Smtp
from monitoring.notify import Notified, compose_day, send_day
from monitoring.notify.delivery import Outcome, deliver
from monitoring.notify.message import Message
from monitoring.notify.outbox import Outbox
from monitoring.notify.sending import UndeliveredError
from monitoring.notify.smtp import SmtpSender
from tests.monitoring.notify.conftest import (
    DAY,
    OWNERS,
    SMTP,
    FleetWith,
    decided,
    server_tls,
    team,
    write_day,
)
from tests.monitoring.notify.mail_server import MailServer

CIRCUIT = "PLANT001/CIRCUIT01"
LOGIN = {"MLMON_SECRET_SMTP_USER": "mlmon", "MLMON_SECRET_SMTP_PASSWORD": "top-secret-word"}
WITH_LOGIN = {"username_secret": "smtp-user", "password_secret": "smtp-password"}


def send(
    folder: Path, fleet_with: FleetWith, server: MailServer, *channels: dict[str, Any], **more: Any
) -> Notified:
    """Send without waiting: what is asked to wait is put into `waits`."""
    waits = more.pop("waits", [])
    fleet = fleet_with(
        *(channels or (team(),)), smtp={**SMTP, "port": server.port, **more.pop("smtp", {})}
    )
    messages = compose_day(folder, fleet)
    return send_day(folder, messages, fleet, more.pop("environ", {}), sleep=waits.append)


def states(notified: Notified) -> list[str]:
    return [outcome.state for outcome in notified.outcomes]


def test_a_digest_arrives_as_text_and_html_with_what_to_do(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])

    notified = send(folder, fleet_with, mail_server)

    assert notified.is_complete
    (mail,) = mail_server.received
    assert mail["From"] == "mlmon@company.com"
    assert mail["Subject"] == (
        "Model monitoring prod 2026-11-20: 1 new; PLANT001/CIRCUIT01: maintenance (high)"
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (text, html):
        content = part.get_content()
        assert "voltage null_rate 0.29, limit 0.05 (default config/thresholds.yaml:11)" in content
        assert "docs/runbooks/data-quality-issues.md" in content


def test_a_rerun_sends_nothing_twice(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])

    first = send(folder, fleet_with, mail_server, OWNERS)
    again = send(folder, fleet_with, mail_server, OWNERS)

    assert states(first) == ["sent"]
    assert states(again) == ["sent before"]
    assert len(mail_server.received) == 1


def test_an_outage_delays_a_message_to_the_next_day_and_sends_it_once(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    first = write_day(tmp_path, [decided(CIRCUIT)])
    second = write_day(tmp_path, [decided("PLANT002/CIRCUIT01")], DAY.replace(day=21))
    waits: list[float] = []
    mail_server.stop()

    down = send(first, fleet_with, mail_server, team("a@x.org", "b@x.org"), waits=waits)
    mail_server.start()
    up = send(second, fleet_with, mail_server, team("a@x.org", "b@x.org"))
    again = send(first, fleet_with, mail_server, team("a@x.org", "b@x.org"))

    assert states(down) == ["waiting", "waiting"]
    assert "localhost does not answer" in down.outcomes[0].reason
    assert waits == [1.0, 4.0, 16.0], "the second message finds the server known to be down"
    assert states(up) == ["sent"] * 4
    assert [outcome.message.day for outcome in up.outcomes] == ["2026-11-20"] * 2 + [
        "2026-11-21"
    ] * 2
    assert states(again) == ["sent before"] * 2
    assert len({mail["Message-ID"] for mail in mail_server.received}) == 4
    assert len(mail_server.received) == 4


def test_a_message_that_was_accepted_but_not_marked_keeps_its_message_id(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    send(folder, fleet_with, mail_server)
    (sent,) = (folder / "notifications" / "sent").iterdir()
    sent.replace(folder / "notifications" / "outbox" / sent.name)

    send(folder, fleet_with, mail_server)

    first, second = mail_server.received
    assert first["Message-ID"] == second["Message-ID"] == f"<{sent.stem}@company.com>"


def test_what_waits_of_another_environment_is_left_to_its_own_run(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    other = write_day(tmp_path, [])
    Outbox(other).put(replace(_message("team@company.com"), environment="test"))

    send(write_day(tmp_path, [], DAY.replace(day=21)), fleet_with, mail_server)

    assert mail_server.received == []
    assert len(Outbox(other).waiting()) == 1


def test_one_refused_address_of_several_keeps_no_other_from_its_message(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    mail_server.refused["b@x.org"] = "550 5.1.1 no such user\x1b[31m"
    addresses = team("a@x.org", "b@x.org", "c@x.org")

    notified = send(folder, fleet_with, mail_server, addresses)
    mail_server.refused.clear()
    again = send(folder, fleet_with, mail_server, addresses)

    assert states(notified) == ["sent", "waiting", "sent"]
    reason = notified.outcomes[1].reason
    assert reason.startswith("the mail server refuses b@x.org: 550 5.1.1 no such user")
    assert "\x1b" not in reason
    assert states(again) == ["sent before", "sent before", "sent"]
    assert sorted(mail["To"] for mail in mail_server.received) == ["a@x.org", "b@x.org", "c@x.org"]


@pytest.mark.parametrize(("answer", "waits"), [("451 4.7.1 later", [1.0]), ("554 5.6.0 no", [])])
def test_what_passes_is_tried_again_and_what_stays_is_not(
    answer: str,
    waits: list[float],
    tmp_path: Path,
    fleet_with: FleetWith,
    mail_server: MailServer,
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    mail_server.answers = [answer]
    waited: list[float] = []

    notified = send(folder, fleet_with, mail_server, waits=waited)

    assert waited == waits
    assert states(notified) == (["sent"] if waits else ["waiting"])
    assert len(mail_server.received) == len(waits)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_login_takes_its_name_and_password_from_the_environment(
    security: Any, tmp_path: Path, fleet_with: FleetWith, authority: trustme.CA, trust: None
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    login = (LOGIN["MLMON_SECRET_SMTP_USER"], LOGIN["MLMON_SECRET_SMTP_PASSWORD"])
    settings = {**WITH_LOGIN, "security": security}

    with MailServer(server_tls(authority), security, login) as server:
        without = send(folder, fleet_with, server, smtp=settings)
        wrong = LOGIN | {"MLMON_SECRET_SMTP_PASSWORD": "a-wrong-word"}
        refused = send(folder, fleet_with, server, smtp=settings, environ=wrong)
        notified = send(folder, fleet_with, server, smtp=settings, environ=LOGIN)

    assert without.missing == ("MLMON_SECRET_SMTP_PASSWORD", "MLMON_SECRET_SMTP_USER")
    assert refused.outcomes[0].reason == "the mail server localhost refuses the login (535)"
    assert states(notified) == ["sent"]
    for path in folder.rglob("*.json"):
        assert "-word" not in path.read_text()


def test_nothing_is_sent_to_a_server_that_cannot_encrypt(
    tmp_path: Path, fleet_with: FleetWith, authority: trustme.CA, trust: None
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    settings = {**WITH_LOGIN, "security": "starttls"}

    with MailServer(server_tls(authority), "none") as server:
        notified = send(folder, fleet_with, server, smtp=settings, environ=LOGIN)

    assert states(notified) == ["waiting"]
    assert "STARTTLS" in notified.outcomes[0].reason
    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_nothing_is_sent_to_a_server_whose_certificate_is_wrong(
    security: Any,
    wrong: str,
    tmp_path: Path,
    fleet_with: FleetWith,
    authority: trustme.CA,
    trust: None,
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    issuer = trustme.CA() if wrong == "authority" else authority
    names = ("localhost",) if wrong == "authority" else ("other.example",)
    waits: list[float] = []

    with MailServer(server_tls(issuer, *names), security) as server:
        settings = {"security": security}
        notified = send(folder, fleet_with, server, smtp=settings, waits=waits)

    assert states(notified) == ["waiting"]
    assert "no certificate that is trusted" in notified.outcomes[0].reason
    assert waits == []
    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_hangs_is_left_after_a_while(security: Any) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        port = silent.getsockname()[1]
        settings = Smtp.model_validate({**SMTP, "port": port, "security": security})
        sender = SmtpSender(settings, {}, timeout=0.1)

        with pytest.raises(UndeliveredError, match="localhost does not answer") as caught:
            sender.send(_message("team@company.com"))

    assert caught.value.is_passing
    assert caught.value.concerns_all


def test_a_server_that_hangs_with_a_mail_gets_no_other_in_this_run(
    tmp_path: Path, mail_server: MailServer
) -> None:
    outbox = Outbox(tmp_path / "2026-11-20")
    settings = Smtp.model_validate({**SMTP, "port": mail_server.port})
    for name in ("a", "b", "c"):
        outbox.put(replace(_message(f"{name}@x.org"), id=name))
    waits: list[float] = []

    def run(timeout: float) -> list[Outcome]:
        sender = SmtpSender(settings, {}, timeout)
        waiting = [(outbox, message) for message in outbox.waiting()]
        outcomes = list(deliver(waiting, {"email": sender}, waits.append))
        sender.close()
        return outcomes

    mail_server.is_hanging = True
    hung = run(0.3)
    before = [mail["Message-ID"] for mail in mail_server.received]
    mail_server.is_hanging = False
    up = run(30)

    assert [outcome.state for outcome in hung] == ["waiting"] * 3
    assert {outcome.reason for outcome in hung} == {
        "the mail server did not answer after it was given the message"
    }
    assert waits == [], "it may have been accepted"
    assert [outcome.state for outcome in up] == ["sent"] * 3
    assert [mail["Message-ID"] for mail in mail_server.received] == [
        *before,
        *(f"<{name}@company.com>" for name in ("a", "b", "c")),
    ]
    assert before == ["<a@company.com>"]


@pytest.mark.parametrize("refused", [{}, {"a@x.org": "421 4.3.2 closing"}])
def test_a_server_that_asks_to_come_later_is_left_after_four_attempts(
    refused: dict[str, str], tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    mail_server.refused = refused
    mail_server.answers = [] if refused else ["451 4.3.0 later"] * 4
    waits: list[float] = []

    notified = send(folder, fleet_with, mail_server, team("a@x.org", "b@x.org"), waits=waits)

    assert states(notified) == ["waiting"] * 2
    assert all(": 4" in outcome.reason for outcome in notified.outcomes)
    assert waits == [1.0, 4.0, 16.0]
    assert mail_server.received == []


def _message(address: str) -> Message:
    body = {"text": "text", "html": "<p>text</p>"}
    return Message("0123", "email", address, "prod", "day", "what", body)


def test_connections_take_tls_1_2_or_newer_only() -> None:
    from monitoring.notify.sending import trusted

    context = trusted()

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
