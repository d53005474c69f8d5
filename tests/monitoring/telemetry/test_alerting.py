"""From instrument to notification: envelopes become rows, and the shipped rules run on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evaluator.analysis.language_service import LanguageServiceMissing, language_service
from evaluator.backtest.alerts import Alert
from evaluator.backtest.running import backtest
from evaluator.backtest.statistics import Period
from evaluator.execution.engine import Engine
from evaluator.recorded.files import find_files
from evaluator.recorded.loading import load_files
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.tables import read_tables
from generator.project import ROOT, validate
from monitoring.telemetry.azure_monitor import azure_monitor, send_run
from monitoring.telemetry.day import DayResults
from monitoring.telemetry.recorded import write_rows
from monitoring.telemetry.signals import day_signals
from monitoring.telemetry.sink import Signal, TelemetryEvent, send
from tests.conftest import skip
from tests.monitoring.telemetry import envelopes
from tests.monitoring.telemetry.conftest import Ingestion
from tests.monitoring.telemetry.nights import (
    AS_OF,
    DRIFTED,
    EVALUATED,
    NULLS,
    OLD,
    Night,
    performance,
)

TABLES = read_tables(ROOT / "kql" / "tables")
NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def rules() -> dict[str, LogAlertRule]:
    """The shipped rules, as they are rendered for prod."""
    return {r.id: r for r in project_rules(validate(ROOT / "config", AS_OF), "prod")}


@dataclass
class Rules:
    """Runs rules on rows."""

    rules: dict[str, LogAlertRule]
    engine: Engine

    def alerts(self, rule: str, hours: int = 12) -> list[Alert]:
        """Evaluate a rule from shortly behind the night on."""
        start = NIGHT + timedelta(minutes=5)
        period = Period(start, start + hours * HOUR)
        [report] = backtest(self.engine, language_service(TABLES), [self.rules[rule]], period).rules
        assert report.outcome is not None, report.not_run or report.broke_off
        assert not report.outcome.alerts.failures
        return list(report.outcome.alerts.alerts)

    def told(self, rule: str) -> list[str]:
        """Tell which circuits somebody was called about."""
        return [
            "/".join(str(value) for _, value in alert.series)
            for alert in self.alerts(rule)
            if alert.actions_called
        ]


@pytest.fixture
def on_rows(rules: dict[str, LogAlertRule]) -> Iterator[Rules]:
    try:
        language_service(TABLES)
    except LanguageServiceMissing as error:
        skip(str(error))
    with Engine(TABLES) as engine:
        yield Rules(rules, engine)


@pytest.fixture
def sent(on_rows: Rules, ingestion: Ingestion, signals: tuple[Signal, ...]) -> Rules:
    """What the exporter sent about the night."""
    *of_circuits, end = signals
    assert isinstance(end, TelemetryEvent)
    assert send_run(of_circuits, end, circuits=5, role="daily").problem == ""
    for table, rows in envelopes.rows(ingestion.envelopes, NIGHT).items():
        on_rows.engine.add_rows(table, rows)
    return on_rows


def test_a_bad_model_calls_somebody(sent: Rules) -> None:
    assert sent.told("high-mae-alert") == [DRIFTED]


def test_drift_calls_somebody(sent: Rules) -> None:
    assert sent.told("data-drift-detected") == [DRIFTED]


def test_missing_values_call_somebody(sent: Rules) -> None:
    assert sent.told("data-quality-issues") == [NULLS]


def test_a_completed_run_keeps_the_silence_rule_quiet(sent: Rules) -> None:
    assert sent.alerts("monitoring-silent", hours=26) == []
    assert len(sent.alerts("monitoring-silent", hours=28)) == 1


def test_a_run_that_never_ends_is_noticed(
    on_rows: Rules, ingestion: Ingestion, signals: tuple[Signal, ...]
) -> None:
    with azure_monitor(circuits=5, role="daily") as sink:
        send(signals[:-1], sink)
    for table, rows in envelopes.rows(ingestion.envelopes, NIGHT).items():
        on_rows.engine.add_rows(table, rows)

    assert len(on_rows.alerts("monitoring-silent")) == 1


def test_a_recording_says_the_same(
    on_rows: Rules, signals: tuple[Signal, ...], tmp_path: Path
) -> None:
    write_rows(tmp_path, signals, NIGHT, "2026-11-20")
    load_files(on_rows.engine, find_files([str(tmp_path)], TABLES), TABLES)

    assert on_rows.told("high-mae-alert") == [DRIFTED]
    assert on_rows.told("data-drift-detected") == [DRIFTED]
    assert on_rows.told("data-quality-issues") == [NULLS]
    assert on_rows.alerts("monitoring-silent") == []


def test_an_old_verdict_that_is_sent_again_neither_calls_twice_nor_reads_as_recovery(
    on_rows: Rules, night: Night, tmp_path: Path
) -> None:
    for day, mae in enumerate((0.5, 0.5, 0.5, 0.1)):
        found = performance(DRIFTED, mae=mae, evaluated_at=OLD if mae > 0.25 else EVALUATED)
        results = DayResults("run", {}, {}, {DRIFTED: found}, {})
        at = NIGHT + 24 * day * HOUR
        write_rows(tmp_path, day_signals(night.circuits, results).signals, at, f"{at:%Y-%m-%d}")
    load_files(on_rows.engine, find_files([str(tmp_path)], TABLES), TABLES)

    [alert] = on_rows.alerts("high-mae-alert", hours=4 * 24)

    recovered = NIGHT + 72 * HOUR
    assert alert.resolved_at is not None
    assert recovered < alert.resolved_at < recovered + 2 * HOUR
