"""Labelled incidents: how they are read, and how alerts are held against them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evaluator.backtest.alerts import Alert
from evaluator.backtest.incidents import Incident, IncidentError, read_incidents
from evaluator.backtest.scores import Score, score
from evaluator.rules import LogAlertRule
from tests.evaluator.backtest.conftest import DAY, HOURS, MINUTES, START, rule

RULES = [rule("mae-high"), rule("errors", auto_mitigate=False)]


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str) -> list[Incident]:
    path = Path("incidents.csv")
    path.write_text(text, "utf-8")
    return read_incidents(path, RULES)


@pytest.mark.usefixtures("in_folder")
def test_incidents_are_read_in_order_of_time() -> None:
    text = (
        "start,end,circuit_id,rule\n"
        "2026-01-05T10:00:00+01:00,2026-01-05T12:00:00Z,C1,mae-high\n"
        "\n"
        "2026-01-05T01:00:00Z,2026-01-05T02:00:00Z,,\n"
    )

    assert read(text) == [
        Incident(4, START + HOURS, START + 2 * HOURS),
        Incident(2, START + 9 * HOURS, START + 12 * HOURS, (("circuit_id", "C1"),), "mae-high"),
    ]


@pytest.mark.usefixtures("in_folder")
def test_every_wrong_line_is_told_at_once() -> None:
    with pytest.raises(IncidentError) as caught:
        read(
            "start,end,rule\n"
            "2026-01-05T01:00:00,2026-01-05T02:00:00Z,\n"
            "yesterday,2026-01-05T02:00:00Z,\n"
            "2026-01-05T03:00:00Z,2026-01-05T02:00:00Z,\n"
            "2026-01-05T01:00:00Z,2026-01-05T02:00:00Z,mae-hihg\n"
            "2026-01-05T01:00:00Z,2026-01-05T02:00:00Z\n"
        )

    assert [f"{p.location.span.line}: {p.message} => {p.fix}" for p in caught.value.problems] == [
        "2: `start`: `2026-01-05T01:00:00` states no time zone => "
        "write a time such as 2026-01-05T02:00:00Z",
        "3: `start`: `yesterday` is no time => write a time such as 2026-01-05T02:00:00Z",
        "4: the incident ends before it begins => swap `start` and `end`",
        "5: there is no rule `mae-hihg` => did you mean `mae-high`?",
        "6: the line has 2 cells, the header 3 => "
        "write a cell for each column, empty where nothing is known",
    ]


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,until\n", "there is no column `end`"),
        ("start,end,circuit\n", "`circuit` is no dimension of any rule"),
        ("start,end,start\n", "the column `start` stands twice"),
        ("start,end\n", "there are no incidents"),
    ],
)
def test_a_file_that_says_nothing_usable(text: str, message: str) -> None:
    with pytest.raises(IncidentError) as caught:
        read(text)

    assert message in [p.message for p in caught.value.problems]


@pytest.mark.usefixtures("in_folder")
def test_a_missing_file_is_told() -> None:
    with pytest.raises(IncidentError) as caught:
        read_incidents(Path("incidents.csv"), RULES)

    assert [p.id for p in caught.value.problems] == ["backtest/incidents"]


def alert(circuit: str, fired: int, resolved: int | None) -> Alert:
    """Make an alert; times in hours from the start."""
    end = None if resolved is None else START + resolved * HOURS
    return Alert((("circuit_id", circuit),), START + fired * HOURS, end)


def incident(start: int, end: int, circuit: str = "", name: str | None = None) -> Incident:
    dimensions = (("circuit_id", circuit),) if circuit else ()
    return Incident(2, START + start * HOURS, START + end * HOURS, dimensions, name)


def scored(
    alerts: Sequence[Alert], *incidents: Incident, subject: LogAlertRule = RULES[0]
) -> Score:
    return score(subject, alerts, incidents, DAY)


def test_precision_is_of_alerts_and_recall_of_incidents() -> None:
    alerts = [alert("C1", 3, 4), alert("C1", 4, 5), alert("C2", 3, 4), alert("C1", 20, 21)]
    result = scored(alerts, incident(2, 6, "C1"), incident(8, 9, "C1"))

    assert (result.right, result.wrong, result.precision) == (2, 2, 0.5)
    assert result.recall == 0.5
    assert [len(match.alerts) for match in result.matches] == [2, 0]


def test_the_delay_is_to_the_first_alert_and_0_where_one_is_active() -> None:
    alerts = [alert("C1", 1, 3), alert("C1", 13, 14), alert("C2", 11, 12), alert("C1", 20, None)]
    result = scored(alerts, incident(2, 6), incident(10, 14, "C1"), incident(19, 22, "C1"))

    assert [match.delay for match in result.matches] == [timedelta(0), 3 * HOURS, HOURS]
    assert (result.median_delay, result.max_delay) == (HOURS, 3 * HOURS)


def test_an_incident_can_be_noticed_while_the_windows_still_hold_it() -> None:
    late = Alert((("circuit_id", "C1"),), START + 7 * HOURS, START + 8 * HOURS)
    later = Alert((("circuit_id", "C1"),), START + 7 * HOURS + MINUTES, START + 8 * HOURS)

    assert scored([late], incident(2, 6)).recall == 1
    assert scored([later], incident(2, 6)).recall == 0


def test_an_alert_that_ends_as_the_incident_begins_does_not_match() -> None:
    assert scored([alert("C1", 1, 2)], incident(2, 6)).recall == 0


def test_an_incident_of_another_rule_or_time_does_not_count() -> None:
    other = incident(2, 6, name="errors")
    before = incident(-5, -3)

    result = scored([alert("C1", 3, 4)], other, before)

    assert (result.recall, result.precision, result.matches) == (None, 0, ())


def test_a_dimension_that_the_rule_lacks_restricts_nothing() -> None:
    elsewhere = Incident(2, START, START + HOURS, (("plant_id", "P1"),))

    assert scored([alert("C1", 0, 1)], elsewhere).recall == 1


def test_without_alerts_there_is_no_precision() -> None:
    result = scored([], incident(2, 6))

    assert (result.precision, result.recall, result.median_delay) == (None, 0, None)


def test_a_stateless_alert_is_active_for_one_evaluation() -> None:
    fired: datetime = START + HOURS
    stateless = Alert((("circuit_id", "C1"),), fired)

    assert scored([stateless], incident(1, 2), subject=RULES[1]).recall == 1
    assert scored([stateless], incident(2, 3), subject=RULES[1]).recall == 0
