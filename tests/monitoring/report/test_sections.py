"""What each section says, from results folders that are written and read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.result_folders import CircuitDay, write_day
from generator.fleet import Fleet
from monitoring.decision_table import TABLE, runbook_rule
from monitoring.quality import QualityStatus
from monitoring.report import ReportError, read_day
from monitoring.report.building import build
from monitoring.report.model import Report
from monitoring.report.reading import read_backtest, read_past
from monitoring.report.records import QualityWord
from tests.test_docs import RUNBOOKS

TODAY = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)
WELL = CircuitDay("PLANT001", "CIRCUIT01")
OTHER = CircuitDay("PLANT001", "CIRCUIT02")
THIRD = CircuitDay("PLANT002", "CIRCUIT01")
DRIFTED = replace(
    WELL,
    drift=1.73,
    drift_status="drift",
    action="schedule_retraining",
    severity="medium",
    row="severe-calibrated-drift-error-unknown",
    reason="PLANT001/CIRCUIT01: schedule retraining, because the drift is severe, but without "
    "labels calibrated drift goes no further than scheduling. Compared: calibrated drift score "
    "1.73 against 1 (default config/thresholds.yaml:19). Drifted: temperature.",
)
ALERTS = {
    "from": "2026-11-16T00:00:00Z",
    "to": "2026-11-20T00:00:00Z",
    "rules": [
        {
            "rule": "high-mae-alert",
            "reason": None,
            "outcome": {
                "alerts": [
                    {
                        "dimensions": {"plant_id": "PLANT001", "circuit_id": "CIRCUIT01"},
                        "fired_at": "2026-11-17T00:00:00Z",
                        "resolved_at": "2026-11-18T00:00:00Z",
                        "actions_called": True,
                    },
                    {
                        "dimensions": {"plant_id": "PLANT001", "circuit_id": "CIRCUIT01"},
                        "fired_at": "2026-11-19T00:00:00Z",
                        "resolved_at": None,
                        "actions_called": False,
                    },
                ]
            },
        },
        {"rule": "circuit-silent", "reason": None, "outcome": {"alerts": []}},
        {"rule": "data-quality-issues", "reason": "no row was recorded", "outcome": None},
    ],
}


def report(
    parent: Path, fleet: Fleet, *days: Sequence[CircuitDay], alerts: Path | None = None
) -> Report:
    """Write the last days, the newest last, and read the newest."""
    folder = parent
    for back, circuits in enumerate(reversed(days)):
        written = write_day(parent, TODAY - timedelta(days=back), circuits)
        folder = folder if back else written
    return of(folder, fleet, alerts)


def of(folder: Path, fleet: Fleet, alerts: Path | None = None) -> Report:
    day = read_day(folder)
    backtest = read_backtest(alerts) if alerts else None
    return build(day, read_past(folder, day), fleet, backtest)


def changes(found: Report) -> dict[str, list[str]]:
    return {
        row.circuit.key: [f"{each.what}: {each.before} > {each.after}" for each in row.transitions]
        for row in found.news.rows
    }


def test_on_the_first_day_all_that_is_not_well_is_new(tmp_path: Path, fleet: Fleet) -> None:
    found = report(tmp_path, fleet, [DRIFTED, OTHER])

    assert changes(found) == {
        "PLANT001/CIRCUIT01": ["action:  > schedule retraining", "drift:  > drift"]
    }
    assert found.news.intro.startswith("This is the first day")
    assert found.verdict == "1 of 2 circuits needs action; all new on this first day."


def test_what_lasts_is_not_new_and_what_got_worse_is(tmp_path: Path, fleet: Fleet) -> None:
    worse = replace(OTHER, mae=0.31, error_status="degraded")

    found = report(tmp_path, fleet, [DRIFTED, OTHER], [DRIFTED, worse])

    assert changes(found) == {"PLANT001/CIRCUIT02": ["error: ok > degraded"]}
    assert found.news.intro == "1 circuit got worse since 19 Nov, in action, drift or error."
    assert found.verdict == "1 of 2 circuits needs action; 1 got worse since 19 Nov."


def test_the_same_action_with_more_severity_is_new(tmp_path: Path, fleet: Fleet) -> None:
    low = replace(DRIFTED, severity="low")

    found = report(tmp_path, fleet, [low], [DRIFTED])

    assert changes(found) == {
        "PLANT001/CIRCUIT01": ["action: schedule retraining, low > schedule retraining, medium"]
    }


def test_a_circuit_that_can_no_longer_be_judged_got_worse(tmp_path: Path, fleet: Fleet) -> None:
    stale = replace(WELL, drift=None, drift_status="stale", quality="stale")

    found = report(tmp_path, fleet, [WELL], [stale])

    assert changes(found) == {"PLANT001/CIRCUIT01": ["drift: ok > stale"]}


def test_a_circuit_that_is_well_again_is_named(tmp_path: Path, fleet: Fleet) -> None:
    found = report(tmp_path, fleet, [DRIFTED, OTHER], [WELL, OTHER])

    assert changes(found) == {}
    assert found.news.intro == "Nothing got worse since 19 Nov."
    assert found.news.recovered == "No longer in need of action: PLANT001/CIRCUIT01."
    assert found.verdict == "None of 2 circuits needs action."


def test_a_missing_night_compares_with_the_day_before_it(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, TODAY - timedelta(days=3), [DRIFTED])
    folder = write_day(tmp_path, TODAY, [DRIFTED])

    found = of(folder, fleet)

    assert found.news.intro == "Nothing got worse since 17 Nov."


def test_a_broken_yesterday_is_told_and_the_day_before_is_compared_with(
    tmp_path: Path, fleet: Fleet
) -> None:
    write_day(tmp_path, TODAY - timedelta(days=2), [DRIFTED])
    (write_day(tmp_path, YESTERDAY, [WELL]) / "decisions.json").write_text("[")
    folder = write_day(tmp_path, TODAY, [DRIFTED])
    (tmp_path / "notes").mkdir()
    (tmp_path / "2026-11-21").mkdir()

    found = of(folder, fleet)

    assert found.news.intro == "Nothing got worse since 18 Nov."
    [gap] = [gap for gap in found.gaps if gap.title == "Earlier days that could not be read: 1"]
    assert "2026-11-19/decisions.json cannot be understood" in gap.items[0].words


def test_a_folder_with_another_name_than_its_day_is_left_out(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, YESTERDAY, [DRIFTED]).rename(tmp_path / "2026-11-18")
    folder = write_day(tmp_path, TODAY, [DRIFTED])

    found = of(folder, fleet)

    assert found.news.intro.startswith("This is the first day")
    assert any(
        "holds the results of 2026-11-19; rename it" in g.items[0].words
        for g in found.gaps
        if g.items
    )


def test_results_of_another_environment_are_no_past(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, YESTERDAY, [DRIFTED], environment="test")

    found = of(write_day(tmp_path, TODAY, [DRIFTED]), fleet)

    assert found.news.intro.startswith("This is the first day")
    [gap] = [gap for gap in found.gaps if gap.title == "Earlier days that could not be read: 1"]
    assert gap.items[0].words.endswith("of the environment test; keep them apart")


def test_decisions_are_ranked_and_say_why_who_and_what_next(tmp_path: Path, fleet: Fleet) -> None:
    urgent = replace(
        THIRD,
        drift=1.1,
        drift_status="warn",
        action="retrain_now",
        severity="high",
        row="severe-drift-error-degraded",
        reason="PLANT002/CIRCUIT01: retrain now, because the drift is severe and the error rose.",
    )
    farther = replace(
        DRIFTED, circuit_id="CIRCUIT02", drift=2.5, reason="PLANT001/CIRCUIT02: something else."
    )

    found = report(tmp_path, fleet, [DRIFTED, farther, urgent]).decisions

    keys = [decision.circuit.key for decision in found.shown]
    assert keys == ["PLANT002/CIRCUIT01", "PLANT001/CIRCUIT02", "PLANT001/CIRCUIT01"]
    first, second, third = found.shown
    assert (first.action, first.severity, first.owner) == (
        "Retrain now",
        "high",
        "plant-2-ops@company.com",
    )
    assert first.because == "The drift is severe and the error rose."
    assert first.details == ""
    assert (second.because, second.details) == ("", "Something else.")
    assert third.owner == "one@company.com"
    assert third.details.startswith("Compared: calibrated drift score 1.73 against 1")
    assert third.next_step.title == "Data Drift Detected"
    assert third.next_step.url.endswith("/docs/runbooks/data-drift-detected.md")
    assert third.next_step.command == (
        "mlmon drift plot PLANT001/CIRCUIT01 --data "
        "abfss://bronze@account.dfs.core.windows.net/sensors/ --as-of 2026-11-20 --env prod "
        "--out PLANT001-CIRCUIT01.svg"
    )


def test_every_row_of_the_decision_table_has_a_runbook_that_exists() -> None:
    rows = {row.name for row in TABLE}

    assert {runbook_rule(row) for row in rows} <= set(RUNBOOKS)


def test_a_decision_that_was_held_back_is_named_and_is_no_work(
    tmp_path: Path, fleet: Fleet
) -> None:
    held = replace(DRIFTED, action="monitor", severity="low", held_by="cooldown")

    found = report(tmp_path, fleet, [DRIFTED], [held])

    assert found.news.recovered == ""
    assert found.decisions.shown == ()
    assert found.decisions.held.endswith("in the fleet below: PLANT001/CIRCUIT01.")
    assert found.fleet.plants[0].circuits[0].action == "monitor (held: cooldown)"


def test_the_heat_map_has_the_worst_of_each_plant_and_feature(tmp_path: Path, fleet: Fleet) -> None:
    silent = replace(THIRD, drift=None, drift_status="stale")
    cool = replace(WELL, circuit_id="CIRCUIT00", drift=0.37)

    found = report(tmp_path, fleet, [cool, DRIFTED, replace(OTHER, drift=0.61), silent]).heat

    assert found.features[0] == "temperature"
    first, second = found.rows
    assert (first.plant, first.name) == ("PLANT001", "Rotterdam")
    worst = first.cells[0]
    assert (worst.figure, worst.level, worst.anchor) == ("1.73", 4, "c1")
    assert worst.label == "temperature of PLANT001/CIRCUIT01: 1.73 times its limit"
    assert "of the readings alone, and may be lower than the drift score" in found.intro
    assert {(cell.figure, cell.level, cell.anchor) for cell in second.cells} == {("–", 0, "")}


def test_the_document_rule_shows_its_stability_index_over_the_limit(
    tmp_path: Path, fleet: Fleet
) -> None:
    folder = write_day(tmp_path, TODAY, [WELL], rule="document")
    file = folder / "drift_results_20261120.json"
    results = json.loads(file.read_text())
    results[0]["verdicts"] = []
    file.write_text(json.dumps(results))

    found = of(folder, fleet)

    assert found.heat.rows[0].cells[0].figure == "0.48"
    feature = found.fleet.plants[0].circuits[0].features[0]
    assert (feature.exceedance, feature.words) == ("0.48", "PSI 0.119 of 0.25")


def test_lines_go_over_the_days_and_leave_gaps(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, TODAY - timedelta(days=3), [WELL], performance=False)
    folder = write_day(tmp_path, TODAY, [replace(DRIFTED, mae=None)], performance=False)

    found = of(folder, fleet)
    circuit = found.fleet.plants[0].circuits[0]

    assert found.fleet.days == "7 days"
    assert circuit.drift_line.path.count("M") == 2
    assert circuit.drift_line.words == "0.41 to 1.73 times its limit on 2 days"
    assert circuit.mae_line.path == ""
    assert (circuit.mae, circuit.error) == ("–", "not evaluated")


def test_the_line_of_the_error_is_the_results_own_history(tmp_path: Path, fleet: Fleet) -> None:
    found = report(tmp_path, fleet, [WELL])

    assert found.fleet.days == "29 days"
    assert found.fleet.plants[0].circuits[0].mae_line.words.endswith("on 29 days")


def test_without_a_history_earlier_results_make_the_line_of_the_error(
    tmp_path: Path, fleet: Fleet
) -> None:
    for day in (YESTERDAY, TODAY):
        file = write_day(tmp_path, day, [WELL]) / f"performance_results_{day:%Y%m%d}.json"
        results = json.loads(file.read_text())
        results[0]["history"] = []
        file.write_text(json.dumps(results))

    found = of(tmp_path / TODAY.isoformat(), fleet)

    assert found.fleet.plants[0].circuits[0].mae_line.words.endswith("on 2 days")


def test_a_model_that_is_not_judged_any_more_is_no_recovery(tmp_path: Path, fleet: Fleet) -> None:
    last: dict[str, object] = {"status": "degraded", "evaluated_at": "2026-11-12T00:00:00Z"}
    lost = replace(
        OTHER,
        mae=None,
        error_status="insufficient_data",
        error_reason="0 labels are there.",
        last_verdict=last,
    )
    waiting = replace(THIRD, mae=None, error_status="insufficient_data")

    found = report(tmp_path / "some", fleet, [WELL, lost, waiting])
    none = report(tmp_path / "none", fleet, [lost, waiting])
    new = report(tmp_path / "new", fleet, [WELL, waiting])

    [item, _] = next(gap.items for gap in found.gaps if gap.title.startswith("Not enough labels"))
    assert item.words == "0 labels are there. Its last verdict is of 12 Nov 00:00: degraded."
    told = "1 model has no verdict on the error any more; at the last one 1 was over a limit."
    assert found.verdict == f"None of 3 circuits needs action. {told}"
    assert none.verdict.endswith(f"No model's error could be judged. {told}")
    assert new.verdict == "None of 2 circuits needs action."


def test_data_that_fail_the_gate_are_not_told_as_too_few(tmp_path: Path, fleet: Fleet) -> None:
    behind = replace(WELL, drift=None, drift_status="insufficient_data")
    wrong = replace(
        behind, quality="failed", drift_reason="PLANT001/CIRCUIT01 current: in another unit."
    )
    few = replace(
        behind,
        circuit_id="CIRCUIT02",
        quality="insufficient_data",
        drift_reason="PLANT001/CIRCUIT02: the window has no row. PLANT001/CIRCUIT02: nor labels.",
    )

    [failed, lacking, *_] = report(tmp_path, fleet, [wrong, few]).gaps

    assert failed.title == "Data fail the quality gate: 1"
    assert [each.words for each in failed.items] == ["Feature current: in another unit."]
    assert lacking.title == "Not enough data to judge drift: 1"
    assert [each.words for each in lacking.items] == ["The window has no row. Nor labels."]


def test_what_could_not_be_judged_is_listed_with_its_reason(tmp_path: Path, fleet: Fleet) -> None:
    failed = replace(WELL, drift=None, drift_status="error", drift_reason="PLANT001/CIRCUIT01: no")
    unlabelled = replace(
        OTHER, mae=None, error_status="insufficient_data", error_reason="0 labels are there."
    )
    met: dict[str, object] = {
        "issues": {"x.parquet cannot be read": ["PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02"]},
        "unknown": ["PLANT009/CIRCUIT09"],
    }
    folder = write_day(tmp_path, TODAY, [failed, unlabelled], met=met, predictions=None)

    gaps = {gap.title: gap for gap in of(folder, fleet).gaps}

    assert list(gaps) == [
        "Could not be read or judged: 1",
        "Not enough labels to judge the error: 1",
        "Parts of the data that could not be read: 1",
        "No predictions",
        "Unknown circuits: 1",
        "Circuits without a result: 1",
        "Disabled circuits: 1",
    ]
    [item] = gaps["Could not be read or judged: 1"].items
    assert (item.words, item.circuit and item.circuit.anchor) == ("No", "c0")
    [item] = gaps["Parts of the data that could not be read: 1"].items
    assert item.words == "x.parquet cannot be read (2 circuits)"
    for title, key in (
        ("Unknown circuits: 1", "PLANT009/CIRCUIT09"),
        ("Circuits without a result: 1", "PLANT002/CIRCUIT01"),
        ("Disabled circuits: 1", "PLANT002/CIRCUIT09"),
    ):
        [item] = gaps[title].items
        assert item.circuit is not None
        assert (item.circuit.key, item.circuit.anchor) == (key, "")


def test_without_performance_results_the_report_says_so_and_goes_on(
    tmp_path: Path, fleet: Fleet
) -> None:
    folder = write_day(tmp_path, TODAY, [DRIFTED], performance=False)

    found = of(folder, fleet)

    assert "No performance results" in [gap.title for gap in found.gaps]
    [tile] = [tile for tile in found.tiles if tile.label == "over their error limit"]
    assert (tile.figure, tile.note) == ("–", "no performance results")


SKEWED = "skewed_predictions"
OLD_VERSION: dict[str, object] = {
    "model_name": "forecast",
    "model_version": "2",
    "labels": 96,
    "mae": 0.187,
    "first_target_time": "2026-10-20T00:00:00Z",
    "last_target_time": "2026-11-16T23:00:00Z",
}


def test_what_the_performance_job_could_not_use_is_listed(tmp_path: Path, fleet: Fleet) -> None:
    torn = "b.parquet cannot be read"
    rows = [
        replace(WELL, error_issues=[torn], left_out={SKEWED: 7, "repeated_labels": 0}),
        replace(OTHER, error_issues=[torn], left_out={SKEWED: 1200, "unusable_labels": 3}),
        THIRD,
    ]
    met: dict[str, object] = {
        "issues": {torn: [], "rows of nobody": []},
        "unknown": ["PLANT009/CIRCUIT01"],
    }
    folder = write_day(tmp_path, TODAY, rows, performance_met=met)

    gaps = {gap.title: gap for gap in of(folder, replace(fleet, disabled=())).gaps}

    told = {title: [each.words for each in gap.items] for title, gap in gaps.items()}
    assert told == {
        "Parts of predictions and actuals that could not be used: 2": [
            f"{torn} (2 circuits)",
            "rows of nobody (0 circuits)",
        ],
        "Kinds of predictions and actuals that do not count: 2": [
            "1,207 predictions issued after the time that they forecast, of 2 circuits: "
            "PLANT001/CIRCUIT02, PLANT001/CIRCUIT01",
            "3 actuals without a number, of 1 circuit: PLANT001/CIRCUIT02",
        ],
        "Unknown circuits that forecast: 1": [""],
    }


def test_a_circuit_that_stopped_forecasting_is_silent_once_it_is_overdue(
    tmp_path: Path, fleet: Fleet
) -> None:
    daily, weekly = (
        replace(c, expected_every=timedelta(days=days))
        for c, days in zip(fleet.circuits[:2], (1, 7), strict=True)
    )
    known = replace(fleet, disabled=(), circuits=(daily, weekly, fleet.circuits[2]))
    rows = [
        replace(WELL, newest_forecast="2026-11-18T17:00:00Z"),
        replace(OTHER, newest_forecast="2026-11-18T17:00:00Z"),
        replace(THIRD, newest_forecast=None),
    ]

    [gap] = report(tmp_path / "a", known, rows).gaps
    on_time = report(tmp_path / "b", known, [replace(WELL, newest_forecast=ON_TIME), OTHER, THIRD])

    assert gap.title == "Silent circuits: 2"
    assert [(each.circuit and each.circuit.key, each.words) for each in gap.items] == [
        (WELL.key, "Its newest forecast is for 18 Nov 17:00"),
        (THIRD.key, "No forecast in all the days that are looked at"),
    ]
    assert "and also of circuits that forecast and that no run of two days" in gap.note
    assert on_time.gaps == ()


ON_TIME = "2026-11-18T18:00:00Z"
"""A day and a quarter before the run."""


def test_versions_beside_the_judged_one_are_in_the_details(tmp_path: Path, fleet: Fleet) -> None:
    many = [OLD_VERSION | {"model_version": str(n), "labels": 0, "mae": None} for n in range(5)]
    many[1]["model_name"] = "another-model"
    rows = [
        replace(WELL, other_versions=[OLD_VERSION], left_out={SKEWED: 12}),
        replace(OTHER, error_version="4", other_versions=many),
        THIRD,
    ]

    plants = report(tmp_path, fleet, rows).fleet.plants
    facts = [dict(circuit.facts) for plant in plants for circuit in plant.circuits]

    assert facts[0]["Versions"] == (
        "3 is judged; 2: MAE 0.187 over 96 matched, forecasts of 20 Oct to 16 Nov"
    )
    assert "; another-model 1: 0 matched" in facts[1]["Versions"]
    assert facts[0]["Left out"] == "12 predictions issued after the time that they forecast"
    assert facts[1]["Versions"].startswith("4 is judged; 0: 0 matched, forecasts of 20 Oct")
    assert facts[1]["Versions"].endswith(" and 2 more")
    assert not {"Versions", "Left out"} & facts[2].keys()


def test_weeks_sum_up_the_verdicts_of_the_fleet(tmp_path: Path, fleet: Fleet) -> None:
    rows = [replace(WELL, mae=0.5), replace(OTHER, mae=0.1), replace(THIRD, mae=None)]

    found = report(tmp_path, fleet, rows)

    assert found.weeks is not None
    assert [row.week for row in found.weeks.rows] == [
        "13 Nov to 19 Nov",
        "6 Nov to 12 Nov",
        "30 Oct to 5 Nov",
        "23 Oct to 29 Oct",
    ]
    first = found.weeks.rows[0]
    assert (first.judged, first.over, first.tone) == ("2", "1", "high")
    assert (first.median, first.worst_exceedance) == ("1.18", "1.97")
    assert (first.worst.key, first.worst.anchor) == (WELL.key, "c0")


@pytest.mark.parametrize("performance", [True, False])
def test_without_verdicts_there_are_no_weeks(
    performance: bool, tmp_path: Path, fleet: Fleet
) -> None:
    rows = [replace(WELL, mae=None, error_status="insufficient_data")]
    folder = write_day(tmp_path, TODAY, rows, performance=performance)

    assert of(folder, fleet).weeks is None


def test_performance_results_that_are_not_whole_are_told(tmp_path: Path, fleet: Fleet) -> None:
    folder = write_day(tmp_path, TODAY, [WELL])
    (folder / "performance" / "met.json").unlink()

    with pytest.raises(ReportError, match=r"met\.json is missing; run `mlmon performance run`"):
        of(folder, fleet)


def test_where_all_is_well_nothing_is_missing(tmp_path: Path, fleet: Fleet) -> None:
    whole = replace(fleet, disabled=())

    found = report(tmp_path, whole, [WELL, OTHER, THIRD])

    assert found.gaps == ()
    assert found.decisions.intro == "Nothing to do: every decision is to go on monitoring."


def test_alerts_are_drawn_over_time(tmp_path: Path, fleet: Fleet) -> None:
    alerts = tmp_path / "alerts.json"
    alerts.write_text(json.dumps(ALERTS))

    found = report(tmp_path, fleet, [WELL], alerts=alerts).timeline

    assert found is not None
    assert [tick.label for tick in found.ticks] == ["16 Nov", "17 Nov", "18 Nov", "19 Nov"]
    [rule] = found.rules
    assert (rule.rule, rule.summary) == ("High MAE Alert", "2 alerts on 1 series")
    [lane] = rule.lanes
    assert lane.series == "PLANT001/CIRCUIT01"
    assert [(each.left, each.width) for each in lane.stretches] == [
        ("25.00%", "25.00%"),
        ("75.00%", "25.00%"),
    ]
    assert lane.words == (
        "fired 17 Nov 00:00, resolved 18 Nov 00:00; fired 19 Nov 00:00, still active, nobody called"
    )
    assert found.quiet == (
        "Did not fire: Circuit Silent. Data Quality Issues did not run: no row was recorded."
    )


def test_an_alert_of_a_stateless_rule_has_no_end(tmp_path: Path, fleet: Fleet) -> None:
    fired: dict[str, object] = {
        "dimensions": {},
        "fired_at": "2026-11-17T00:00:00Z",
        "resolved_at": None,
        "actions_called": True,
    }
    rule = {"rule": "batch-job-failure", "reason": None, "outcome": {"alerts": [fired]}}
    alerts = tmp_path / "alerts.json"
    alerts.write_text(json.dumps({**ALERTS, "rules": [rule]}))

    found = report(tmp_path, fleet, [WELL], alerts=alerts).timeline

    assert found is not None
    [lane] = found.rules[0].lanes
    assert (lane.series, lane.words) == ("the whole fleet", "fired 17 Nov 00:00")
    assert lane.stretches[0].width == "0.40%"


def test_the_details_of_a_circuit_say_nothing_twice(tmp_path: Path, fleet: Fleet) -> None:
    reason = "PLANT001/CIRCUIT01: the newest row is 168.0 h old."
    stale = replace(
        DRIFTED,
        drift=None,
        drift_status="stale",
        drift_reason=reason,
        quality="stale",
        quality_reasons=[reason],
        reason=f"PLANT001/CIRCUIT01: maintenance, because nothing can be judged. {reason}",
    )
    odd = replace(OTHER, quality="warn", quality_reasons=["PLANT001/CIRCUIT02: odd.", "Late."])

    found = report(tmp_path, fleet, [stale, odd]).fleet.plants[0].circuits

    facts = [dict(circuit.facts) for circuit in found]
    assert facts[0].keys() == {
        *("Model", "Owner", "Decision", "Error", "Labels", "MAE by week"),
        "Predictions' drift",
    }
    assert facts[1]["Data"] == "Odd. And 1 reason more."
    assert facts[1]["Error"].startswith("MAE 0.173 (limit 0.25), RMSE 0.227 (limit 0.35), ")


def test_the_run_is_named(tmp_path: Path, fleet: Fleet) -> None:
    folder = write_day(tmp_path, TODAY, [WELL])

    told = dict(of(folder, fleet).provenance)

    assert told["Run"] == json.loads((folder / "manifest.json").read_text())["run_id"]
    assert told["As of"] == "2026-11-20 00:00 UTC, exclusive"
    assert told["Version of the data"] == "417"
    assert told["Rule that decides"] == "calibrated"
    assert told["Calibration"] == "c" * 64


def test_words_of_quality_are_those_of_the_checks() -> None:
    assert get_args(QualityWord) == tuple(QualityStatus)


@pytest.mark.parametrize("status", ["ok", "warn", "drift", "warming_up", "insufficient_data"])
def test_a_warming_circuit_is_not_new_but_listed(status: str, tmp_path: Path, fleet: Fleet) -> None:
    found = report(tmp_path, fleet, [WELL], [replace(WELL, drift_status=status)])

    assert bool(found.news.rows) == (status in ("warn", "drift", "insufficient_data"))
