"""The report as text, as JSON and as a picture."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from evaluator.backtest.incidents import Incident
from evaluator.backtest.lanes import MAX_LANES, blocks
from evaluator.backtest.picture import as_html
from evaluator.backtest.report import duration, incidents_table, notes, rules_table
from evaluator.backtest.report_json import as_json
from evaluator.backtest.running import Backtest
from tests.evaluator.backtest.conftest import HOURS, START, Values, rule, run_backtest

INCIDENTS = (
    Incident(2, START + 2 * HOURS, START + 5 * HOURS, (("circuit_id", "C1"),)),
    Incident(3, START + 15 * HOURS, START + 16 * HOURS),
)


def whole(values: Values) -> Backtest:
    learned = replace(rule("learned"), dynamic_threshold=True)
    return run_backtest(
        values, rule(), learned, thresholds={"mae-high": [0.35]}, incidents=INCIDENTS
    )


def test_the_table_has_a_row_for_each_rule_and_each_tried_threshold(bad_hours: Values) -> None:
    table = rules_table(whole(bad_hours))

    assert table.columns == (
        *("rule", "threshold", "fired", "series", "minutes firing", "longest"),
        *("notifications a day", "flaps", "muted", "failures", "USD a month", "ran"),
        *("precision", "recall", "median delay", "max delay"),
    )
    counted = [row[:12] for row in table.rows]
    assert counted == [
        ("mae-high", "0.25", "3", "2", "540", "3h", "5.0", "1", "-", "0", "0.65", "batched"),
        ("mae-high", "0.35", "2", "1", "360", "3h", "4.0", "1", "-", "0", "0.65", "batched"),
        ("learned", "0.25", *"---------", "checked, not run"),
    ]
    assert [row[12:] for row in table.rows] == [
        ("0.33 (1/3)", "0.50 (1/2)", "1h", "1h"),
        ("0.50 (1/2)", "0.50 (1/2)", "1h", "1h"),
        ("-", "-", "-", "-"),
    ]


def test_without_incidents_there_are_no_scores(bad_hours: Values) -> None:
    table = rules_table(run_backtest(bad_hours))

    assert table.columns[-1] == "ran"
    assert len(table.rows[0]) == len(table.columns)


def test_incidents_outside_of_the_period_and_notes_of_several_rules_are_told_once(
    bad_hours: Values,
) -> None:
    later = Incident(2, START + 48 * HOURS, START + 49 * HOURS)
    result = run_backtest(bad_hours, rule(), rule("mae-too"), incidents=(*INCIDENTS, later))
    told = notes(result)

    assert told[1] == "1 of 3 incidents lie outside of it and do not count"
    assert [note.partition(":")[0] for note in told[3:]] == ["mae-high, mae-too"]


def test_what_matched_is_listed(bad_hours: Values) -> None:
    first, second = incidents_table(whole(bad_hours)).rows

    assert first[:4] == ("2026-01-05 02:00", "2026-01-05 05:00", "circuit_id C1", "mae-high")
    assert first[4:] == ("1", "2026-01-05 03:00 C1", "1h")
    assert second[2:] == ("everything", "mae-high", "missed", "-", "-")


def test_notes_say_what_the_numbers_rest_on(bad_hours: Values) -> None:
    assert notes(whole(bad_hours)) == [
        "evaluated from 2026-01-05 00:00 until 2026-01-06 00:00 UTC, 1 day",
        "AppMetrics: 144 rows in 1 file, from 2026-01-05 00:00 to 2026-01-05 23:30",
        "mae-high: looks back to before the recording until 2026-01-05 01:00; "
        "what it does until then may differ from Azure",
        "learned: checked, not run: a dynamic threshold is learned by a model of Azure's that is "
        "not public; only static thresholds are simulated",
    ]


def test_durations_are_written_shortly() -> None:
    lengths = (0 * HOURS, HOURS / 3600, 1.5 * HOURS, 49 * HOURS, None)

    assert [duration(length) for length in lengths] == ["0m", "1s", "1h 30m", "2d 1h", "-"]


def test_json_has_every_alert(bad_hours: Values) -> None:
    record = json.loads(as_json(whole(bad_hours)))

    first, second = record["rules"]
    assert (record["from"], record["to"]) == ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z")
    assert first["outcome"]["alerts"][0] == {
        "dimensions": {"circuit_id": "C1"},
        "fired_at": "2026-01-05T03:00:00Z",
        "resolved_at": "2026-01-05T06:00:00Z",
        "actions_called": True,
    }
    assert first["outcome"]["score"]["recall"] == 0.5
    assert [variant["threshold"] for variant in first["variants"]] == [0.35]
    assert (second["ran"], second["outcome"]) == ("checked, not run", None)


def test_the_same_run_gives_the_same_bytes(bad_hours: Values) -> None:
    one, other = whole(bad_hours), whole(dict(reversed(list(bad_hours.items()))))

    assert as_html(one) == as_html(other)
    assert as_json(one) == as_json(other)


def test_the_picture_has_a_lane_for_each_series_that_fired(bad_hours: Values) -> None:
    first, second = blocks(whole(bad_hours))

    assert [lane.label for lane in first.lanes] == ["C1", "C2"]
    assert [mark.kind for mark in first.lanes[0].marks] == ["called", "resolved"] * 2
    assert [band.words for band in first.bands] == [
        "incident circuit_id C1: 2026-01-05 02:00 to 2026-01-05 05:00, noticed after 1h",
        "incident everything: 2026-01-05 15:00 to 2026-01-05 16:00, missed",
    ]
    assert (second.summary, second.lanes) == ("checked, not run", ())


def test_the_busiest_series_have_a_lane_and_the_others_share_one() -> None:
    values = {f"C{n:02}": [0.4] * (4 + n) + [0.1] * 10 for n in range(MAX_LANES + 3)}
    (block,) = blocks(run_backtest(values))

    labels = [lane.label for lane in block.lanes]
    assert labels[0] == f"C{MAX_LANES + 2}"
    assert labels[-1] == "3 more series"
    assert len(block.lanes[-1].bars) == 3


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_no_script_and_no_other_file(bad_hours: Values) -> None:
    text = as_html(whole(bad_hours))
    page = _Page()
    page.feed(text)

    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not re.search(r"(\bsrc=|href|url\()", text)
    assert re.search(r'<svg [^>]*role="img" aria-labelledby="title desc"', text)
    assert "prefers-color-scheme: dark" in text


def test_values_of_the_data_cannot_become_markup_or_move_a_cursor() -> None:
    bad = "</text><script>alert(1)</script>\x1b[2J\u202e"
    result = run_backtest({bad: [0.4] * 6})
    text = as_html(result)

    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "&lt;/text&gt;&lt;script&gt;" in text
    matched = run_backtest(
        {bad: [0.4] * 6}, incidents=[INCIDENTS[0], replace(INCIDENTS[1], start=START)]
    )
    assert not any("\x1b" in cell for row in incidents_table(matched).rows for cell in row)
