"""What is wrong with the user's files, where, and what to do about it.

A problem is data; only the command line prints. The ids are stable: each has an entry in a
catalogue, such as `generator.catalog`, from which the page that explains it is generated.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from generator.catalog import CATALOG, Entry

Severity = Literal["error", "warning", "info"]
Format = Literal["text", "json", "sarif", "github", "junit"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text: 1-based lines and columns, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Location:
    """A span of a file, with the text of its first line.

    `file` is as the user named it: relative paths stay relative.
    """

    file: str
    span: Span
    source_line: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a sentence of what is wrong, where, and what to do."""

    id: str
    message: str
    location: Location
    fix: str
    severity: Severity = "error"
    subject: str = ""
    """What the problem is about where the place does not say it, such as the id of a rule."""


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Order problems as a reader meets them: by file, line, column, id."""
    return sorted(
        set(problems),
        key=lambda p: (
            p.location.file,
            p.location.span.line,
            p.location.span.column,
            p.id,
            p.message,
            p.subject,
        ),
    )


def format_problems(
    problems: Sequence[Problem], style: Format, entries: Mapping[str, Entry] = CATALOG
) -> str:
    """Render problems for people (text), machines (json, sarif, junit) or a pull request (github).

    `entries` is the catalogue of the ids, which SARIF repeats.

    Raises:
        KeyError: the style is SARIF, and a problem's id has no entry.
    """
    if style == "sarif":
        return _sarif(problems, entries)
    renderers = {"text": _text, "json": _json, "github": _github, "junit": _junit}
    return renderers[style](problems)


def printable(text: str) -> str:
    """Replace what could move a terminal's cursor or reorder its text; tabs become one space."""
    return "".join(
        " " if c == "\t" else c if _is_harmless(c) else f"\\u{{{ord(c):x}}}" for c in text
    )


def _is_harmless(character: str) -> bool:
    # Cc: control; Cf: invisible and bidirectional format characters; Zl, Zp: line separators.
    # Zero-width joiner and variation selectors (emoji) are Cf or Mn: the joiner is kept.
    return character == "\u200d" or unicodedata.category(character) not in {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }


def _width(text: str) -> int:
    return sum(
        0
        if unicodedata.combining(c) or c == "\u200d"
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in text
    )


_MAX_SOURCE_COLUMNS = 120


def _excerpt(location: Location) -> tuple[str, int, int]:
    """Cut the source line around the span: text, columns before the caret, carets."""
    span, line = location.span, location.source_line
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    first = max(0, start - 60) if len(line) > _MAX_SOURCE_COLUMNS else 0
    last = first + _MAX_SOURCE_COLUMNS
    prefix = "…" if first else ""
    shown = prefix + printable(line[first:last]) + ("…" if len(line) > last else "")
    before = _width(prefix + printable(line[first:start]))
    carets = max(1, _width(printable(line[start : min(end, last)])))
    return shown, before, carets


def _place(problem: Problem) -> str:
    span = problem.location.span
    return f"{printable(problem.location.file)}:{span.line}:{span.column}"


def _text(problems: Sequence[Problem]) -> str:
    blocks = []
    for problem in problems:
        location = problem.location
        number = str(location.span.line)
        margin = " " * len(number)
        about = f" -> `{printable(problem.subject)}`" if problem.subject else ""
        lines = [
            f"{problem.severity}: {printable(problem.message)} ({problem.id})",
            f"{margin}--> {_place(problem)}{about}",
        ]
        if location.source_line.strip():
            shown, before, carets = _excerpt(location)
            lines += [f"{number} | {shown}", f"{margin} | {' ' * before}{'^' * carets}"]
        lines.append(f"{margin} = fix: {printable(problem.fix)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _record(problem: Problem) -> dict[str, object]:
    span = problem.location.span
    about = {"subject": problem.subject} if problem.subject else {}
    return {
        "id": problem.id,
        "severity": problem.severity,
        **about,
        "message": problem.message,
        "fix": problem.fix,
        "file": problem.location.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _json(problems: Sequence[Problem]) -> str:
    return json.dumps([_record(p) for p in problems], indent=2, ensure_ascii=False)


_SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def _sarif(problems: Sequence[Problem], entries: Mapping[str, Entry]) -> str:
    """SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/."""
    used = sorted({p.id for p in problems})
    rules = [
        {
            "id": i,
            "shortDescription": {"text": entries[i].summary},
            "help": {"text": entries[i].reason},
        }
        for i in used
    ]
    results = [
        {
            "ruleId": p.id,
            "level": _SARIF_LEVELS[p.severity],
            "message": {"text": f"{p.message}. Fix: {p.fix}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(p.location.file)},
                        "region": {
                            "startLine": p.location.span.line,
                            "startColumn": p.location.span.column,
                            "endLine": p.location.span.end_line,
                            "endColumn": p.location.span.end_column,
                        },
                    }
                }
            ],
        }
        for p in problems
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "mlmon", "rules": rules}}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _github(problems: Sequence[Problem]) -> str:
    """Workflow commands that GitHub turns into annotations of a pull request.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """

    def escape(text: str, more: str = "") -> str:
        return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in printable(text))

    lines = []
    for p in problems:
        span = p.location.span
        command = "notice" if p.severity == "info" else p.severity
        lines.append(
            f"::{command} file={escape(p.location.file, ':,')},line={span.line},"
            f"col={span.column},title={escape(p.id, ':,')}::{escape(p.message)}. "
            f"Fix: {escape(p.fix)}"
        )
    return "\n".join(lines)


# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _junit(problems: Sequence[Problem]) -> str:
    """JUnit's XML, one test case a problem; information fails nothing.

    https://github.com/testmoapp/junitxml
    """

    def xml(text: str) -> str:
        return _NOT_XML.sub("\ufffd", text)

    failed = sum(p.severity != "info" for p in problems)
    root = Element("testsuites", tests=str(len(problems)), failures=str(failed))
    suite = SubElement(root, "testsuite", {**root.attrib, "name": "mlmon"})
    for p in problems:
        about = f" -> {printable(p.subject)}" if p.subject else ""
        name = xml(f"{_place(p)}{about}")
        attributes = {"classname": p.id, "name": name, "file": xml(p.location.file)}
        case = SubElement(suite, "testcase", attributes, line=str(p.location.span.line))
        if p.severity == "info":
            SubElement(case, "system-out").text = xml(_text([p]))
        else:
            message = xml(printable(p.message))
            SubElement(case, "failure", message=message, type=p.severity).text = xml(_text([p]))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
