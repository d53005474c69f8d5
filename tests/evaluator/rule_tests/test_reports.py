"""Reports for build servers and machines, whatever names people choose."""

import json
from xml.etree import ElementTree

from evaluator.rule_tests.report_json import json_report
from evaluator.rule_tests.report_junit import junit_report
from evaluator.rule_tests.report_text import text_report
from tests.evaluator.rule_tests.conftest import Ran, Run

HOSTILE = 'a </failure> ]]> & "quoted" \\u0007 \\u202e name'

TEXT = f"""version: 1
tests:
  - name: "{HOSTILE.replace('"quoted"', "'quoted'")}"
    input: [{{table: AppMetrics, rows: [{{at: 1m, Sum: 1}}]}}]
    expect:
      - {{rule: nothing-arrives, at: 10m, alerts: [{{}}]}}
      - {{rule: nothing-arrives, notifications: {{fired: 5}}}}
  - name: holds
    input: [{{table: AppMetrics, rows: [{{at: 1m, Sum: 1}}]}}]
    expect: [{{rule: nothing-arrives, at: 10m, alerts: [{{state: Resolving}}]}}]
  - name: not run
    expect: [{{rule: learned, never: {{}}}}]
"""


def ran(run: Run) -> Ran:
    done = run(TEXT)
    assert done.told == ""
    return done


def test_junit_counts_tests_failures_and_what_was_not_run(run: Run) -> None:
    root = ElementTree.fromstring(junit_report(ran(run).results))  # noqa: S314 - our own

    (suite,) = root
    assert {k: suite.get(k) for k in ("name", "tests", "failures", "skipped")} == {
        "name": "some.test.yaml",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["skipped"]]
    assert [case.get("line") for case in suite] == ["3", "8", "11"]
    failure = suite[0][0]
    assert failure.text is not None
    assert "some.test.yaml:6" in failure.text
    assert "notifications until" in failure.text


def test_json_has_what_the_text_has(run: Run) -> None:
    (file,) = json.loads(json_report(ran(run).results))

    assert [t["outcome"] for t in file["tests"]] == ["failed", "passed", "not run"]
    failed = file["tests"][0]["expectations"][0]
    assert failed["line"] == 6
    assert failed["differences"][0]["comparisons"] == [
        {"subject": "{}", "expected": "Fired or Firing", "got": "Resolving"}
    ]
    assert failed["why"][0]["windows"] == [
        {"start": "2026-01-01T00:00:00Z", "value": 1.0, "violated": False}
    ]


def test_no_report_moves_a_terminals_cursor_or_reorders_its_text(run: Run) -> None:
    told = text_report(ran(run).results)

    assert "\u0007" not in told
    assert "\u202e" not in told
