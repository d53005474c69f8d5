"""Each kind of bad input and exactly what its writer is told.

A fixture `invalid/<kind>.txt` begins with a comment of what is wrong. Its sections change the small
valid configuration in `invalid/base`:

    -- circuits.yaml --              the whole file
    -- circuits.yaml: replace --     old text, a line `===`, new text; the old occurs exactly once
    -- circuits.yaml: bytes --       the whole file in ASCII, other bytes as escapes such as \\xff
    -- circuits.yaml: remove --      no such file
    -- expect --                     what `mlmon validate` prints; `expect: render` for render

`pytest --update-expectations` rewrites the last section.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.catalog import CATALOG
from tests.conftest import TODAY, Mlmon, read_tree

FOLDER = Path(__file__).parent / "invalid"
FIXTURES = sorted(FOLDER.glob("*.txt"))
_SECTION = re.compile(r"^-- (?P<file>[\w./-]+)(?:: (?P<verb>\w+))? --\n", re.MULTILINE)
_ID = re.compile(r"^(?:error|warning): .* \((?P<id>[a-z]+/[a-z-]+)\)$", re.MULTILINE)

NEVER_RAISED = {
    "config/future-date": "an unreadable date is config/bad-format; nothing raises this id",
    "thresholds/fleet-only": "an override of degraded_share is config/unknown-key",
}


@dataclass(frozen=True)
class Section:
    file: str
    verb: str
    body: str


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER / "base", tmp_path / "config"))


def sections(text: str) -> list[Section]:
    matches = list(_SECTION.finditer(text))
    ends = [*(m.start() for m in matches[1:]), len(text)]
    return [
        Section(m["file"], m["verb"] or "", text[m.end() : end])
        for m, end in zip(matches, ends, strict=True)
    ]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def apply(section: Section, config: Path) -> None:
    path = config / section.file
    if section.verb == "remove":
        path.unlink()
    elif section.verb == "replace":
        old, new = section.body.removesuffix("\n").split("\n===", 1)
        replace(path, old, new.removeprefix("\n"))
    elif section.verb == "bytes":
        escaped = section.body.removesuffix("\n").encode("ascii")
        path.write_bytes(escaped.decode("unicode_escape").encode("latin-1"))
    else:
        assert section.verb == ""
        path.write_text(section.body, "utf-8")


def test_the_unchanged_base_is_valid_and_renders(config: Path, mlmon: Mlmon) -> None:
    result = mlmon("render", "--config", "config", "--today", TODAY)

    assert result.exit_code == 0
    assert result.stdout.startswith("rendered/prod: 3 circuits, ")


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_wrong_configuration_is_explained(
    fixture: Path, config: Path, mlmon: Mlmon, updating: bool
) -> None:
    text = fixture.read_text("utf-8")
    *changes, expected = sections(text)
    for change in changes:
        apply(change, config)

    command = expected.verb or "validate"
    result = mlmon(command, "--config", "config", "--today", TODAY)

    if updating:
        head = text.removesuffix(expected.body)
        fixture.write_text(head + result.stdout, "utf-8")
    assert result.stdout == sections(fixture.read_text("utf-8"))[-1].body
    assert result.exit_code == 1
    found = _ID.findall(result.stdout)
    plural = "s" if len(found) > 1 else ""
    assert result.stderr == f"\n{len(found)} problem{plural} found; nothing was written\n"
    assert {path.split("/")[0] for path in read_tree(config.parent)} == {"config"}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_says_what_is_wrong_and_expects_at_least_one_problem(fixture: Path) -> None:
    text = fixture.read_text("utf-8")

    assert re.match(r"# [A-Z].*\.\n-- ", text)
    assert sections(text)[-1].file == "expect"
    assert _ID.search(sections(text)[-1].body)


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param(i, marks=pytest.mark.xfail(reason=NEVER_RAISED[i]) if i in NEVER_RAISED else ())
        for i in CATALOG
    ],
)
def test_every_id_is_raised_by_some_fixture_or_named_in_another_test(identifier: str) -> None:
    fixtures = "\n".join(path.read_text("utf-8") for path in FIXTURES)
    tests = [p for p in FOLDER.parent.glob("test_*.py") if p != Path(__file__)]
    asserted = "\n".join(path.read_text("utf-8") for path in [*tests, Path(__file__)])

    assert identifier in _ID.findall(fixtures) or f"({identifier})" in asserted
