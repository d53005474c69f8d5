"""Days as folders, a fleet to tell of, and real servers with real certificates."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_httpserver import HTTPServer

from generator.fleet import Fleet
from generator.models.notifications import Notifications
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.decision_table import TABLE, Action, Severity
from monitoring.decisions import Compared, Decision
from monitoring.notify.clock import Clock
from monitoring.results.folder import RunInputs, as_json
from tests.monitoring.notify.mail_server import MailServer

DAY = date(2026, 11, 20)
OWNERS: dict[str, Any] = {"type": "email", "owner": True}
SLACK: dict[str, Any] = {"type": "slack", "url_secret": "slack-webhook"}
SMTP: dict[str, Any] = {"host": "localhost", "from": "mlmon@company.com"}


class Time:
    """Passes only while something waits for it, or when it is told to."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.elapsed = 0.0
        self.day = datetime.combine(DAY, time(6), UTC)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.elapsed += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.day, lambda: self.elapsed, self.sleep)


def team(*addresses: str, **more: Any) -> dict[str, Any]:
    return {"type": "email", "to": list(addresses or ["team@company.com"]), **more}


@cache
def shipped_fleet() -> Fleet:
    return resolve(validate(ROOT / "config", date(2026, 11, 23)), "prod")


@pytest.fixture(scope="session")
def shipped() -> Fleet:
    return shipped_fleet()


FleetWith = Callable[..., Fleet]


@pytest.fixture
def fleet_with(shipped: Fleet) -> FleetWith:
    """Give the shipped fleet with other channels."""

    def make(*channels: dict[str, Any], smtp: dict[str, Any] = SMTP, **more: Any) -> Fleet:
        content = {"smtp": smtp, "channels": list(channels), **more}
        notifications = Notifications.model_validate(content)
        update = {"notifications": notifications, "key_vault": None}
        return replace(shipped, environment=shipped.environment.model_copy(update=update))

    return make


def decided(key: str, row: str = "data-are-wrong", **changes: Any) -> Decision:
    """Decide on a circuit by a row of the table."""
    plant, _, circuit = key.partition("/")
    (found,) = (each for each in TABLE if each.name == row)
    compared = Compared("voltage null_rate", 0.29, 0.05, 5.8, "default config/thresholds.yaml:11")
    action, severity = found.action, found.severity
    reason = f"{key}: {action.words}, because {found.because}. 29 % of voltage are no number."
    made = Decision(plant, circuit, action, severity, reason, action, "", row, (compared,))
    return replace(made, **changes)


def held(key: str) -> Decision:
    """Hold a retraining back that was decided before."""
    return replace(
        decided(key, "error-without-drift"),
        action=Action.MONITOR,
        severity=Severity.LOW,
        held_by="cooldown",
    )


def write_day(
    root: Path, decisions: Sequence[Decision], day: date = DAY, environment: str = "prod"
) -> Path:
    """Write the folder of a day's run, in which all is well with the rest of the fleet."""
    by_key = {circuit.key: decided(circuit.key, "all-well") for circuit in shipped_fleet().circuits}
    by_key |= {decision.key: decision for decision in decisions}
    folder = root / day.isoformat()
    folder.mkdir(parents=True)
    inputs = RunInputs(
        "drift", environment, day.isoformat(), "data", 0, None, None, "calibrated", None, "digest"
    )
    manifest = {"format": 1, "run_id": inputs.run_id, **_fields(inputs)}
    (folder / "manifest.json").write_text(as_json(manifest))
    (folder / "decisions.json").write_text(
        as_json([by_key[key].as_json() for key in sorted(by_key)])
    )
    (folder / "met.json").write_text('{"issues": {}, "unknown": []}')
    return folder


def _fields(inputs: RunInputs) -> dict[str, Any]:
    return {name: getattr(inputs, name) for name in RunInputs.__dataclass_fields__}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process trust the authority of the tests."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
    return context


@pytest.fixture
def mail_server(authority: trustme.CA, trust: None) -> Iterator[MailServer]:
    with MailServer(server_tls(authority)) as server:
        yield server


@pytest.fixture(scope="session")
def web_server(authority: trustme.CA) -> Iterator[HTTPServer]:
    """One for all tests: stopping it takes half a second."""
    with HTTPServer(host="localhost", port=0, ssl_context=server_tls(authority)) as server:
        yield server


@pytest.fixture
def web(web_server: HTTPServer, trust: None) -> Iterator[HTTPServer]:
    yield web_server
    web_server.clear()


@pytest.fixture
def until_the_end() -> Iterator[threading.Event]:
    """Is set when the test is over, so that what hangs does so as long as the test takes."""
    event = threading.Event()
    yield event
    event.set()
