"""Writes results as JUnit XML, which build servers show.

There is no standard; this is what Jenkins, GitLab and Azure Pipelines read:
https://github.com/testmoapp/junitxml.
"""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evaluator.rule_tests.report_text import text_of_result
from evaluator.rule_tests.results import FileResult, Outcome, TestResult

# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(files: Sequence[FileResult]) -> str:
    """Write a test suite for each file and a test case for each test; nothing about time."""
    root = Element("testsuites", name="mlmon test")
    for file in files:
        suite = SubElement(
            root,
            "testsuite",
            name=_text(file.planned.file),
            tests=str(len(file.tests)),
            failures=str(_count(file, Outcome.FAILED)),
            skipped=str(_count(file, Outcome.NOT_RUN)),
            errors="0",
        )
        for test in file.tests:
            _case(suite, file.planned.file, test)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _count(file: FileResult, outcome: Outcome) -> int:
    return sum(test.outcome is outcome for test in file.tests)


def _case(suite: Element, file: str, test: TestResult) -> None:
    case = SubElement(
        suite,
        "testcase",
        name=_text(test.test.name),
        classname=_text(file),
        file=_text(file),
        line=str(test.test.location.span.line),
    )
    failed = [result for result in test.results if result.outcome is Outcome.FAILED]
    if failed:
        message = failed[0].differences[0].message
        failure = SubElement(case, "failure", type="failed", message=_text(message))
        failure.text = _text("\n\n".join(text_of_result(test, result) for result in failed))
    # A case is either failed or skipped; build servers take one of them only.
    if test.outcome is Outcome.NOT_RUN:
        reasons = dict.fromkeys(result.reason for result in test.results if result.reason)
        SubElement(case, "skipped", message=_text("; ".join(reasons)))


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
