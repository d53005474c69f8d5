"""Delivery by e-mail: to a real server, over real TLS."""

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import pytest
import trustme

from generator.models.notifications import Smtp
from monitoring.notify import Notified, compose_day, send_day
from monitoring.notify.delivery import (
    ANSWER_SECONDS,
    RUN_SECONDS,
    UNDELIVERABLE_AFTER,
    Outcome,
    deliver,
)
from monitoring.notify.message import Message
from monitoring.notify.outbox import Outbox, Waiting
from monitoring.notify.sending import Concerns, UndeliveredError
from monitoring.notify.smtp import SmtpSender
from tests.monitoring.notify.conftest import (
    DAY,
    OWNERS,
    SMTP,
    FleetWith,
    Time,
    decided,
    server_tls,
    team,
    write_day,
)
from tests.monitoring.notify.mail_server import MailServer
from vault import Secrets

CIRCUIT = "PLANT001/CIRCUIT01"
LOGIN = {"MLMON_SECRET_SMTP_USER": "mlmon", "MLMON_SECRET_SMTP_PASSWORD": "top-secret-word"}
WITH_LOGIN = {"username_secret": "smtp-user", "password_secret": "smtp-password"}


def send(
    folder: Path, fleet_with: FleetWith, server: MailServer, *channels: dict[str, Any], **more: Any
) -> Notified:
    """Send without waiting: the time is one that a test lets pass."""
    time: Time = more.pop("time", None) or Time()
    fleet = fleet_with(
        *(channels or (team(),)), smtp={**SMTP, "port": server.port, **more.pop("smtp", {})}
    )
    messages = compose_day(folder, fleet)
    secrets = Secrets(more.pop("environ", {}))
    return send_day(folder, messages, fleet, secrets, time.clock)


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
        assert (
            "voltage: cells without a number 29%, limit 5% (default config/thresholds.yaml:11)"
            in content
        )
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
    time = Time()
    mail_server.stop()

    down = send(first, fleet_with, mail_server, team("a@x.org", "b@x.org"), time=time)
    mail_server.start()
    up = send(second, fleet_with, mail_server, team("a@x.org", "b@x.org"))
    again = send(first, fleet_with, mail_server, team("a@x.org", "b@x.org"))

    assert states(down) == ["waiting", "waiting"]
    assert "localhost does not answer" in down.outcomes[0].reason
    assert time.waits == [1.0, 4.0, 16.0], "the second message finds the server known to be down"
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
    Outbox(other).put(waiting(replace(_message("team@company.com"), environment="test")))

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
    time = Time()

    notified = send(folder, fleet_with, mail_server, time=time)

    assert time.waits == waits
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

    assert without.missing == {
        "MLMON_SECRET_SMTP_PASSWORD": "not set",
        "MLMON_SECRET_SMTP_USER": "not set",
    }
    assert refused.outcomes[0].reason == "the mail server localhost refuses the login (535)"
    assert states(notified) == ["sent"]
    for path in folder.rglob("*.json"):
        assert "-word" not in path.read_text()


def test_a_server_that_hangs_up_on_a_login_is_told_as_that_and_asked_once(
    tmp_path: Path, fleet_with: FleetWith, authority: trustme.CA, trust: None
) -> None:
    folder, time = write_day(tmp_path, [decided(CIRCUIT)]), Time()

    with MailServer(server_tls(authority), "starttls", ("mlmon", "another")) as server:
        server.hangs_up_at_login = True
        notified = send(folder, fleet_with, server, smtp=WITH_LOGIN, environ=LOGIN, time=time)

    assert notified.outcomes[0].reason == (
        "the mail server localhost hangs up during the login, as some do when user name or "
        "password are wrong"
    )
    assert (server.logins, time.waits) == (1, [])


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
    time = Time()

    with MailServer(server_tls(issuer, *names), security) as server:
        settings = {"security": security}
        notified = send(folder, fleet_with, server, smtp=settings, time=time)

    assert states(notified) == ["waiting"]
    assert "no certificate that is trusted" in notified.outcomes[0].reason
    assert time.waits == []
    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_hangs_is_left_after_a_while(security: Any) -> None:
    with socket.create_server(("localhost", 0)) as silent:
        port = silent.getsockname()[1]
        settings = Smtp.model_validate({**SMTP, "port": port, "security": security})
        sender = SmtpSender(settings, Secrets({}))

        with pytest.raises(UndeliveredError, match="localhost does not answer") as caught:
            sender.send(_message("team@company.com"), 0.1)

    assert caught.value.is_passing
    assert caught.value.concerns is Concerns.ALL


def deliver_all(outbox: Outbox, server: MailServer, time: Time, answer: float) -> list[Outcome]:
    """Deliver what waits in an outbox, with seconds for each answer."""
    sender = SmtpSender(Smtp.model_validate({**SMTP, "port": server.port}), Secrets({}))

    class Impatient:
        """Gives the server less time than a run would, so that a test need not take it."""

        def send(self, message: Message, seconds: float) -> None:
            assert 0 < seconds <= ANSWER_SECONDS
            sender.send(message, answer)

        def close(self) -> None:
            sender.close()

    pairs = [(outbox, each) for each in outbox.waiting()]
    try:
        return deliver(pairs, {"email": Impatient()}, time.clock)
    finally:
        sender.close()


def outbox_of(folder: Path, *names: str) -> Outbox:
    outbox = Outbox(folder / "2026-11-20")
    for name in names:
        outbox.put(waiting(replace(_message(f"{name}@x.org"), id=name)))
    return outbox


def received(server: MailServer) -> list[str]:
    return [mail["To"].partition("@")[0] for mail in server.received]


def test_a_mail_that_a_server_hangs_on_is_left_to_the_next_run_and_holds_up_no_other(
    tmp_path: Path, mail_server: MailServer
) -> None:
    outbox, time = outbox_of(tmp_path, "a", "b", "c"), Time()
    mail_server.hangs_on = {"a@x.org"}

    hung = deliver_all(outbox, mail_server, time, 0.3)
    again = deliver_all(outbox, mail_server, time, 0.3)

    assert [outcome.state for outcome in hung] == ["waiting", "sent", "sent"]
    assert hung[0].reason == "the mail server did not answer after it was given the message"
    assert time.waits == [], "it may have been accepted"
    assert received(mail_server) == ["a", "b", "c", "a"]
    assert [outcome.waiting and outcome.waiting.attempts for outcome in again] == [2]


def test_a_server_that_hangs_with_two_mails_gets_no_third_in_this_run(
    tmp_path: Path, mail_server: MailServer
) -> None:
    outbox = outbox_of(tmp_path, "a", "b", "c")
    mail_server.hangs_on = {"a@x.org", "b@x.org", "c@x.org"}

    hung = deliver_all(outbox, mail_server, Time(), 0.3)
    mail_server.hangs_on = {"a@x.org", "b@x.org"}
    again = deliver_all(outbox, mail_server, Time(), 0.3)
    mail_server.hangs_on = set()
    up = deliver_all(outbox, mail_server, Time(), 30)

    assert [outcome.state for outcome in hung] == ["waiting"] * 3
    assert {outcome.message.id: outcome.state for outcome in again} == {
        "a": "waiting",
        "b": "waiting",
        "c": "sent",
    }, "what was tried before comes after the others"
    assert [outcome.state for outcome in up] == ["sent"] * 2
    assert received(mail_server) == ["a", "b", "c", "a", "b", "a", "b"]


def test_a_server_that_takes_a_mail_between_two_that_it_hangs_on_is_not_left(
    tmp_path: Path, mail_server: MailServer
) -> None:
    outbox = outbox_of(tmp_path, "a", "b", "c", "d")
    mail_server.hangs_on = {"a@x.org", "c@x.org"}

    outcomes = deliver_all(outbox, mail_server, Time(), 0.3)

    assert [outcome.state for outcome in outcomes] == ["waiting", "sent", "waiting", "sent"]


@pytest.mark.parametrize("answer", ["451 4.7.1 later", "421 4.3.2 closing"])
@pytest.mark.parametrize("at", ["address", "content"])
def test_an_address_that_is_always_refused_for_now_holds_up_no_other(
    answer: str, at: str, tmp_path: Path, mail_server: MailServer
) -> None:
    outbox, time = outbox_of(tmp_path, "a", "b", "c"), Time()
    (mail_server.refused if at == "address" else mail_server.rejected)["a@x.org"] = answer

    outcomes = deliver_all(outbox, mail_server, time, 30)

    assert [outcome.state for outcome in outcomes] == ["waiting", "sent", "sent"]
    assert answer in outcomes[0].reason
    assert outcomes[0].waiting is not None
    assert outcomes[0].waiting.attempts == 4
    assert time.waits == [1.0, 4.0, 16.0], "the others do not wait for it"
    assert received(mail_server) == ["b", "c"]


def test_many_refused_addresses_share_their_waits(tmp_path: Path, mail_server: MailServer) -> None:
    names = [f"n{number}" for number in range(20)]
    outbox, time = outbox_of(tmp_path, *names), Time()
    mail_server.refused = {f"{name}@x.org": "451 4.7.1 later" for name in names}

    outcomes = deliver_all(outbox, mail_server, time, 30)

    assert [outcome.state for outcome in outcomes] == ["waiting"] * 20
    assert sum(time.waits) == 21.0


def test_a_run_begins_nothing_after_its_time_and_keeps_the_rest(
    tmp_path: Path, mail_server: MailServer
) -> None:
    outbox, time = outbox_of(tmp_path, "a", "b"), Time()
    sender = SmtpSender(Smtp.model_validate({**SMTP, "port": mail_server.port}), Secrets({}))
    given: list[float] = []

    class Slow:
        """A server that takes nearly all of the time with the first mail."""

        def send(self, message: Message, seconds: float) -> None:
            given.append(seconds)
            sender.send(message, 30)
            time.elapsed += RUN_SECONDS

        def close(self) -> None:
            sender.close()

    pairs = [(outbox, each) for each in outbox.waiting()]
    outcomes = deliver(pairs, {"email": Slow()}, time.clock)
    sender.close()
    later = deliver_all(outbox, mail_server, time, 30)

    assert [outcome.state for outcome in outcomes] == ["sent", "waiting"]
    assert outcomes[1].reason == "there was no time left in the run"
    assert given == [ANSWER_SECONDS]
    assert [outcome.state for outcome in later] == ["sent"]


def test_what_waits_is_kept_with_its_attempts_its_age_and_why(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder, time = write_day(tmp_path, [decided(CIRCUIT)]), Time()
    mail_server.refused["a@x.org"] = "451 4.7.1 later"
    send(folder, fleet_with, mail_server, team("a@x.org"), time=time)
    time.day += timedelta(days=1)

    send(folder, fleet_with, mail_server, team("a@x.org"), time=time)

    (kept,) = Outbox(folder).waiting()
    assert kept.attempts == 8
    assert kept.since.isoformat() == "2026-11-20T06:00:00+00:00"
    assert kept.reason == "the mail server refuses a@x.org: 451 4.7.1 later"


def test_a_message_that_was_not_taken_for_a_week_is_given_up_and_told(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder, time = write_day(tmp_path, [decided(CIRCUIT)]), Time()
    mail_server.refused["a@x.org"] = "550 5.1.1 no such user"
    addresses = team("a@x.org")

    first = send(folder, fleet_with, mail_server, addresses, time=time)
    time.day += UNDELIVERABLE_AFTER
    last = send(folder, fleet_with, mail_server, addresses, time=time)
    mail_server.refused.clear()
    again = send(folder, fleet_with, mail_server, addresses, time=time)

    assert states(first) == ["waiting"]
    assert states(last) == states(again) == ["undeliverable"]
    assert not last.is_complete
    assert last.outcomes[0].reason.endswith("550 5.1.1 no such user")
    assert not again.is_complete, "a rerun of its day tells it again"
    assert mail_server.received == []
    assert Outbox(folder).is_in("undeliverable", first.outcomes[0].message)


def test_a_message_that_is_taken_on_its_last_day_is_sent(
    tmp_path: Path, fleet_with: FleetWith, mail_server: MailServer
) -> None:
    folder, time = write_day(tmp_path, [decided(CIRCUIT)]), Time()
    mail_server.refused["a@x.org"] = "550 5.1.1 no such user"
    send(folder, fleet_with, mail_server, team("a@x.org"), time=time)
    time.day += 2 * UNDELIVERABLE_AFTER
    mail_server.refused.clear()

    assert states(send(folder, fleet_with, mail_server, team("a@x.org"), time=time)) == ["sent"]


def waiting(message: Message) -> Waiting:
    return Waiting(message, datetime.combine(DAY, clock_time(6), UTC))


def _message(address: str) -> Message:
    body = {"text": "text", "html": "<p>text</p>"}
    return Message("0123", "email", address, "prod", "day", "what", body)


def test_connections_take_tls_1_2_or_newer_only() -> None:
    from monitoring.notify.sending import trusted

    context = trusted()

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
