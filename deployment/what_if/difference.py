"""Writes two values down so that a person sees what differs."""

import difflib
import json
from contextlib import suppress
from typing import Any, Final

from deployment.excerpt import apart
from deployment.what_if.reading import PropertyChange
from generator.diagnostics import printable

_SHORT: Final = 60
_WIDTH: Final = 110
_MOST_LINES: Final = 14


def lines_of(change: PropertyChange) -> list[str]:
    """Write one difference: in one line if it fits, long texts as a short unified diff."""
    path = printable(change.path.removeprefix("properties."))
    before = None if change.kind == "created" else _text(change.before)
    after = None if change.kind == "deleted" else _text(change.after)
    if _is_long(before) or _is_long(after):
        told = apart(before or "", after or "", _SHORT)
        if any(map(_is_long, told)):
            return [f"{path}:", *_diff(*told)]
        before = None if before is None else told[0]
        after = None if after is None else told[1]
    if before is None:
        return [f"{path}: + {after}"]
    if after is None:
        return [f"{path}: - {before}"]
    return [f"{path}: {before} -> {after}"]


def _is_long(text: str | None) -> bool:
    return text is not None and ("\n" in text or len(text) > _SHORT)


def _text(value: Any) -> str:
    """Write a value as JSON, but a text as it is; JSON in a text is laid out in lines."""
    if not isinstance(value, str):
        line = printable(json.dumps(value, ensure_ascii=False))
        if len(line) <= _SHORT:
            return line
        value = json.dumps(value, ensure_ascii=False)
    if value[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):  # no JSON, then: shown as the text it is
            value = json.dumps(json.loads(value), indent=1, ensure_ascii=False)
    return "\n".join(printable(line) for line in value.splitlines()) if value else '""'


def _diff(before: str, after: str) -> list[str]:
    told = [
        f"  {_cut(line)}"
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    rest = len(told) - _MOST_LINES
    return told if rest <= 0 else [*told[:_MOST_LINES], f"  ... and {rest} more lines"]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
