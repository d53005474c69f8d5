"""The command `mlmon notify`: what it prints, what it leaves behind, how it ends."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from generator.project import ROOT
from monitoring.notify.outbox import Outbox
from tests.conftest import Mlmon, read_tree
from tests.monitoring.notify.conftest import decided, write_day
from tests.monitoring.notify.mail_server import MailServer

CIRCUIT = "PLANT001/CIRCUIT01"


@pytest.fixture
def configure(tmp_path: Path) -> Any:
    """Write the shipped configuration with other notifications, in the test's own folder."""

    def write(notifications: str) -> None:
        shutil.copytree(ROOT / "config", tmp_path / "config")
        path = tmp_path / "config" / "environments" / "prod.yaml"
        shipped = path.read_text().partition("\nnotifications:")[0]
        path.write_text(shipped + notifications)

    return write


def mail_to(server: MailServer, *addresses: str, more: str = "") -> str:
    return f"""
notifications:
  smtp: {{host: localhost, port: {server.port}, from: mlmon@company.com{more}}}
  channels: [{{type: email, to: [{", ".join(addresses)}]}}]
"""


def test_a_day_is_told_once(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org", "b@x.org"))
    write_day(tmp_path, [decided(CIRCUIT)])

    first = mlmon("notify", "--results", "2026-11-20")
    again = mlmon("notify", "--results", "2026-11-20")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout.startswith("2026-11-20: 2 messages: 2 sent\n")
    assert again.stdout.startswith("2026-11-20: 2 messages: 2 sent before\n")
    assert len(mail_server.received) == 2


def test_a_dry_run_says_who_would_be_told_and_leaves_everything_as_it_was(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    login = ", username_secret: user, password_secret: password"
    configure(mail_to(mail_server, "a@x.org", more=login))
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    before = read_tree(folder)

    text = mlmon("notify", "--results", "2026-11-20", "--dry-run")
    content = mlmon("notify", "--results", "2026-11-20", "--dry-run", "--format", "json")

    assert (text.exit_code, content.exit_code) == (0, 0)
    assert "a@x.org" in text.stdout
    assert "would be sent" in text.stdout
    (message,) = json.loads(content.stdout)["messages"]
    assert message["state"] == "would be sent"
    assert CIRCUIT in message["body"]["text"]
    assert read_tree(folder) == before
    assert mail_server.received == []


def test_what_was_not_accepted_waits_and_ends_with_3(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org", "b@x.org"))
    write_day(tmp_path, [decided(CIRCUIT)])
    mail_server.refused["a@x.org"] = "550 no such user"

    result = mlmon("notify", "--results", "2026-11-20", "--format", "json")

    assert result.exit_code == 3
    states = {
        m["address"]: (m["state"], m["reason"]) for m in json.loads(result.stdout)["messages"]
    }
    assert states == {
        "a@x.org": ("waiting", "the mail server refuses a@x.org: 550 no such user"),
        "b@x.org": ("sent", ""),
    }
    (message,) = [m for m in json.loads(result.stdout)["messages"] if m["state"] == "waiting"]
    assert message["attempts"] == 1
    assert message["since"]
    assert "mlmon: the email message of 2026-11-20 to a@x.org waits (since 20" in result.stderr
    assert ", 1 attempt): the mail server refuses a@x.org: 550 no such user\n" in result.stderr
    assert "what waits is sent by the next run" in result.stderr


def test_a_message_that_waits_for_a_week_is_told_as_undeliverable_and_kept(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org"))
    folder = write_day(tmp_path, [decided(CIRCUIT)]) / "notifications"
    mail_server.refused["a@x.org"] = "550 no such user"
    mlmon("notify", "--results", "2026-11-20")
    (path,) = (folder / "outbox").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"since": "2026-11-12T06:00:00Z"}))

    result = mlmon("notify", "--results", "2026-11-20")
    again = mlmon("notify", "--results", "2026-11-20")

    assert (result.exit_code, again.exit_code) == (3, 3)
    assert (
        "mlmon: the email message of 2026-11-20 to a@x.org is undeliverable and not tried again "
        "(since 2026-11-12T06:00+00:00, 2 attempts): the mail server refuses a@x.org: 550"
    ) in result.stderr
    assert "what waits" not in result.stderr
    assert (
        f"it was given up, and is kept in 2026-11-20/notifications/undeliverable/{path.name}"
        in (again.stderr)
    )
    assert [file.name for file in (folder / "undeliverable").iterdir()] == [path.name]
    assert not list((folder / "outbox").iterdir())


def test_a_missing_secret_is_named_and_the_message_waits(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    slack = "]}, {type: slack, url_secret: slack-webhook}]"
    configure(mail_to(mail_server, "a@x.org").replace("]}]", slack))
    folder = write_day(tmp_path, [decided(CIRCUIT)])

    result = mlmon("notify", "--results", "2026-11-20")

    assert result.exit_code == 2
    assert (
        "mlmon: MLMON_SECRET_SLACK_WEBHOOK: not set; put that right in the environment, and run "
        "this again"
    ) in result.stderr
    assert len(mail_server.received) == 1, "who can be told is told"
    assert len(list((folder / "notifications" / "outbox").iterdir())) == 1


def test_what_is_wrong_with_secrets_is_told_once_and_not_as_if_they_were_not_set(
    mlmon: Mlmon, configure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = ", ".join(f"{{type: slack, url_secret: {name}}}" for name in ("one", "two", "three"))
    configure(f"notifications: {{channels: [{channels}]}}\n")
    write_day(tmp_path, [decided(CIRCUIT)])
    monkeypatch.setenv("MLMON_SECRET_THREE", "http://hooks.example/T0KEN")

    result = mlmon("notify", "--results", "2026-11-20")

    assert result.exit_code == 2
    assert result.stderr.count("not set") == 1
    assert (
        "mlmon: MLMON_SECRET_ONE, MLMON_SECRET_TWO: not set; MLMON_SECRET_THREE: no https:// "
        "address; put that right in the environment, and run this again"
    ) in " ".join(result.stderr.split())
    assert "without MLMON_SECRET_TWO it cannot be sent" in result.stderr
    assert "T0KEN" not in result.stderr + result.stdout


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 2, "id": "x"}'])
def test_a_file_in_the_outbox_that_is_no_message_is_named_and_stops_no_other(
    text: str, mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org"))
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    outbox = folder / "notifications" / "outbox"
    outbox.mkdir(parents=True)
    (outbox / "0123.json").write_text(text)

    result = mlmon("notify", "--results", "2026-11-20")

    assert result.exit_code == 3
    assert "notifications/outbox/0123.json is no message" in result.stderr
    assert len(mail_server.received) == 1


def test_a_failed_stage_is_told_even_if_there_are_no_results_at_all(
    mlmon: Mlmon, configure: Any, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org"))

    result = mlmon("notify", "--results", "2026-11-20", "--problem", "The stage drift failed.")

    assert result.exit_code == 0
    (mail,) = mail_server.received
    assert mail["Subject"].endswith(": the monitoring run has problems")
    assert "- The stage drift failed." in str(mail.get_body(("plain",)))


def test_a_failed_stage_is_told_beside_a_damaged_manifest(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org"))
    (write_day(tmp_path, [decided(CIRCUIT)]) / "manifest.json").write_text("")

    result = mlmon("notify", "--results", "2026-11-20", "--problem", "The stage drift failed.")

    assert result.exit_code == 0
    (mail,) = mail_server.received
    text = str(mail.get_body(("plain",)))
    assert "- The stage drift failed." in text
    assert "manifest.json cannot be read." in text


def test_while_one_process_sends_another_is_refused(
    mlmon: Mlmon, configure: Any, tmp_path: Path, mail_server: MailServer
) -> None:
    configure(mail_to(mail_server, "a@x.org"))
    folder = write_day(tmp_path, [decided(CIRCUIT)])

    with Outbox(folder).locked():
        result = mlmon("notify", "--results", "2026-11-20")

    assert result.exit_code == 2
    assert "another run sends from" in result.stderr
    assert mail_server.received == []


def test_an_environment_without_notifications_tells_nobody(
    mlmon: Mlmon, configure: Any, tmp_path: Path
) -> None:
    configure("\n")
    write_day(tmp_path, [decided(CIRCUIT)])

    result = mlmon("notify", "--results", "2026-11-20")

    assert result.exit_code == 0
    assert result.stdout == "2026-11-20: no message\n"
    assert "the environment prod has no `notifications`" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--results", "2026-11-19"), "there is no folder 2026-11-19"),
        (("--results", "config"), "its name is no day"),
        (("--results", "2026-11-20", "--env", "test"), "pass --env prod"),
        (("--results", "2026-11-20", "--env", "tset"), "there is no environment 'tset'"),
    ],
)
def test_wrong_usage_ends_with_a_sentence(
    arguments: tuple[str, ...], told: str, mlmon: Mlmon, configure: Any, tmp_path: Path
) -> None:
    configure("\n")
    write_day(tmp_path, [decided(CIRCUIT)])

    result = mlmon("notify", *arguments)

    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""
