"""Writes values that differ: short ones on a line, long ones by the lines that changed."""

import difflib
import json
from collections import Counter
from typing import Final

from cli.app import count
from deployment.excerpt import apart, shortened
from deployment.verify.compare import Difference, Kind
from deployment.verify.result import State, Verification, Verified
from generator.diagnostics import printable

SHORT: Final = 60
"""Characters of a value that still stands in a table."""
_LINES: Final = 6
_WIDTH: Final = 120


def resource_name(resource: Verified) -> str:
    """Write the last part of a resource's type and its name: `actionGroups/ag-on-call`."""
    return printable(f"{resource.type.rpartition('/')[2]}/{resource.name}")


def unreadable(verification: Verification) -> list[tuple[str, str]]:
    """Write what could not be read and why, once for each reason."""
    reasons = Counter(
        (resource.type.rpartition("/")[2], resource.note)
        for resource in verification.of(State.UNREADABLE)
    )
    return [(f"{number} {kind}", printable(note)) for (kind, note), number in reasons.items()]


def before_and_after(difference: Difference) -> tuple[str, str]:
    """Write what is expected and what was found, each in a cell of a table."""
    if difference.kind is Kind.UNEXPECTED:
        return "(not rendered)", _short(difference.found)
    if difference.kind is Kind.MISSING:
        return _short(difference.expected), "(missing)"
    if is_long(difference):
        return "(see below)", "(see below)"
    expected, found = _both(difference)
    return printable(expected), printable(found)


def is_long(difference: Difference) -> bool:
    """Tell whether a changed value is shown by its changed lines."""
    return difference.kind is Kind.CHANGED and any(len(v) > SHORT for v in _both(difference))


def changed_lines(difference: Difference) -> list[str]:
    """Give the first lines in which two long values differ, `-` rendered and `+` found."""
    before, after = apart(_laid_out(difference.expected), _laid_out(difference.found), _WIDTH)
    lines = before.splitlines(), after.splitlines()
    found = list(difflib.unified_diff(*lines, n=0, lineterm=""))[2:]
    found = [line for line in found if not line.startswith("@@")]
    shown = [printable(line)[:_WIDTH] for line in found[:_LINES]]
    rest = len(found) - len(shown)
    return [*shown, *([f"... {count(rest, 'more line')}"] if rest else [])]


def _laid_out(value: object) -> str:
    """Write a value in lines; JSON, also within a text, is indented for it."""
    content = value
    if isinstance(value, str):
        try:
            content = json.loads(value)
        except ValueError:
            return value
    return json.dumps(content, indent=1, ensure_ascii=False)


def _both(difference: Difference) -> tuple[str, str]:
    """Write both values in a line each, shortened if they are long."""
    before, after = _text(difference.expected), _text(difference.found)
    return apart(before, after, SHORT) if max(len(before), len(after)) > SHORT else (before, after)


def _short(value: object) -> str:
    text = _text(value)
    if len(text) > SHORT:
        [text] = shortened(text)
    text = printable(text)
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
