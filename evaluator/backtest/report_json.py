"""A back-test for machines: all of it, times in UTC, durations in seconds."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from evaluator.backtest.alerts import Alert
from evaluator.backtest.incidents import Incident
from evaluator.backtest.report import path_label
from evaluator.backtest.running import Backtest, Outcome, RuleReport
from evaluator.backtest.scores import Score
from evaluator.recorded.loading import RecordedTable
from generator.diagnostics import Problem


def as_json(backtest: Backtest, problems: Sequence[Problem] = ()) -> str:
    """Write a back-test, and what was found."""
    record = {
        "from": _time(backtest.period.start),
        "to": _time(backtest.period.end),
        "recorded": [_table(table) for table in backtest.recorded],
        "rules": [_rule(report) for report in backtest.rules],
        "findings": [_finding(problem) for problem in problems],
    }
    return json.dumps(record, indent=2, ensure_ascii=False)


def _table(table: RecordedTable) -> dict[str, object]:
    return {
        "table": table.name,
        "files": table.files,
        "rows": table.rows,
        "first": _time(table.first),
        "last": _time(table.last),
        "missing_columns": list(table.missing_columns),
    }


def _rule(report: RuleReport) -> dict[str, object]:
    seen = report.sight
    return {
        "rule": report.rule.id,
        "evaluations": report.evaluations,
        "ran": path_label(report),
        "reason": report.not_run or report.broke_off,
        "unrecorded_tables": list(seen.unrecorded),
        "missing_columns": list(seen.missing_columns),
        "blind_until": _time(seen.blind_until),
        "blind_from": _time(seen.blind_from),
        "cost": asdict(report.cost) if report.cost else None,
        "outcome": _outcome(report.outcome) if report.outcome else None,
        "variants": [_outcome(outcome) for outcome in report.variants],
    }


def _outcome(outcome: Outcome) -> dict[str, object]:
    counts = outcome.statistics
    return {
        "threshold": outcome.rule.condition.threshold,
        "fired": counts.fired,
        "series": counts.series,
        "firing_seconds": _seconds(counts.firing),
        "longest_seconds": _seconds(counts.longest),
        "called": counts.called,
        "resolved": counts.resolved,
        "notifications_per_day": counts.notifications_per_day,
        "flaps": counts.flaps,
        "muted": counts.muted,
        "alerts": [_alert(alert) for alert in outcome.alerts.alerts],
        "failures": [
            {"at": _time(failure.evaluation_time), "reason": failure.reason}
            for failure in outcome.alerts.failures
        ],
        "score": _score(outcome.score) if outcome.score else None,
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "dimensions": dict(alert.series),
        "fired_at": _time(alert.fired_at),
        "resolved_at": _time(alert.resolved_at),
        "actions_called": alert.actions_called,
    }


def _score(score: Score) -> dict[str, object]:
    return {
        "precision": score.precision,
        "recall": score.recall,
        "right": score.right,
        "wrong": score.wrong,
        "median_delay_seconds": _seconds(score.median_delay),
        "max_delay_seconds": _seconds(score.max_delay),
        "incidents": [
            {
                **_incident(match.incident),
                "delay_seconds": _seconds(match.delay),
                "alerts": [_alert(alert) for alert in match.alerts],
            }
            for match in score.matches
        ],
    }


def _incident(incident: Incident) -> dict[str, object]:
    return {
        "line": incident.line,
        "start": _time(incident.start),
        "end": _time(incident.end),
        "dimensions": dict(incident.dimensions),
        "rule": incident.rule,
    }


def _finding(problem: Problem) -> dict[str, object]:
    return {
        "id": problem.id,
        "severity": problem.severity,
        "message": problem.message,
        "fix": problem.fix,
        "file": problem.location.file,
        "line": problem.location.span.line,
        "column": problem.location.span.column,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
