"""A what-if for a comment of a pull request: escaped, folded, and within its limit."""

import re
from collections.abc import Iterator
from typing import Final

from deployment import resource_id
from deployment.what_if.difference import lines_of
from deployment.what_if.result import Entry, WhatIf
from deployment.what_if.text import notes, summary

# GitHub takes 65,536 characters, https://github.com/orgs/community/discussions/41331
LIMIT: Final = 65_000
_ROWS_LIMIT: Final = 40_000
_TITLES = (("created", "+"), ("changed", "~"), ("deleted", "-"), ("uncompared", "?"))


def markdown(result: WhatIf) -> str:
    """Write a what-if as Markdown of at most `LIMIT` characters; what is left out is counted."""
    head = f"### What-if of {escape(summary(result))}\n"
    foot = "".join(f"\n- {escape(note)}" for note in notes(result))[:5_000]
    rows = list(_rows(result))
    table = _fitting(rows, _ROWS_LIMIT, "| | ... and {} more | |\n")
    if rows:
        head += f"\n| | resource | from |\n| --- | --- | --- |\n{table}"
    blocks = [_block(entry) for entry in result.of("changed")]
    room = LIMIT - len(head) - len(foot) - 200
    details = _fitting(blocks, room, "\n... and {} more changed resources; see the artifact\n")
    return f"{head}{details}{foot}\n"


def escape(text: str) -> str:
    """Write a text so that Markdown, HTML and mentions in it mean nothing."""
    line = " ".join(text.split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width space behind @ and # keeps GitHub from notifying people and linking issues.
    line = re.sub(r"([@#])", "\\1\u200b", line)
    return re.sub(r"([\\`*_{}\[\]()!|~])", r"\\\1", line)


def _rows(result: WhatIf) -> Iterator[str]:
    for kind, sign in _TITLES:
        for entry in result.entries:
            if entry.kind == kind:
                yield _row(sign, entry)
    for entry in result.left_behind:
        yield _row("left behind", entry)


def _row(sign: str, entry: Entry) -> str:
    subject = f"{resource_id.words(entry.type)} {entry.name}"
    source = entry.place or entry.reason
    return f"| {escape(sign)} | {escape(subject)} | {escape(source)} |\n"


def _block(entry: Entry) -> str:
    lines = [line for change in entry.properties for line in lines_of(change)]
    body = "\n".join(_as_diff(line) for line in lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    title = escape(f"{resource_id.words(entry.type)} {entry.name}")
    return f"\n<details><summary>{title}</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"


def _as_diff(line: str) -> str:
    """A diff block colours what begins with a sign."""
    return line[2:] if line.startswith(("  +", "  -")) else line


def _fitting(parts: list[str], room: int, rest: str) -> str:
    """Join as many parts as there is room for, and say how many there was none for."""
    taken: list[str] = []
    for part in parts:
        room -= len(part)
        if room < len(rest) + 10:
            return "".join(taken) + rest.format(len(parts) - len(taken))
        taken.append(part)
    return "".join(taken)
