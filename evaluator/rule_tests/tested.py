"""Which rules test files say anything of, without running them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluator.rule_tests.loading import read_test_file
from evaluator.rule_tests.models import Expectation


def tested_rules(paths: Sequence[Path]) -> Mapping[str, tuple[bool, bool]]:
    """Tell for each rule that files name whether they say that it fires, and that it stays quiet.

    A file that cannot be read says nothing here; running it tells why.
    """
    tested: dict[str, tuple[bool, bool]] = {}
    for path in paths:
        document, _ = read_test_file(path)
        for test in document.model.tests if document else ():
            for expected in test.expect:
                fires, quiet = tested.get(expected.rule, (False, False))
                tested[expected.rule] = (fires or _fires(expected), quiet or _quiet(expected))
    return tested


def _fires(expected: Expectation) -> bool:
    timeline = " ".join((expected.timeline or {}).values())
    told = expected.notifications.fired if expected.notifications else 0
    return bool(expected.alerts) or "Fired" in timeline or bool(told)


def _quiet(expected: Expectation) -> bool:
    timeline = " ".join((expected.timeline or {}).values())
    untold = expected.notifications is not None and expected.notifications.fired == 0
    return expected.alerts == [] or expected.never is not None or "NoAlert" in timeline or untold
