"""Where rules come from, and which tests are run."""

import re
from pathlib import Path

import pytest

from evaluator.rule_tests.files import read_files
from evaluator.rule_tests.running import run_file
from evaluator.rule_tests.subjects import Subjects, SubjectSource
from generator.diagnostics import Location, Problem, Span
from generator.project import ConfigurationError
from tests.evaluator.rule_tests.conftest import RULES, TABLES

TESTS = """tests:
  - name: stays quiet
    expect: [{rule: mae-high, never: {}}]
  - name: has no notifications
    expect: [{rule: mae-high, notifications: {fired: 0}}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("tests/fleet", "rendered/plants"):
        Path(name).mkdir(parents=True)
    for name in ("rendered/a.json", "rendered/b.json", "rendered/plants/c.json"):
        Path(name).write_text("{}")
    return tmp_path


def sources(*heads: str) -> list[SubjectSource]:
    asked: list[SubjectSource] = []

    def load(source: SubjectSource) -> Subjects:
        asked.append(source)
        return Subjects(RULES)

    paths = [Path(f"tests/{number}.test.yaml") for number in range(len(heads))]
    for path, head in zip(paths, heads, strict=True):
        path.write_text(f"version: 1\n{head}\n{TESTS}")
    planned, problems = read_files(paths, load, TABLES)
    assert problems == []
    assert len(planned) == len(paths)
    return asked


@pytest.mark.usefixtures("folder")
def test_a_configuration_is_loaded_once_for_all_files_that_name_it() -> None:
    asked = sources("config: fleet", "config: fleet", "", "environment: test")

    assert asked == [
        SubjectSource(Path("tests/fleet"), None),
        SubjectSource(None, None),
        SubjectSource(None, "test"),
    ]


@pytest.mark.usefixtures("folder")
def test_patterns_of_templates_are_relative_to_the_test_file() -> None:
    (asked,) = sources("rules: [../rendered/*.json, ../rendered/**/c.json, ../rendered/a.json]")

    found = [path.resolve().relative_to(Path.cwd()).as_posix() for path in asked.templates]
    assert found == ["rendered/a.json", "rendered/b.json", "rendered/plants/c.json"]


@pytest.mark.usefixtures("folder")
def test_what_is_wrong_with_a_configuration_is_told_with_the_rest() -> None:
    problem = Problem("config/missing-file", "m", Location("f", Span(1, 1, 1, 2), ""), "fix")

    def load(_source: SubjectSource) -> Subjects:
        raise ConfigurationError([problem])

    Path("tests/0.test.yaml").write_text(f"version: 1\n{TESTS}")
    Path("tests/1.test.yaml").write_text(f"verion: 1\n{TESTS}")
    planned, problems = read_files(
        [Path("tests/0.test.yaml"), Path("tests/1.test.yaml")], load, TABLES
    )

    assert planned == []
    assert [p.id for p in problems] == ["config/missing-file", "config/unknown-key"]


@pytest.mark.usefixtures("folder")
def test_only_tests_whose_names_match_are_run() -> None:
    Path("tests/0.test.yaml").write_text(f"version: 1\n{TESTS}")
    (planned,), _ = read_files([Path("tests/0.test.yaml")], lambda _: Subjects(RULES), TABLES)

    ran = run_file(planned, select=re.compile("^stays"))

    assert [test.test.name for test in ran.tests] == ["stays quiet"]
