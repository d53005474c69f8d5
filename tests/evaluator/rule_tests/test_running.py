"""What a test file means: rows, evaluations, phases, latency, rules that cannot be run."""

from datetime import timedelta
from pathlib import Path

from evaluator.rule_tests.report_text import text_report
from evaluator.rule_tests.results import Outcome, expectation_results, has_failed
from tests.evaluator.rule_tests.conftest import MINUTES, Ran, Run

DEGRADED = """version: 1
tests:
  - name: one circuit degrades, one does not
    input:
      - table: AppMetrics
        set: {Name: model_accuracy_mae, Properties: {circuit_id: c1}}
        values: {Sum: '0.1x59 0.4x29 0.1x89'}
      - table: AppMetrics
        set: {Name: model_accuracy_mae, Properties: {circuit_id: c2}}
        values: {Sum: '0.1x179'}
    expect:
      - rule: mae-high
        at: 1h15m
        alerts:
          - {dimensions: {circuit_id: c1}, state: Fired, actions: true, value: 0.4, failing: 3}
      - rule: mae-high
        timeline:
          '{circuit_id: c1}': >-
            0m..1h10m NoAlert, 1h15m Fired, 1h20m..1h35m Firing,
            1h40m..1h45m Resolving, 1h50m Resolved
          '*': NoAlert
      - rule: mae-high
        never: {dimensions: {circuit_id: c2}}
      - rule: mae-high
        notifications: {fired: 1, resolved: 1}
    query:
      - rule: mae-high
        at: 1m
        rows: [{circuit_id: c1, Sum: 0.1}, {circuit_id: c2, Sum: 0.1}]
        columns: {circuit_id: string, Sum: real}
"""


TABLES_OF_ALL_TYPES = """
tables:
  Everything_CL:
    {TimeGenerated: datetime, b: bool, i: int, l: long, r: real, s: string, g: guid, t: timespan,
     d: datetime, y: dynamic}
"""


def outcomes(ran: Ran) -> list[str]:
    assert ran.told == ""
    return [result.outcome.value for result in expectation_results(tuple(ran.results))]


def one_test(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return f"version: 1\ntests:\n  - name: one\n{lines}"


def test_the_example_of_the_contract_holds(run: Run) -> None:
    ran = run(DEGRADED)

    assert outcomes(ran) == ["passed"] * 5
    assert not any(r.explanations for r in expectation_results(tuple(ran.results)))
    assert text_report(ran.results).splitlines()[-1] == "1 test: 1 passed"


def test_changing_any_expectation_makes_it_fail(run: Run) -> None:
    changes = [
        ("state: Fired,", "state: Firing,"),
        ("actions: true", "actions: false"),
        ("value: 0.4", "value: 0.41"),
        ("failing: 3", "failing: 4"),
        ("at: 1h15m\n        alerts", "at: 1h20m\n        alerts"),
        ("1h40m..1h45m Resolving, 1h50m Resolved", "1h40m..1h50m Resolving"),
        ("never: {dimensions: {circuit_id: c2}}", "never: {}"),
        ("fired: 1", "fired: 2"),
        ("resolved: 1", "resolved: 0"),
        ("{circuit_id: c2, Sum: 0.1}]", "{circuit_id: c2, Sum: 0.2}]"),
        (", {circuit_id: c2, Sum: 0.1}]", "]"),
        ("Sum: real", "Sum: long"),
    ]
    head, body = DEGRADED.split("tests:\n")
    bodies = []
    for number, (old, new) in enumerate(changes):
        assert body.count(old) == 1, old
        named = body.replace("one circuit degrades, one does not", f"change {number}")
        bodies.append(named.replace(old, new))

    (file,) = run(f"{head}tests:\n{''.join(bodies)}").results

    for (old, _), test in zip(changes, file.tests, strict=True):
        told = sorted(result.outcome.value for result in test.results)
        assert told == ["failed"] + ["passed"] * 4, old


def test_a_tolerance_is_inclusive_and_no_more(run: Run) -> None:
    assert abs(0.65 - 0.4) == 0.25
    for tolerance, outcome in (("0.25", "passed"), ("0.2499", "failed")):
        text = DEGRADED.replace("value: 0.4", f"value: {{approx: 0.65, tol: {tolerance}}}")
        assert outcomes(run(text))[0] == outcome


def test_a_row_at_the_evaluation_time_is_seen_by_the_next_evaluation(run: Run) -> None:
    text = one_test("""
input:
  - {table: AppMetrics, rows: [{at: 20m, Sum: 1}]}
expect:
  - {rule: nothing-arrives, at: 20m, alerts: [{}]}
  - {rule: nothing-arrives, at: 30m, alerts: [{state: Resolving}]}
""")

    assert outcomes(run(text)) == ["passed", "passed"]


def test_a_late_row_is_seen_when_it_has_arrived(run: Run) -> None:
    text = one_test("""
latency: 10m
input:
  - {table: AppMetrics, rows: [{at: 20m, Sum: 1}, {at: 25m, Sum: 1}]}
expect:
  - {rule: nothing-arrives, at: 20m, alerts: [{state: Firing}]}
  - {rule: nothing-arrives, at: 30m, alerts: [{state: Resolving}]}
""")

    assert outcomes(run(text)) == ["passed", "passed"]
    later = text.replace("latency: 10m", "latency: 11m").replace("at: 25m", "at: 5m")
    assert outcomes(run(later)) == ["passed", "failed"]


def test_rows_of_one_test_are_not_seen_by_another(run: Run) -> None:
    text = (
        DEGRADED
        + """
  - name: no rows
    expect: [{rule: mae-high, at: 1h15m, alerts: []}]
    query: [{rule: mae-high, at: 1h15m, rows: []}]
"""
    )

    assert outcomes(run(text)) == ["passed"] * 7


def test_several_rows_a_step_and_gaps_are_counted(run: Run) -> None:
    text = one_test("""
input:
  - {table: AppMetrics, step: 10s, values: {Sum: '1x1!3 _x2 5', Max: '1x1 _x2 7'}}
query:
  - kql: AppMetrics | project Seconds = (TimeGenerated - datetime(2026-01-01)) / 1s, Sum, Max
    at: 1m
    ordered: false
    rows:
      - {Seconds: 0, Sum: 1, Max: 1}
      - {Seconds: 0, Sum: 1, Max: 1}
      - {Seconds: 0, Sum: 1, Max: 1}
      - {Seconds: 10, Sum: 1, Max: 1}
      - {Seconds: 10, Sum: 1, Max: 1}
      - {Seconds: 10, Sum: 1, Max: 1}
      - {Seconds: 40, Sum: 5, Max: 7}
""")

    assert outcomes(run(text)) == ["passed"]


def test_random_rows_of_one_step_differ(run: Run) -> None:
    text = one_test("""
input: [{table: AppMetrics, values: {Sum: '~0..1!2'}}]
query:
  - kql: AppMetrics | summarize n = dcount(Sum), steps = dcount(TimeGenerated)
    at: 5m
    rows: [{n: 2, steps: 1}]
""")

    assert outcomes(run(text)) == ["passed"]


def test_cells_of_every_type_arrive_as_they_were_written(run: Run) -> None:
    text = one_test("""
input:
  - table: Everything_CL
    set: {y: {kept: 1}}
    rows:
      - {at: 1m, b: true, i: -5, l: 5000000000, r: 0.1, s: 'it''s "K"', t: 1h30m, d: 5m,
         g: 7a1c5b0e-3d52-4f1b-9a64-2f0f2f3b6c11, y: {nested: {list: [1, a]}}}
query:
  - kql: Everything_CL | project b, i, l, r, s, t, d, nested = tostring(y.nested.list[1]), y.kept
    at: 5m
    rows:
      - {b: true, i: -5, l: 5000000000, r: 0.1, s: 'it''s "K"', t: 1h30m, d: 2026-01-01T00:05:00Z,
         nested: a}
""")
    assert outcomes(run(TABLES_OF_ALL_TYPES + text)) == ["passed"]


def test_a_nested_property_can_be_sampled(run: Run) -> None:
    text = one_test("""
input:
  - {table: AppMetrics, set: {Properties: {a: x}}, values: {Properties.n: '1+1x1'}}
query:
  - kql: AppMetrics | project a = tostring(Properties.a), n = toint(Properties.n)
    at: 5m
    rows: [{a: x, n: 1}, {a: x, n: 2}]
""")

    assert outcomes(run(text)) == ["passed"]


def test_recorded_rows_are_moved_to_the_start_and_take_what_is_set(run: Run) -> None:
    Path("recorded.ndjson").write_text(
        '{"TimeGenerated": "2025-03-01T12:00:00Z", "Sum": 1.5, "Name": "a"}\n'
        '{"TimeGenerated": "2025-03-01T12:02:00Z", "Sum": 2.5, "Name": "b"}\n'
    )
    text = one_test("""
input:
  - {table: AppMetrics, set: {Name: z, AppRoleName: scorer}, file: recorded.ndjson, shift_to: 1m}
query:
  - kql: AppMetrics
    at: 5m
    rows:
      - {TimeGenerated: 1m, Sum: 1.5, Name: a, AppRoleName: scorer}
      - {TimeGenerated: 3m, Sum: 2.5, Name: b, AppRoleName: scorer}
""")

    assert outcomes(run(text)) == ["passed"]
    assert outcomes(run(text.replace("shift_to: 1m", "shift_to: start"))) == ["failed"]


def test_a_recorded_file_that_cannot_be_read_is_an_error_of_the_test_file(run: Run) -> None:
    text = one_test("""
input: [{table: AppMetrics, file: absent.csv}]
expect: [{rule: mae-high, never: {}}]
""")

    ran = run(text)

    assert [p.id for p in ran.problems] == ["data/not-found"]
    assert ran.results == []


def test_a_run_lasts_until_the_last_row_is_seen_unless_told_otherwise(run: Run) -> None:
    def text(until: str) -> str:
        return one_test(f"""
{until}
input:
  - {{table: AppMetrics, rows: [{{at: 10m, Sum: 1}}]}}
expect:
  - {{rule: nothing-arrives, timeline: NoAlert}}
""")

    ran = run(text(""), text("until: 30m"), text("until: 5m"), text("latency: 15m"))

    assert [f.planned.tests[0].evaluations for f in ran.results] == [
        {"nothing-arrives": 3},
        {"nothing-arrives": 4},
        {"nothing-arrives": 1},
        {"nothing-arrives": 4},
    ]


def test_a_rule_that_cannot_be_simulated_is_not_run_and_fails_when_strict(run: Run) -> None:
    ran = run(one_test("expect: [{rule: learned, never: {}}]"))

    assert outcomes(ran) == ["not run"]
    assert not has_failed(tuple(ran.results), strict=False)
    assert has_failed(tuple(ran.results), strict=True)


def test_a_query_that_the_engine_cannot_run_is_not_run(run: Run) -> None:
    ran = run(one_test("query: [{kql: AppMetrics | sample 5, at: 5m, rows: []}]"))

    assert outcomes(ran) == ["not run"]


def test_a_verdict_that_depends_on_the_phase_fails_where_phases_are_asked_for(run: Run) -> None:
    # Five rows in five minutes: a window holds all five of them, or three and two.
    text = one_test("""
input:
  - {table: AppEvents, set: {Name: failed}, start: 5m, values: {ItemCount: '1x4'}}
expect:
  - {rule: errors, notifications: {fired: 1}}
""").replace("1x4", "1x3")

    assert outcomes(run(text)) == ["passed"]
    assert outcomes(run(text, phases=[MINUTES])) == ["passed"]
    assert outcomes(run(text, phases=[2 * MINUTES])) == ["failed"]


def test_what_moves_by_one_evaluation_is_the_same_verdict(run: Run) -> None:
    shifted = [timedelta(seconds=30), MINUTES, 4 * MINUTES]

    assert outcomes(run(DEGRADED, phases=shifted)) == ["passed"] * 5


def test_values_may_differ_in_another_phase(run: Run) -> None:
    text = one_test("""
input:
  - table: AppMetrics
    set: {Name: model_accuracy_mae, Properties: {circuit_id: c1}}
    values: {Sum: '0.3+0.01x29'}
expect:
  - {rule: mae-high, at: 20m, alerts: [{dimensions: {circuit_id: c1}, value: 0.47, failing: 4}]}
""")

    assert outcomes(run(text, phases=[MINUTES])) == ["passed"]
    assert outcomes(run(text.replace("at: 20m", "at: 25m"))) == ["failed"]


def test_a_series_that_stands_only_in_the_query_is_no_typing_error(run: Run) -> None:
    # As a circuit of the fleet that has never sent a row.
    text = one_test("expect: [{rule: mae-high, never: {dimensions: {circuit_id: NAME}}}]")

    assert run(text.replace("NAME", "model_accuracy_mae")).problems == []
    assert [p.id for p in run(text).problems] == ["rule-test/unknown-series"]


def test_two_runs_say_the_same_word_for_word(run: Run) -> None:
    text = DEGRADED.replace("'0.1x179'", "'~0.1..0.5x179'")

    first, second = run(text), run(text)

    assert text_report(first.results, debug=True) == text_report(second.results, debug=True)
    assert has_failed(tuple(first.results), strict=False)


def test_debug_shows_windows_values_and_rows_of_what_holds(run: Run) -> None:
    ran = run(DEGRADED, debug=True)

    told = text_report(ran.results, debug=True)
    assert ran.results[0].tests[0].outcome is Outcome.PASSED
    assert "3 of 4 windows violate > 0.25, 3 needed; state Fired" in told
    assert "1h10m..1h15m  0.4             > 0.25 violated" in told
    assert "1h14m          c1          0.4" in told
