"""The page of a night without drift results: what is known without them is on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.result_folders import CircuitDay, write_day
from generator.fleet import Fleet
from monitoring.report import ReportError, StageRow, write_unjudged
from tests.monitoring.report.conftest import Browser, Dom

TODAY = date(2026, 11, 20)
SCRIPT = "<script>alert(1)</script>"
STAGES = (StageRow("drift", "failed", f"nothing at {SCRIPT}"), StageRow("performance", "ok", "2"))
WELL = CircuitDay("PLANT001", "CIRCUIT01")
BAD = CircuitDay(
    "PLANT001",
    "CIRCUIT02",
    mae=0.5,
    error_status="degraded",
    error_reason="PLANT001/CIRCUIT02: MAE 0.5 against 0.25.",
    error_issues=["a.parquet cannot be read"],
    newest_forecast="2026-11-12T23:00:00Z",
)
DUE = replace(BAD, action="retrain_now", severity="high", reason="PLANT001/CIRCUIT02: retrain.")


def unjudged_folder(parent: Path, circuits: Sequence[CircuitDay]) -> Path:
    folder = write_day(parent, TODAY, circuits)
    for name in ("drift_results_20261120", "quality_results_20261120", "decisions", "manifest"):
        (folder / f"{name}.json").unlink()
    return folder


def written(folder: Path, fleet: Fleet, *, with_errors: bool = True) -> Path:
    out = folder / "page.html"
    write_unjudged(folder, fleet, TODAY, STAGES, out, with_errors=with_errors)
    return out


def text(page: Path) -> str:
    return Dom(page.read_text(encoding="utf-8")).text


def test_errors_weeks_and_what_was_not_judged_are_shown(tmp_path: Path, fleet: Fleet) -> None:
    late = replace(WELL, mae=None, error_status="insufficient_data", error_reason="0 labels.")

    told = text(written(unjudged_folder(tmp_path, [late, BAD]), fleet))

    assert "The models' errors were judged: 1 of 1 is over a limit." in told
    assert "PLANT001/CIRCUIT02 2.00 times its limit MAE 0.5 against 0.25. 2 runs in a row." in told
    assert "13 Nov to 19 Nov 1 1 1.97 1.97 PLANT001/CIRCUIT02" in told
    assert "Not enough labels to judge the error: 1" in told
    assert "PLANT001/CIRCUIT02 Its newest forecast is for 12 Nov 23:00" in told
    assert "a.parquet cannot be read (1 circuit)" in told
    assert "Decisions of" not in told


def test_where_no_model_is_over_its_limit_the_page_says_so(tmp_path: Path, fleet: Fleet) -> None:
    told = text(written(unjudged_folder(tmp_path, [WELL]), fleet))

    assert "No model that could be judged is over a limit." in told
    assert "What else could not be judged" not in told


def test_results_of_another_run_are_not_shown(tmp_path: Path, fleet: Fleet) -> None:
    told = text(written(unjudged_folder(tmp_path, [BAD]), fleet, with_errors=False))

    assert "No circuit was judged this night, so nothing is decided." in told
    assert "still holds" not in told
    assert "CIRCUIT02" not in told


def test_what_is_shown_of_days_before_holds_on(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, TODAY - timedelta(days=1), [DUE])

    told = text(written(unjudged_folder(tmp_path, [BAD]), fleet, with_errors=False))

    assert "nothing is decided. What is shown for the days before still holds." in told


def test_the_newest_decisions_hold_on(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, TODAY - timedelta(days=3), [DUE, WELL])
    write_day(tmp_path, TODAY - timedelta(days=4), [replace(WELL, action="retrain_now")])
    broken = write_day(tmp_path, TODAY - timedelta(days=1), [WELL])
    (broken / "decisions.json").write_text("[")

    told = text(written(unjudged_folder(tmp_path, [WELL, BAD]), fleet))

    assert "Decisions of 17 Nov 2026 They are the newest that there are" in told
    assert "PLANT001/CIRCUIT02 Retrain now Retrain. plant-1-ops@company.com" in told
    assert told.count("Retrain now") == 1
    assert "Earlier days that could not be read: 1" in told


def test_decisions_that_need_nothing_are_told_as_such(tmp_path: Path, fleet: Fleet) -> None:
    write_day(tmp_path, TODAY - timedelta(days=1), [WELL])

    assert "None of them needs action." in text(written(unjudged_folder(tmp_path, [WELL]), fleet))


def test_errors_that_cannot_be_understood_are_told(tmp_path: Path, fleet: Fleet) -> None:
    folder = unjudged_folder(tmp_path, [WELL])
    (folder / "performance_results_20261120.json").write_text("[{}]")

    with pytest.raises(ReportError, match=r"cannot be understood .*mlmon performance run` again"):
        written(folder, fleet)
    assert not (folder / "page.html").exists()


def test_hostile_names_stay_text_and_nothing_is_loaded_or_wide(
    tmp_path: Path, fleet: Fleet, browser: Browser
) -> None:
    hostile = replace(
        DUE,
        plant_id=SCRIPT,
        circuit_id="W" * 5000,
        error_reason=f"{SCRIPT} {'V' * 5000} \u202e",
        error_issues=[SCRIPT],
        reason=SCRIPT,
    )
    write_day(tmp_path, TODAY - timedelta(days=1), [hostile])
    page = written(unjudged_folder(tmp_path, [hostile]), fleet)

    visit = browser.visit(page, width=500)

    assert visit.console == []
    assert SCRIPT in visit.dom.text
    assert "\u202e" not in visit.dom.text
    assert (visit.dom.count("img"), visit.dom.count("link")) == (0, 0)
    assert visit.dom.count("script") <= 1

    html = page.read_text(encoding="utf-8")
    policy = html[html.index("<meta http-equiv") :].partition(">")[0] + ">"
    probe = (
        "<script>document.title = document.documentElement.scrollWidth"
        " - document.documentElement.clientWidth</script></body>"
    )
    probed = tmp_path / "probed.html"
    probed.write_text(html.replace(policy, "").replace("</body>", probe), encoding="utf-8")
    assert browser.visit(probed, width=500).dom.title == "0"
