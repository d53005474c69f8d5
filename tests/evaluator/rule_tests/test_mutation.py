"""Mutants: what is changed, which are noticed, which are told."""

import re
from dataclasses import replace

from evaluator.analysis.language_service import language_service
from evaluator.rule_tests.mutants import mutate
from evaluator.rule_tests.mutation import Fate, mutation_report, run_mutants
from evaluator.rule_tests.query_mutants import mutate_query
from evaluator.rules import LogAlertRule
from tests.evaluator.rule_tests.conftest import ERRORS, MAE_HIGH, MINUTES, TABLES, Run
from tests.evaluator.rule_tests.test_running import DEGRADED

QUERY = """let mae_limit = 0.3;
let fleet = datatable(circuit_id: string) ["c1"];
AppMetrics
| where Name == "model_accuracy_mae" and (Sum > mae_limit or Max > 4) and ItemCount >= 1
| where TimeGenerated > ago(30m) // ago(1d) in a comment
| extend circuit_id = tostring(Properties.circuit_id)
| join kind=leftsemi fleet on circuit_id
| summarize n = count() by circuit_id
"""


QUIET = """version: 1
tests:
  - name: one
    input:
      - table: AppMetrics
        set: {Name: model_accuracy_mae, Properties: {circuit_id: c1}}
        values: {Sum: '0.1x9'}
    expect: [{rule: mae-high, never: {}}]
"""


def names(rule: LogAlertRule) -> set[str]:
    return {m.name for m in mutate(rule, language_service(TABLES).analyse(rule.query.text))}


def test_every_part_of_a_query_is_changed_by_its_node() -> None:
    analysis = language_service(TABLES).analyse(QUERY)

    mutants = {m.name: m.text for m in mutate_query(analysis)}

    assert list(mutants) == [
        "query: let mae_limit /1.5",
        "query: let mae_limit x1.5",
        'query: without `Name == "model_accuracy_mae"`',
        "query: without `Sum > mae_limit or Max > 4`",
        "query: Max > 4 /1.5",
        "query: Max > 4 x1.5",
        "query: without `ItemCount >= 1`",
        "query: ItemCount >= 1 /1.5",
        "query: ItemCount >= 1 x1.5",
        "query: without `TimeGenerated > ago(30m)`",
        "query: ago(30m) /1.5",
        "query: ago(30m) x1.5",
        "query: without `join kind=leftsemi fleet on circuit_id`",
    ]
    assert "let mae_limit = 0.2;" in mutants["query: let mae_limit /1.5"]
    assert "Max > 6)" in mutants["query: Max > 4 x1.5"]
    assert "ItemCount >= 0" in mutants["query: ItemCount >= 1 /1.5"]
    assert "ago(2700s) // ago(1d)" in mutants["query: ago(30m) x1.5"]
    assert "(true) and" in mutants["query: without `Sum > mae_limit or Max > 4`"]
    assert "join" not in mutants["query: without `join kind=leftsemi fleet on circuit_id`"]
    assert all(language_service(TABLES).analyse(text).errors == () for text in mutants.values())


def test_every_setting_of_a_rule_is_changed() -> None:
    settings = {name for name in names(MAE_HIGH) if not name.startswith("query: ")}

    assert settings == {
        "threshold x1.5",
        "threshold /1.5",
        "operator GreaterThanOrEqual",
        "operator LessThan",
        "aggregation Maximum",
        "aggregation Minimum",
        "failing periods 2",
        "failing periods 4",
        "evaluation periods 3",
        "evaluation periods 5",
        "without dimension circuit_id",
        "window PT1M",
        "window PT10M",
        "stateless",
    }


def test_settings_change_only_to_what_azure_takes() -> None:
    most = replace(
        MAE_HIGH.condition, number_of_evaluation_periods=6, min_failing_periods_to_alert=6
    )

    rule = replace(MAE_HIGH, condition=most, window_size=480 * MINUTES)

    assert not {"failing periods 7", "evaluation periods 7", "window P1D"} & names(rule)


def test_a_stateless_rule_is_tried_with_state_and_without_its_mute() -> None:
    assert {"stateful", "without mute"} <= names(ERRORS)
    assert "threshold +1" in names(ERRORS), "nothing times 1.5 is nothing"


def test_a_good_test_notices_nearly_everything_and_the_rest_is_listed(run: Run) -> None:
    steps: list[tuple[str, int, int]] = []

    results, problems = run_mutants(run(DEGRADED).results, lambda *step: steps.append(step))

    assert problems == []
    assert {r.name for r in results if r.fate is Fate.SURVIVED} == {
        # All values of a window are equal, none is on the threshold or negative.
        "operator GreaterThanOrEqual",
        "aggregation Maximum",
        "aggregation Minimum",
        'query: without `Name == "model_accuracy_mae"`',
        "query: without `Sum >= 0`",
        "query: Sum >= 0 -1",
        "threshold x1.5",
        "threshold /1.5",
    }
    assert re.search(r"^  survived: aggregation Maximum$", mutation_report(results), re.MULTILINE)
    total = len(results)
    assert steps == [("mae-high", n, total) for n in range(1, total + 1)]


def test_a_rule_without_a_test_is_listed() -> None:
    report = mutation_report([], ["mae-high"])

    assert "mae-high: no test is about it, so no change of it is noticed" in report


def test_a_test_at_the_limit_notices_the_threshold(run: Run) -> None:
    at_the_limit = DEGRADED.replace("0.1x59 0.4x29 0.1x89", "0.2x59 0.3x29 0.2x89")
    text = at_the_limit.replace("value: 0.4", "value: 0.3").replace("c1, Sum: 0.1", "c1, Sum: 0.2")

    results, _ = run_mutants(run(text).results)

    fates = {r.name: r.fate for r in results}
    assert fates["threshold x1.5"] is Fate.KILLED
    assert fates["threshold /1.5"] is Fate.KILLED


def test_a_mutant_that_azure_would_refuse_is_counted_apart(run: Run) -> None:
    rule = replace(MAE_HIGH, evaluation_frequency=13 * 60 * MINUTES, auto_mitigate=False)
    results, _ = run_mutants(run(QUIET, rules=[rule]).results)

    assert {r.name for r in results if r.fate is Fate.INVALID} == {"stateful"}


DECLARED = """
equivalent_mutants:
  - {rule: mae-high, mutant: aggregation Maximum, reason: one row a window}
  - {rule: mae-high, mutant: stateless, reason: wrong}
  - {rule: mae-high, mutant: agregation Minimum, reason: misspelt}
"""


def test_a_survivor_that_is_declared_equivalent_is_told_and_a_wrong_declaration_an_error(
    run: Run,
) -> None:
    results, problems = run_mutants(run(DEGRADED + DECLARED).results)

    assert "  equivalent: aggregation Maximum (one row a window)" in mutation_report(results)
    assert [(p.id, p.message, p.fix, p.location.source_line.split()[3]) for p in problems] == [
        (
            "rule-test/mutant",
            "the mutant `stateless` is killed, not equivalent",
            "remove the entry",
            "mutant:",
        ),
        (
            "rule-test/mutant",
            "the rule `mae-high` has no mutant `agregation Minimum`",
            "did you mean `aggregation Minimum`?",
            "mutant:",
        ),
    ]


def test_one_test_of_several_files_is_enough_to_notice(run: Run) -> None:
    quiet = QUIET.replace("0.1x9", "0.2x9")
    at_the_limit = QUIET.replace("0.1x9", "0.25x19")

    results, _ = run_mutants(run(at_the_limit, quiet).results)

    fates = {r.name: r.fate for r in results}
    assert fates["operator GreaterThanOrEqual"] is Fate.KILLED
    assert fates["stateless"] is Fate.SURVIVED
    assert len(fates) == len(results)


def test_an_expectation_that_fails_notices_nothing(run: Run) -> None:
    failing = QUIET.replace("never: {}", "notifications: {fired: 5}")
    text = QUIET + failing.split("tests:\n")[1].replace("name: one", "name: fails")

    results, _ = run_mutants(run(text).results)

    assert {r.name: r.fate for r in results}["stateless"] is Fate.SURVIVED


def test_a_changed_window_is_measured_anew_where_the_range_stays(run: Run) -> None:
    rule = replace(MAE_HIGH, override_query_time_range=60 * MINUTES)

    results, _ = run_mutants(run(DEGRADED, rules=[rule]).results)

    fates = {r.name: r.fate for r in results}
    assert fates["window PT10M"] is Fate.KILLED
    assert fates["query time range PT45M"] is Fate.SURVIVED, "four windows of 5 minutes fit"


def test_a_test_at_a_limit_in_the_query_notices_its_change(run: Run) -> None:
    text = """version: 1
tests:
  - name: three failures are over the limit, two are not
    input:
      - {table: AppEvents, set: {Name: failed}, step: 5m, values: {ItemCount: '1!2 _ 1!3'}}
    expect:
      - {rule: errors, timeline: '0m..10m NoAlert, 15m Fired'}
"""

    results, problems = run_mutants(run(text).results)

    fates = {r.name: r.fate for r in results}
    assert problems == []
    assert fates["query: let error_limit x1.5"] is Fate.KILLED
    assert fates["query: let error_limit /1.5"] is Fate.KILLED
    assert fates["query: without `Name == 'failed'`"] is Fate.SURVIVED
