"""The lock files of one `.venv`."""

import re

import pytest

from generator.project import ROOT


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.lock", "tools/spark.lock"])
def test_what_goes_into_one_environment_has_one_version(name: str) -> None:
    development = locked("development.lock")
    versions = locked(name)

    assert len(versions) > 20
    shared = versions.keys() & development.keys()
    assert {package: versions[package] for package in shared} == {
        package: development[package] for package in shared
    }


def test_what_runs_is_a_part_of_what_tests_and_checks() -> None:
    assert locked("requirements.lock").keys() <= locked("development.lock").keys()
