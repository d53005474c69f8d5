"""Reads a test file; a test that is wrong is reported and set aside, the others are still checked.

Bytes become data (`generator.source`), data becomes models; whether the tests fit the rules and
tables is told by `evaluator.rule_tests.binding`.
"""

from pathlib import Path

from pydantic import ValidationError

from evaluator.rule_tests.models import Defaults, RuleTest, RuleTestFile
from generator.diagnostics import Problem
from generator.loader import Document, validate
from generator.source import Source, SourceError, parse, read_text


def read_test_file(path: Path) -> tuple[Document[RuleTestFile] | None, list[Problem]]:
    """Read one file.

    Returns what can be checked further, None if nothing can, and every problem found.
    """
    file = path.as_posix()
    try:
        source = parse(read_text(path, file), file)
    except SourceError as error:
        return None, error.problems
    problems: list[Problem] = []
    document = validate(source, RuleTestFile, problems)
    if document is None:
        document = _without_wrong_tests(source)
    if document is not None:
        for index, test in _tests(source, document):
            test._path = ("tests", index)
    return document, problems


def _tests(source: Source, document: Document[RuleTestFile]) -> list[tuple[int, RuleTest]]:
    """Pair the tests that were kept with their indexes in the file."""
    kept = iter(document.model.tests)
    right = [index for index, test in enumerate(_written(source)) if _test(test) is not None]
    return list(zip(right, kept, strict=True))


def _without_wrong_tests(source: Source) -> Document[RuleTestFile] | None:
    """Keep what is right of a wrong file; the rules are those of the whole file, so they stay."""
    data = source.data
    if not isinstance(data, dict):
        return None
    tests = [test for entry in _written(source) if (test := _test(entry)) is not None]
    others = {key: value for key, value in data.items() if key not in ("tests", "defaults")}
    try:
        head = RuleTestFile.model_validate({**others, "tests": [_PLACEHOLDER]})
        defaults = Defaults.model_validate(data.get("defaults", {}))
    except ValidationError:
        return None
    return Document(source, head.model_copy(update={"tests": tests, "defaults": defaults}))


_PLACEHOLDER = {"name": "placeholder", "query": [{"kql": "print 1", "at": "0m", "rows": []}]}


def _written(source: Source) -> list[object]:
    data = source.data
    tests = data.get("tests") if isinstance(data, dict) else None
    return list(tests) if isinstance(tests, list) else []


def _test(entry: object) -> RuleTest | None:
    try:
        return RuleTest.model_validate(entry)
    except ValidationError:
        return None
