"""Doctor says what works: data, rules, and the way of an event; queries are really run."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import werkzeug.exceptions

from deployment.doctor.examination import Diagnosis, examine
from deployment.doctor.probe import PROBE
from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource
from deployment.resource_manager import ResourceManager
from evaluator.analysis.language_service import LanguageServiceMissing, language_service
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.tables import read_tables
from generator.fleet import Fleet
from generator.project import validate
from monitoring.telemetry.contract import EVENTS, METRICS
from monitoring.telemetry.day import read_day
from monitoring.telemetry.recorded import Recording
from monitoring.telemetry.signals import day_signals, run_completed
from monitoring.telemetry.sink import Signal, send
from tests.azure.endpoint import ArmEndpoint
from tests.azure.logs import Cluster, Logs
from tests.azure.wire import ArmError, Json
from tests.conftest import Mlmon, skip
from tests.deployment.conftest import ROOT
from tests.deployment.deployed import COMPONENT, GROUP, ROOT_ID, RULES, deploy
from tests.monitoring.telemetry.nights import AS_OF, DRIFTED, write_night

TABLES = read_tables(ROOT / "kql" / "tables")
NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
NOW = NIGHT + timedelta(hours=1)
MAE = f"{RULES}/high-mae-alert"
FEW = ("high-mae-alert", "monitoring-silent", "log-ingestion-stopped")
ALL = (
    *FEW,
    "batch-job-failure",
    "circuit-silent",
    "data-drift-detected",
    "data-quality-issues",
    "multiple-models-degraded",
)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signal, ...]:
    """What the jobs send about a night: one circuit has a bad model."""
    made = write_night(tmp_path_factory.mktemp("results") / AS_OF.isoformat())
    day = day_signals(made.circuits, read_day(made.folder, AS_OF, made.circuits))
    end = run_completed("daily", len(made.circuits), len(day.unjudged), timedelta(seconds=83))
    return (*day.signals, end)


def fill(logs: Logs, signals: tuple[Signal, ...], at: datetime) -> None:
    """Put a night's rows, and those of the jobs of Azure ML, into a workspace."""
    recording = Recording()
    send(signals, recording)
    for table, rows in recording.rows(at).items():
        moments = [datetime.fromisoformat(str(row["TimeGenerated"])) for row in rows]
        logs.add(
            table,
            [row | {"TimeGenerated": m} for row, m in zip(rows, moments, strict=True)],
        )
    job = {"TimeGenerated": at, "EventType": "JobSucceeded", "ExperimentName": "batch-plant001"}
    logs.add("AmlComputeJobEvent", [job])
    run = {"TimeGenerated": at, "Status": "Completed", "RunId": "r", "RootRunId": "r"}
    logs.add("AmlRunStatusChangedEvent", [run])


@pytest.fixture
def azure(fleet_arm: ArmEndpoint, expected: list[ExpectedResource]) -> ArmEndpoint:
    """Everything deployed but the monitors, of which doctor asks nothing."""
    try:
        language_service(TABLES)
    except LanguageServiceMissing as error:
        skip(str(error))
    deploy(fleet_arm, [e for e in expected if "/schedules/" not in e.id])
    return fleet_arm


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    running = Cluster(TABLES)
    with running.engine:
        yield running


@pytest.fixture(autouse=True)
def logs(azure: ArmEndpoint, cluster: Cluster) -> Logs:
    """The environment's workspace, empty, at three in the morning."""
    workspace = Logs(cluster, NOW, azure.state.telemetry)
    azure.state.query = workspace.answer
    return workspace


@pytest.fixture(autouse=True)
def _urls(
    running_arm: ArmEndpoint, sdk_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sdk_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AZURE_LOG_ANALYTICS_URL", running_arm.url)


@pytest.fixture(scope="module")
def rules() -> list[LogAlertRule]:
    return project_rules(validate(ROOT / "config", AS_OF), "prod")


@pytest.fixture
def examined(
    manager: ResourceManager, prod: Fleet, rules: list[LogAlertRule]
) -> Callable[..., Diagnosis]:
    """Examine the environment: a few rules of it, unless others are asked for."""

    def run(*, wait: timedelta | None = None, chosen: Collection[str] = FEW) -> Diagnosis:
        asked = [rule for rule in rules if rule.id in chosen]
        service = language_service(TABLES)
        return examine(manager, prod, asked, service, now=NOW, wait=wait, note=lambda text: None)

    return run


def alert(rule: str, condition: str, name: str) -> tuple[str, str, Json]:
    """Make an alert as Azure lists it."""
    essentials = {"alertRule": rule.lower(), "monitorCondition": condition}
    where = f"{GROUP}/providers/Microsoft.AlertsManagement/alerts/{name}"
    return where, "2019-05-05-preview", {"properties": {"essentials": essentials}}


def add_alert(arm: ArmEndpoint, rule: str, condition: str, name: str) -> None:
    where, version, body = alert(rule, condition, name)
    arm.add(where, version, **body)


def test_a_night_that_arrived_is_well_and_its_bad_model_would_fire(
    logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)

    diagnosis = examined(chosen=ALL)

    assert diagnosis.firing.keys() == set(ALL)
    assert diagnosis.problems() == []
    firing = diagnosis.firing["high-mae-alert"]
    plant, circuit = DRIFTED.split("/")
    assert firing.series == ((("plant_id", plant), ("circuit_id", circuit)),)
    assert firing.rows == 3
    assert diagnosis.firing["monitoring-silent"].series == ()
    assert diagnosis.firing["log-ingestion-stopped"].rows == 0


def test_tables_tell_since_when_they_receive_rows(
    logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT - timedelta(days=3))
    fill(logs, night, NIGHT)

    tables = {table.name: table for table in examined(chosen=ALL).tables}

    assert tables.keys() == TABLES.keys()
    metrics = tables["AppMetrics"]
    assert (metrics.first, metrics.last) == (NIGHT - timedelta(days=3), NIGHT)
    assert metrics.rows_of_a_day == len([s for s in night if hasattr(s, "value")])
    assert "high-mae-alert" in metrics.rules


def test_a_workspace_without_any_data_is_wrong_and_silence_would_fire(
    examined: Callable[..., Diagnosis],
) -> None:
    diagnosis = examined()

    silent = [p for p in diagnosis.problems() if "no row in 24 hours" in p]
    assert any(p.startswith("table AppMetrics:") for p in silent)
    assert not any("_LogOperation" in p for p in silent)
    assert diagnosis.firing["monitoring-silent"].series == ((),)


def test_yesterdays_rows_are_no_data_of_today(
    logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NOW - timedelta(hours=25))

    problems = examined().problems()

    assert any(p.startswith("table AppMetrics: no row in 24 hours") for p in problems)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enabled": False}, "it is disabled, and not by Azure in the last 89 days"),
        ({"skipQueryValidation": True}, ""),
    ],
)
def test_a_rule_that_was_changed_in_azure(
    azure: ArmEndpoint,
    logs: Logs,
    examined: Callable[..., Diagnosis],
    night: tuple[Signal, ...],
    change: dict[str, Any],
    said: str,
) -> None:
    fill(logs, night, NIGHT)
    azure.edit(MAE, lambda body: body["properties"].update(change))

    diagnosis = examined()

    problems = diagnosis.problems()
    assert [p for p in problems if not p.startswith(f"rule high-mae-alert: {said}")] == []
    assert bool(problems) is bool(said)
    notes = diagnosis.states.states["high-mae-alert"].notes
    assert any("not validated" in n for n in notes) is ("skipQueryValidation" in change)


def test_a_rule_that_azure_disabled_is_told_with_the_day(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    azure.edit(MAE, lambda body: body["properties"].update(enabled=False))
    event = {
        "operationName": {"value": "Microsoft.Insights/ScheduledQueryRules/disable/action"},
        "resourceId": MAE.lower(),
        "eventTimestamp": "2026-11-19T04:00:00Z",
    }
    where = f"{ROOT_ID}/providers/Microsoft.Insights/eventtypes/management/values/1"
    azure.add(where, "2015-04-01").body.update(event)

    [said] = examined().states.states["high-mae-alert"].problems

    assert said.startswith("Azure disabled it at 2026-11-19T04:00:00Z")


def test_a_missing_rule_is_told(azure: ArmEndpoint, examined: Callable[..., Diagnosis]) -> None:
    azure.remove(MAE)

    assert "rule high-mae-alert: it is not in Azure" in examined().problems()


def test_bad_health_counts_where_azure_reports_it(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    azure.state.availability = [
        {
            "id": f"{RULES}/{name}/providers/Microsoft.ResourceHealth/availabilityStatuses/current",
            "properties": {"availabilityState": state, "summary": "a semantic error"},
        }
        for name, state in (
            ("high-mae-alert", "Degraded"),
            ("circuit-silent", "Unknown"),
            ("multiple-models-degraded", "Unavailable"),  # runs each hour: always Unavailable
        )
    ]

    chosen = ("high-mae-alert", "circuit-silent", "multiple-models-degraded")
    told = [p for p in examined(chosen=chosen).problems() if "Azure says" in p]

    assert told == ["rule high-mae-alert: Azure says Degraded: a semantic error"]


def test_fired_alerts_of_azure_stand_beside(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    add_alert(azure, MAE, "Fired", "1")
    add_alert(azure, MAE, "Fired", "2")
    add_alert(azure, MAE, "Resolved", "3")
    add_alert(azure, f"{RULES}/of-others", "Fired", "4")

    states = examined().states.states

    assert states["high-mae-alert"].active_alerts == 2
    assert states["monitoring-silent"].active_alerts == 0


def test_a_partial_answer_is_no_answer(
    logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)
    logs.partial = {"model_accuracy_mae"}

    diagnosis = examined()

    assert diagnosis.firing["high-mae-alert"].series is None
    problem = "Azure answered the query in part only: the query ran out of time"
    assert f"rule high-mae-alert: {problem}" in diagnosis.problems()


def test_a_query_that_azure_refuses_is_told_with_its_innermost_reason(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    without = {name: table for name, table in TABLES.items() if name != "AppMetrics"}
    small = Cluster(without)
    azure.state.query = Logs(small, NOW).answer

    with small.engine:
        problems = examined().problems()

    [table] = [p for p in problems if p.startswith("table AppMetrics")]
    assert "400 BadArgumentError" in table
    assert "AppMetrics" in table.partition("400")[2]


def test_without_the_role_of_a_reader_it_is_named(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    def refuse(workspace: str, query: str, body: Json) -> Json:
        raise ArmError(403, "InsufficientAccessError", "The provided credentials have not enough")

    azure.state.query = refuse

    problems = examined().problems()

    [problem] = [p for p in problems if "it takes the role Log Analytics Reader" in p]
    assert problem.count("table ") == problem.count("rule ") == 3


def test_an_answer_of_something_else_is_told(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    def refuse(workspace: str, query: str, body: Json) -> Json:
        raise werkzeug.exceptions.MethodNotAllowed  # answered in HTML

    azure.state.query = refuse

    assert any("is not Log Analytics" in problem for problem in examined().problems())


def test_a_broken_connection_is_told(
    azure: ArmEndpoint, logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)
    azure.faults.cut(50, "POST /v1/workspaces")

    problems = examined().problems()

    assert len(problems) == 6
    assert all("cannot be reached for queries" in problem for problem in problems)


def test_throttled_queries_are_asked_again(
    azure: ArmEndpoint, logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)
    azure.faults.throttle(3, "POST /v1/workspaces")

    assert examined().problems() == []


def test_what_cannot_be_read_of_the_rules_is_told_once_each(
    azure: ArmEndpoint, logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)
    azure.faults.throttle(50, "alertsmanagement/alerts")

    diagnosis = examined()

    [problem] = diagnosis.problems()
    assert problem.startswith("not read: GET ")
    assert diagnosis.states.states["high-mae-alert"].active_alerts is None


def test_an_environment_that_was_never_deployed(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    azure.remove(COMPONENT)

    with pytest.raises(DeploymentError, match="is not there; was the environment deployed"):
        examined()


def test_a_probe_is_sent_with_a_token_and_found(
    azure: ArmEndpoint, logs: Logs, examined: Callable[..., Diagnosis], night: tuple[Signal, ...]
) -> None:
    fill(logs, night, NIGHT)

    diagnosis = examined(wait=timedelta(0))

    assert diagnosis.problems() == []
    assert diagnosis.probe is not None
    assert diagnosis.probe.took is not None
    [envelope] = azure.state.telemetry
    assert envelope["data"]["baseData"]["name"] == "monitoring_probe"
    assert envelope["tags"]["ai.cloud.role"] == "mlmon.doctor"


def test_a_probe_is_no_data(logs: Logs, examined: Callable[..., Diagnosis]) -> None:
    examined(wait=timedelta(0))

    problems = examined().problems()

    assert any(p.startswith("table AppEvents: no row in 24 hours") for p in problems)


def test_a_probe_that_does_not_arrive_is_told(
    logs: Logs, examined: Callable[..., Diagnosis]
) -> None:
    logs.arriving = ()

    [problem] = [p for p in examined(wait=timedelta(0)).problems() if p.startswith("probe:")]

    assert problem.startswith("probe: the event was delivered and not found within 0 s")


def test_a_probe_that_is_refused_is_told(
    azure: ArmEndpoint, examined: Callable[..., Diagnosis]
) -> None:
    key = azure.read(COMPONENT)["properties"]["InstrumentationKey"]
    nobody = f"InstrumentationKey={key};IngestionEndpoint=https://localhost:1/"
    azure.edit(COMPONENT, lambda body: body["properties"].update(ConnectionString=nobody))

    [problem] = [p for p in examined(wait=timedelta(0)).problems() if p.startswith("probe:")]

    assert problem.startswith("probe: the event was not delivered because ")
    assert key not in problem


def test_a_cause_that_many_share_is_told_once(
    examined: Callable[..., Diagnosis], rules: list[LogAlertRule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_LOG_ANALYTICS_URL", "https://localhost:1")

    diagnosis = examined(chosen=("high-mae-alert", "log-ingestion-stopped"))

    [problem] = [p for p in diagnosis.problems() if "cannot be reached for queries" in p]
    assert problem.startswith("table AppMetrics, ")
    assert "rule high-mae-alert, rule log-ingestion-stopped: " in problem


def test_the_probe_stands_outside_of_the_contract() -> None:
    assert PROBE.name not in {event.name for event in EVENTS} | {metric.name for metric in METRICS}
    read = [p for p in (ROOT / "kql").rglob("*.kql") if PROBE.name in p.read_text("utf-8")]
    assert read == []


def test_the_command_tells_it_in_both_forms(
    azure: ArmEndpoint, logs: Logs, mlmon: Mlmon, night: tuple[Signal, ...], tmp_path: Path
) -> None:
    logs.now = datetime.now(UTC)
    fill(logs, night, logs.now - timedelta(hours=1))
    config = str(ROOT / "config")

    text = mlmon("doctor", "--env", "prod", "--wait", "0", "--config", config)
    answer = mlmon("doctor", "--env", "prod", "--no-probe", "--format", "json", "--config", config)

    assert text.exit_code == 0, text.output
    assert "Nothing is wrong." in text.stdout
    assert "The probe was found" in text.stdout
    assert azure.read(COMPONENT)["properties"]["InstrumentationKey"] not in text.output
    told = json.loads(answer.stdout)
    assert told["probe"] is None
    [mae] = [rule for rule in told["rules"] if rule["name"] == "high-mae-alert"]
    assert [f"{s['plant_id']}/{s['circuit_id']}" for s in mae["would_fire"]] == [DRIFTED]


def test_the_command_fails_where_something_is_wrong(azure: ArmEndpoint, mlmon: Mlmon) -> None:
    config = str(ROOT / "config")

    result = mlmon("doctor", "--env", "prod", "--no-probe", "--config", config)

    assert result.exit_code == 1
    assert "wrong: table AppMetrics: no row in 24 hours" in result.stdout
