"""Every command line in the pages is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import problem_of
from tests.test_docs import BY_NAME

_BLOCK = re.compile(r"^ *```(?:sh|console)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`mlmon ([^`\n]+)`")
_LEFT_OUT = re.compile(r"MissingParameter|BadOptionUsage: .* requires an argument")
_END = frozenset(("|", "||", "&&", ";", ">", "2>", "2>/dev/null"))


def lines_of_blocks(path: Path) -> Iterator[list[str]]:
    """Find each `mlmon` line of the page's blocks, as the arguments behind it."""
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.strip().removeprefix("$ ")
            if words.startswith("mlmon "):
                yield _until_the_end(shlex.split(words, comments=True)[1:])


def _until_the_end(words: list[str]) -> list[str]:
    ends = [number for number, word in enumerate(words) if word in _END]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize("name", BY_NAME)
def test_a_command_of_a_block_is_complete(name: str) -> None:
    for arguments in lines_of_blocks(BY_NAME[name]):
        assert problem_of(arguments) == "", arguments


@pytest.mark.parametrize("name", BY_NAME)
def test_a_command_in_a_sentence_exists(name: str) -> None:
    """It may leave out what it needs, and name nothing that there is not."""
    for text in _INLINE.findall(BY_NAME[name].read_text(encoding="utf-8")):
        problem = problem_of(shlex.split(text.replace("...", "")))
        assert problem == "" or _LEFT_OUT.match(problem), (text, problem)


def test_the_pages_have_commands() -> None:
    found = [line for path in BY_NAME.values() for line in lines_of_blocks(path)]

    assert ["validate"] in found
    assert len(found) > 10
