"""Reads test files with the rules they are about: everything up to running them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from evaluator.rule_tests.binding import bind
from evaluator.rule_tests.findings import Findings
from evaluator.rule_tests.loading import read_test_file
from evaluator.rule_tests.models import RuleTestFile
from evaluator.rule_tests.plan import PlannedFile
from evaluator.rule_tests.subjects import LoadSubjects, Subjects, SubjectSource
from evaluator.tables import Table
from generator.diagnostics import Problem, sort_problems
from generator.loader import Document
from generator.project import ConfigurationError


def read_files(
    paths: Sequence[Path],
    load: LoadSubjects,
    tables: Mapping[str, Table],
    phases: Sequence[timedelta] = (),
    tables_of_others: Mapping[str, Table] = MappingProxyType({}),
) -> tuple[list[PlannedFile], list[Problem]]:
    """Read files and resolve what they name.

    Args:
        paths: the files.
        load: loads the rules of a configuration or of templates; asked once for each.
        tables: columns of the tables that everybody knows.
        phases: phases in which every test is run as well.
        tables_of_others: further tables, for files that name templates.

    Returns the files that can be run, and every problem found, warnings among them. Where one is
    an error, nothing should be run: a test could pass for the wrong reason.
    """
    loaded: dict[SubjectSource, Subjects | None] = {}
    problems: list[Problem] = []
    planned = []
    for path in paths:
        document, found = read_test_file(path)
        problems += found
        if document is None:
            continue
        findings = Findings(document.source)
        source = _source(document, findings)
        if not findings.has_errors():
            if source not in loaded:
                loaded[source] = _load(load, source, problems)
            subjects = loaded[source]
            if subjects is not None:
                known = {**tables_of_others, **tables} if source.templates else tables
                planned.append(bind(document, findings, subjects, known, phases))
        problems += findings.problems
    return planned, sort_problems(problems)


def _load(load: LoadSubjects, source: SubjectSource, problems: list[Problem]) -> Subjects | None:
    try:
        subjects = load(source)
    except ConfigurationError as error:
        problems += error.problems
        return None
    problems += subjects.unread
    return subjects


def _source(document: Document[RuleTestFile], findings: Findings) -> SubjectSource:
    model, folder = document.model, Path(document.source.file).parent
    templates: list[Path] = []
    for index, pattern in enumerate(model.rules):
        matches = sorted(_matches(folder, pattern))
        if not matches:
            findings.add(
                ("rules", index),
                "rule-test/no-rules",
                f"`{pattern}` matches no file",
                "write a path or a pattern relative to the test file",
            )
        templates += matches
    config = None if model.config is None else folder / model.config
    if config is not None and not config.is_dir():
        findings.add(
            ("config",),
            "rule-test/no-rules",
            f"there is no folder `{config.as_posix()}`",
            "write the path of a configuration folder relative to the test file",
        )
    return SubjectSource(config, model.environment, tuple(dict.fromkeys(templates)))


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Find files; a leading `../` is walked, because a pattern cannot leave its folder."""
    while pattern.startswith("../"):
        folder, pattern = folder / "..", pattern.removeprefix("../")
    if not pattern or Path(pattern).is_absolute():
        return [Path(pattern)] if pattern and Path(pattern).is_file() else []
    return [path for path in folder.glob(pattern) if path.is_file()]
