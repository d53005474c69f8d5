"""Writes a verification as Markdown, for the summary of a pipeline's run."""

from collections.abc import Iterator
from typing import Final

from cli.app import count
from cli.verify_values import before_and_after, changed_lines, is_long, resource_name, unreadable
from deployment.verify.result import State, Verification, Verified
from generator.diagnostics import printable
from generator.escape import markdown_text

LIMIT: Final = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
DIFFERING: Final = (State.CHANGED, State.MISSING, State.UNEXPECTED)
"""States that are shown one by one, in this order."""

_HEAD: Final = (
    "| State | Resource | Property | Expected | Found |\n| :-- | :-- | :-- | :-- | :-- |\n"
)
_REST: Final = "\n{} not shown: see `mlmon verify --format json`.\n"
_ROOM: Final = 200
"""Characters kept for the last sentence."""


def markdown(verification: Verification) -> str:
    """Write a summary of at most `LIMIT` characters; what does not fit is counted."""
    verdict = "in sync" if verification.is_in_sync else "not in sync"
    counts = ", ".join(f"{n} {state.value}" for state, n in verification.counts.items())
    parts = [f"## {markdown_text(verification.environment)} is {verdict}\n\n{counts}.\n"]
    room = LIMIT - _ROOM - len(parts[0]) - len(_HEAD)
    differing = verification.of(*DIFFERING)
    rows, left_out = _fitting(map(_rows, differing), room * 2 // 3)
    if rows:
        parts += ["\n", _HEAD, *rows]
    more, cut = _fitting(_details(verification, differing), room - sum(map(len, rows)))
    parts += more
    if left_out:
        parts.append(_REST.format(count(left_out, "differing resource")))
    elif cut:
        parts.append(_REST.format(count(cut, "detail")))
    return "".join(parts)


def _fitting(texts: Iterator[str], room: int) -> tuple[list[str], int]:
    """Take texts while they fit; count those that do not."""
    taken: list[str] = []
    left_out = 0
    for text in texts:
        if left_out or len(text) > room:
            left_out += 1
        else:
            taken.append(text)
            room -= len(text)
    return taken, left_out


def _rows(resource: Verified) -> str:
    name = resource_name(resource) + (f" ({resource.place})" if resource.place else "")
    cells = [(d.property, *before_and_after(d)) for d in resource.differences]
    lines = [(resource.state.value, name, *row) for row in cells or [("", "", "")]]
    return "".join(
        f"| {' | '.join(markdown_text(printable(cell)) for cell in line)} |\n" for line in lines
    )


def _details(verification: Verification, differing: list[Verified]) -> Iterator[str]:
    for resource in differing:
        for difference in resource.differences:
            if is_long(difference):
                title = markdown_text(f"{resource_name(resource)} {printable(difference.property)}")
                yield f"\n{title}\n\n{_fenced(changed_lines(difference))}"
    for kind, reason in unreadable(verification):
        yield f"\n- {State.UNREADABLE.value}: {markdown_text(f'{kind}: {reason}')}"
    for state in (State.NOT_VALIDATED, State.COMPANION):
        for resource in verification.of(state):
            note = markdown_text(printable(f"{resource_name(resource)}: {resource.note}"))
            yield f"\n- {state.value}: {note}"
    yield "\n"


def _fenced(lines: list[str]) -> str:
    """Set lines as code, indented: no text within can end an indented block."""
    return "".join(f"    {line}\n" for line in lines)
