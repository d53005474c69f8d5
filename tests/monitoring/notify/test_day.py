"""What of a day is news, who is told of it, and what a half-written folder comes to."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from generator.fleet import Fleet, Silence
from generator.project import ROOT
from monitoring.decision_table import TABLE, Action, Severity
from monitoring.notify import compose_day
from monitoring.notify.day import day_before, read_day
from monitoring.notify.digest import findings_of
from monitoring.notify.message import Message, post_body
from monitoring.notify.routing import Digest, Recipient, digests
from monitoring.report.next_steps import next_step
from monitoring.report.records import DecisionRecord
from monitoring.results.folder import ResultsError, RunInputs, open_results, read_manifest
from tests.monitoring.notify.conftest import (
    DAY,
    OWNERS,
    SLACK,
    FleetWith,
    decided,
    held,
    team,
    write_day,
)

CIRCUIT, OTHER = "PLANT001/CIRCUIT01", "PLANT002/CIRCUIT01"
NEXT = DAY + timedelta(days=1)
TEAM = Recipient("email", "team@company.com")


def digest_of(folder: Path, fleet: Fleet) -> Digest:
    """What the team is told."""
    day = read_day(folder, "prod")
    before = day_before(folder, day.as_of, "prod", [circuit.key for circuit in fleet.circuits])
    return digests(findings_of(day, before, fleet), fleet)[TEAM]


def subjects(messages: list[Message]) -> dict[str, str]:
    return {m.address: m.subject.partition(": ")[2] for m in messages}


def test_what_is_new_comes_first_then_what_is_severe_then_what_is_far_over(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    (far,) = decided(CIRCUIT).compared
    worse = (replace(far, exceedance=9.0),)
    write_day(tmp_path, [decided("PLANT001/CIRCUIT01")])
    today = [
        decided("PLANT001/CIRCUIT01"),
        decided("PLANT001/CIRCUIT02", "moderate-drift-error-good"),
        decided("PLANT001/CIRCUIT03"),
        decided("PLANT001/CIRCUIT04", compared=worse),
        decided("PLANT001/CIRCUIT05", "data-are-absent"),
        decided("PLANT001/CIRCUIT06", "all-well"),
    ]

    digest = digest_of(write_day(tmp_path, today, NEXT), fleet_with(team()))

    assert [item.key[-2:] for item in digest.items] == ["04", "03", "05", "02", "01"]
    assert [item.key[-2:] for item in digest.still] == ["01"]
    assert digest.compared_with == DAY


def test_a_decision_that_is_held_back_is_no_news_and_one_that_is_taken_again_is(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    row = "error-without-drift"
    days = [decided(CIRCUIT, row), held(CIRCUIT), decided(CIRCUIT, row)]
    folders = [
        write_day(tmp_path, [decision], DAY + timedelta(days=number))
        for number, decision in enumerate(days)
    ]

    found = [digest_of(folder, fleet_with(team())).items[0] for folder in folders]

    assert [item.is_new for item in found] == [True, False, True]
    assert [item.decision.severity for item in found] == [
        Severity.MEDIUM,
        Severity.LOW,
        Severity.MEDIUM,
    ]


def test_what_ended_is_told_with_what_is_decided_now(tmp_path: Path, fleet_with: FleetWith) -> None:
    gone = "PLANT999/CIRCUIT01"
    write_day(tmp_path, [decided(CIRCUIT), decided(OTHER, "error-without-drift"), decided(gone)])
    today = write_day(tmp_path, [decided(CIRCUIT, "all-well"), held(OTHER)], NEXT)

    digest = digest_of(today, fleet_with(team(minimum_severity="medium")))

    assert {ended.was.key: ended.now for ended in digest.ended} == {
        CIRCUIT: "monitor",
        OTHER: "monitor, held back (cooldown)",
        gone: "not in the configuration any more",
    }
    assert digest.items == ()


def leave_out(folder: Path, key: str) -> Path:
    """Take a circuit's decision away, as of one that the run could not reach."""
    path = folder / "decisions.json"
    kept = [
        each
        for each in json.loads(path.read_text())
        if f"{each['plant_id']}/{each['circuit_id']}" != key
    ]
    path.write_text(json.dumps(kept))
    return folder


def test_a_circuit_without_a_decision_never_counts_as_ended(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    folder = leave_out(write_day(tmp_path, [], NEXT), CIRCUIT)
    pager = {"type": "webhook", "url_secret": "pager"}
    fleet = fleet_with(OWNERS, SLACK, pager, incidents="notifier")

    messages = {message.address: message for message in compose_day(folder, fleet)}

    owner = messages["plant-1-ops@company.com"]
    assert owner.subject.endswith(": 1 without a decision")
    for part in owner.body.values():
        assert "Without a decision today" in part
        assert f"{CIRCUIT}: was maintenance, not known today" in part
        assert "Ended" not in part
    assert "was maintenance, not known today" in json.dumps(messages["slack-webhook"].body)
    assert messages["pager"].body["resolved"] == [], "its incident stays open"


@pytest.mark.parametrize(("row", "is_over"), [("all-well", True), ("data-are-wrong", False)])
def test_after_a_night_without_a_decision_the_one_before_it_counts(
    row: str, is_over: bool, tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    leave_out(write_day(tmp_path, [], NEXT), CIRCUIT)
    today = write_day(tmp_path, [decided(CIRCUIT, row)], NEXT + timedelta(days=1))

    digest = digest_of(today, fleet_with(team()))

    assert [ended.was.key for ended in digest.ended] == ([CIRCUIT] if is_over else [])
    assert [item.is_new for item in digest.items] == ([] if is_over else [False])
    assert digest.compared_with == NEXT


def test_what_is_told_of_a_circuit_without_a_decision_is_told_anew_once_it_has_one(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    whole = write_day(tmp_path, [], NEXT)
    fleet = fleet_with(OWNERS)
    complete = compose_day(whole, fleet)[0]

    partial = compose_day(leave_out(whole, CIRCUIT), fleet)[-1]

    assert complete.address == partial.address == "plant-1-ops@company.com"
    assert complete.id != partial.id


def test_a_snoozed_circuit_is_left_out_and_is_news_when_the_snooze_ends(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    fleet = fleet_with(team())
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    silence = Silence(midnight, midnight + timedelta(days=1), "belt is being changed")
    circuits = tuple(
        replace(c, silences=(silence,)) if c.key == CIRCUIT else c for c in fleet.circuits
    )
    fleet = replace(fleet, circuits=circuits)
    first = write_day(tmp_path, [decided(CIRCUIT), decided(OTHER)])
    second = write_day(tmp_path, [decided(CIRCUIT), decided(OTHER)], NEXT)

    silent, over = digest_of(first, fleet), digest_of(second, fleet)

    assert ([i.key for i in silent.items], silent.quiet) == ([OTHER], (CIRCUIT,))
    assert [(i.key, i.is_new) for i in over.items] == [(CIRCUIT, True), (OTHER, False)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "decisions.json").unlink(),
        lambda folder: (folder / "decisions.json").write_text('[{"plant_id": '),
        lambda folder: (folder / "manifest.json").write_text("{}"),
        lambda folder: folder.rename(folder.parent / "2026-11-01"),
        lambda folder: folder.rename(folder.parent / "yesterday"),
    ],
)
def test_an_earlier_day_that_cannot_be_used_is_as_if_it_were_not_there(
    spoil: object, tmp_path: Path, fleet_with: FleetWith
) -> None:
    earlier = write_day(tmp_path, [decided(CIRCUIT)])
    assert callable(spoil)
    spoil(earlier)

    (message,) = compose_day(write_day(tmp_path, [decided(CIRCUIT)], NEXT), fleet_with(team()))

    assert "There is no earlier day to compare with" in message.body["text"]
    assert "1 new" in message.subject


def test_a_day_is_not_compared_with_another_environment(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)], environment="test")

    digest = digest_of(write_day(tmp_path, [decided(CIRCUIT)], NEXT), fleet_with(team()))

    assert digest.compared_with is None


def test_after_a_day_without_a_run_the_day_before_that_counts(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    later = write_day(tmp_path, [decided(CIRCUIT)], DAY + timedelta(days=3))

    assert digest_of(later, fleet_with(team())).compared_with == DAY


def test_each_owner_is_told_of_his_circuits_and_who_is_reached_twice_gets_one_message(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(
        tmp_path,
        [
            decided("PLANT001/CIRCUIT01"),
            decided("PLANT002/CIRCUIT01", "moderate-drift-error-good"),
            decided("PLANT002/CIRCUIT02"),
        ],
    )
    fleet = fleet_with(
        OWNERS,
        team("Plant-2-Ops@company.com", plants=["PLANT001"]),
        team("far@company.com", plants=["PLANT003"]),
        team("top@company.com", minimum_severity="high"),
    )

    told = subjects(compose_day(folder, fleet))

    assert told == {
        "plant-1-ops@company.com": "1 new; PLANT001/CIRCUIT01: maintenance (high)",
        "plant-2-ops@company.com": "3 new; PLANT001/CIRCUIT01: maintenance (high)",
        "top@company.com": "2 new; PLANT001/CIRCUIT01: maintenance (high)",
    }


def test_a_day_on_which_all_is_well_tells_nobody(tmp_path: Path, fleet_with: FleetWith) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT, "all-well")])

    assert compose_day(folder, fleet_with(OWNERS, SLACK, team())) == []


def test_composing_twice_makes_the_same_bytes_and_new_decisions_another_message(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    changed = write_day(tmp_path / "b", [decided(CIRCUIT, reason="Another wording.")])
    worse = write_day(tmp_path / "c", [decided(CIRCUIT), decided(OTHER)])
    tomorrow = write_day(tmp_path, [decided(CIRCUIT)], NEXT)

    (first,), (again,), (reworded,), (other,), (later,) = (
        compose_day(each, fleet_with(SLACK)) for each in (folder, folder, changed, worse, tomorrow)
    )

    assert post_body(first) == post_body(again)
    assert first.id == reworded.id
    assert len({first.id, other.id, later.id}) == 3, "a mail system would drop the second"


HALF_WRITTEN = [
    ("decisions.json", None, "The monitoring run of the day did not end"),
    ("decisions.json", '[{"plant_id": "P', "decisions.json is damaged"),
    ("decisions.json", "{}", "decisions.json is damaged"),
    ("decisions.json", '[{"plant_id": 1}]', "decisions.json is damaged"),
    ("performance_results_20261120.json", "[{]", "performance_results_20261120.json is damaged"),
    ("performance_results_20261120.json", '[{"status": 1}, 2]', "is damaged"),
    ("met.json", "[]", "met.json is damaged"),
    ("manifest.json", None, "The monitoring run of the day did not begin"),
    ("manifest.json", "", "manifest.json cannot be read"),
    ("manifest.json", '{"format": 1, "job": "drift"}', "manifest.json cannot be read"),
]


@pytest.mark.parametrize(("name", "text", "told"), HALF_WRITTEN)
def test_a_run_that_is_half_written_is_told_to_those_who_answer_for_all(
    name: str, text: str | None, told: str, tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT, "all-well")])
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    fleet = fleet_with(OWNERS, SLACK, team("far@company.com", plants=["PLANT003"]))

    messages = compose_day(folder, fleet)

    assert subjects(messages) == {
        "mlops-team@company.com": "the monitoring run has problems",
        "slack-webhook": "the monitoring run has problems",
    }
    assert told in messages[0].body["text"]


def test_nothing_of_a_run_that_is_not_known_is_told_but_that(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT)])
    (folder / "manifest.json").write_text("")

    digest = digest_of(folder, fleet_with(team()))

    assert (digest.as_of, digest.run_id, digest.items) == (DAY, "", ())
    assert digest.problems == (
        "It is not known what the day's run judged: manifest.json cannot be read.",
    )


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (1, "1 circuit has no decision: PLANT001/CIRCUIT01."),
        (2, "2 circuits have no decision: PLANT001/CIRCUIT01, PLANT001/CIRCUIT02."),
        (12, "12 circuits have no decision: PLANT001/CIRCUIT01, PLANT001/CIRCUIT02, "),
    ],
)
def test_circuits_without_a_decision_are_told(
    left: int, told: str, tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [])
    found = json.loads((folder / "decisions.json").read_text())
    (folder / "decisions.json").write_text(json.dumps(found[left:]))

    (problem,) = digest_of(folder, fleet_with(team())).problems

    assert problem.startswith(told)
    assert problem.count("/") == min(left, 10)
    assert problem.endswith(" and 2 more.") == (left > 10)


def test_a_run_without_decisions_says_of_nothing_that_it_ended(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(CIRCUIT)])
    folder = write_day(tmp_path, [], NEXT)
    (folder / "decisions.json").unlink()

    digest = digest_of(folder, fleet_with(team()))

    assert digest.ended == ()
    assert digest.problems == ("The monitoring run of the day did not end: it has no decisions.",)


def test_parts_of_the_data_that_could_not_be_read_are_told(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [])
    issues = ", ".join(f'"part {n} is corrupt": []' for n in range(5))
    (folder / "met.json").write_text(f'{{"issues": {{{issues}}}, "unknown": []}}')

    assert digest_of(folder, fleet_with(team())).problems[-2:] == (
        "part 2 is corrupt.",
        "And 2 more parts of the data could not be read.",
    )


def test_errors_over_the_limit_in_a_row_are_counted_in_the_message(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT, "error-without-drift")])
    write_errors(folder, status="degraded", streak=4, evaluated_at="2026-11-20T00:00:00Z")

    (message,) = compose_day(folder, fleet_with(team()))

    assert "over the limit in 4 runs in a row" in message.body["text"]
    assert "high-mae-alert.md" in message.body["text"]


def test_models_that_are_not_judged_any_more_are_told(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT, "error-without-drift")])
    last = {"status": "degraded", "streak": 4}
    write_errors(folder, status="insufficient_data", streak=0, last_verdict=last)

    (message,) = compose_day(folder, fleet_with(team()))

    assert "None of 1 circuits has a verdict on its model" in message.body["text"]
    assert "have none now, so their last one is repeated" in message.body["text"]
    assert "over the limit in 4 runs in a row" in message.body["text"]


def test_predictions_that_could_not_be_read_are_told(tmp_path: Path, fleet_with: FleetWith) -> None:
    folder = write_day(tmp_path, [decided(CIRCUIT, "all-well")])
    inputs = RunInputs(
        "drift", "prod", str(DAY), "data", 0, "predictions", None, "calibrated", None, "digest"
    )
    manifest = {"format": 1, "run_id": inputs.run_id, **asdict(inputs)}
    (folder / "manifest.json").write_text(json.dumps(manifest))

    (message, *_) = compose_day(folder, fleet_with(team()))

    assert "The predictions could not be read" in message.body["text"]


def write_errors(folder: Path, **fields: object) -> None:
    plant_id, circuit_id = CIRCUIT.split("/")
    ids = {"plant_id": plant_id, "circuit_id": circuit_id}
    found = {**ids, "evaluated_at": None, "last_verdict": None, **fields}
    (folder / "performance_results_20261120.json").write_text(json.dumps([found]))


def test_a_folder_that_is_no_day_or_of_another_environment_is_refused(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    fleet = fleet_with(team())
    other = write_day(tmp_path, [], environment="test")
    (tmp_path / "results").mkdir()

    for folder, told in (
        (tmp_path / "2026-11-19", "there is no folder"),
        (tmp_path / "results", "its name is no day"),
        (other, "of the environment test, not of prod"),
    ):
        with pytest.raises(ResultsError, match=told):
            compose_day(folder, fleet)

    (message,) = compose_day(tmp_path / "2026-11-19", fleet, ["The drift stage failed."])
    assert "The drift stage failed." in message.body["text"]


def test_a_failed_stage_is_told_without_what_another_environment_decided(
    tmp_path: Path, fleet_with: FleetWith
) -> None:
    write_day(tmp_path, [decided(OTHER)])
    folder = write_day(tmp_path, [decided(CIRCUIT)], NEXT, environment="test")
    (folder / "met.json").unlink()

    (message,) = compose_day(folder, fleet_with(team()), ["The stage drift failed."])

    assert message.environment == "prod"
    assert message.subject == ("Model monitoring prod 2026-11-21: the monitoring run has problems")
    text = message.body["text"]
    first, second = (text.index(each) for each in ("drift failed.", "environment test, which is"))
    assert first < second
    assert "PLANT" not in text


def test_messages_about_a_day_are_no_hindrance_for_its_run(tmp_path: Path) -> None:
    (tmp_path / "2026-11-20" / "notifications").mkdir(parents=True)
    inputs = read_manifest(write_day(tmp_path / "other", []))
    assert inputs is not None

    with open_results(tmp_path / "2026-11-20", inputs) as folder:
        assert folder.finished() == set()


@pytest.mark.parametrize("row", [row.name for row in TABLE if row.action is not Action.MONITOR])
def test_the_message_names_the_runbook_that_the_report_names(
    row: str, tmp_path: Path, fleet_with: FleetWith
) -> None:
    decision, fleet = decided(CIRCUIT, row), fleet_with(team())
    folder = write_day(tmp_path, [decision])
    inputs = read_manifest(folder)
    assert inputs is not None

    [item] = digest_of(folder, fleet).items

    record = DecisionRecord.model_validate(decision.as_json())
    assert item.runbook == next_step(record, inputs, fleet).url
    assert item.runbook is not None
    assert (ROOT / "docs" / "runbooks" / item.runbook.rpartition("/")[2]).is_file()
