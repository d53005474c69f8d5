"""Comments in a query by which its writer lets a finding stay, for good or for a while.

    // mlmon: disable=kql/lookback-48h the baseline is two days on purpose
    // mlmon: snooze=kql/lookback-48h until=2027-03-31 waits for the baseline metric

Behind code, a directive holds for its line; alone on a line, for the next line with code; above the
first statement, for the whole query and its rule. Comments are what stands between the tokens of
the syntax tree: no text inside a string is one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from evaluator.analysis.syntax import Analysis, Node
from evaluator.lints.elsewhere import REASONS
from evaluator.lints.lint import Finding, LintPage, QueryFinding
from evaluator.lints.misuse import FORMS, MALFORMED_DIRECTIVE, UNKNOWN_ID
from evaluator.rule_tests.findings import did_you_mean

_LINE_BREAK = re.compile("\r\n|[\r\n\u2028\u2029]")
_COMMENT = re.compile("//[^\r\n\u2028\u2029]*")
_ATTEMPT = re.compile(r"//+\s*mlmon\s*(:|(disable|snooze)\b).*", re.IGNORECASE)
_DIRECTIVE = re.compile(r"//\s*mlmon:\s*(?P<verb>disable|snooze)=(?P<id>\S+)(?:\s+(?P<rest>.*))?")
_UNTIL = re.compile(r"until=(?P<day>\d{4}-\d{2}-\d{2})(?:\s.*)?")


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that is understood."""

    lint_id: str
    start: int
    """Offset of its comment in the query, 0-based."""
    end: int
    """Exclusive."""
    line: int | None
    """Line of the query that it is about, 0-based; none for the whole query and its rule."""
    until: date | None = None
    """Last day on which it holds; none for `disable`."""

    def suppresses(self, lint_id: str, finding: Finding, lines: "Lines", today: date) -> bool:
        """Tell whether it holds for a finding: one that begins on its line."""
        if lint_id != self.lint_id or self.is_over(today):
            return False
        if self.line is None:
            return True
        return isinstance(finding, QueryFinding) and lines.of(finding.start) == self.line

    def is_over(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True)
class WrongDirective:
    """A comment that is meant as a directive and is none."""

    page: LintPage
    finding: QueryFinding


class Lines:
    """The lines of a query, 0-based, broken where KQL breaks them."""

    def __init__(self, text: str) -> None:
        self._ends = [match.end() for match in _LINE_BREAK.finditer(text)]

    def of(self, offset: int) -> int:
        """Tell the line of a character."""
        return sum(end <= offset for end in self._ends)


@dataclass(frozen=True, slots=True)
class _Comment:
    start: int
    text: str
    line: int | None
    """The line that it is about, as `Directive.line`; -1 where no code follows."""


def read_directives(
    analysis: Analysis, lint_ids: Sequence[str]
) -> tuple[list[Directive], list[WrongDirective]]:
    """Read the directives of a query, and what is wrong with others."""
    directives, wrong = [], []
    for comment in _comments(analysis):
        if _ATTEMPT.fullmatch(comment.text) is None:
            continue
        read = _directive(comment, lint_ids)
        if isinstance(read, Directive):
            directives.append(read)
        else:
            wrong.append(read)
    return directives, wrong


def _directive(comment: _Comment, lint_ids: Sequence[str]) -> Directive | WrongDirective:
    start, end = comment.start, comment.start + len(comment.text)

    def wrong(message: str, fix: str, page: LintPage = MALFORMED_DIRECTIVE) -> WrongDirective:
        return WrongDirective(page, QueryFinding(start, end, message, fix))

    match = _DIRECTIVE.fullmatch(comment.text)
    if match is None:
        return wrong("the comment is no directive", f"write {FORMS}")
    lint_id, rest = match["id"], match["rest"] or ""
    if lint_id in REASONS:
        fix = "remove the comment, and mend what is found"
        return wrong(f"`{lint_id}` cannot be disabled: {REASONS[lint_id]}", fix, UNKNOWN_ID)
    if lint_id not in lint_ids:
        fix = did_you_mean(lint_id, lint_ids, "lint")
        return wrong(f"there is no lint `{lint_id}`", fix, UNKNOWN_ID)
    if match["verb"] == "disable":
        if not rest:
            return wrong(f"`disable={lint_id}` has no reason", "write behind the id why")
        return Directive(lint_id, start, end, comment.line)
    day = _UNTIL.fullmatch(rest)
    try:
        until = date.fromisoformat(day["day"]) if day else None
    except ValueError:
        until = None
    if until is None:
        what = "has a day that does not exist" if day else "does not say until when"
        return wrong(f"`snooze={lint_id}` {what}", "write `until=YYYY-MM-DD` behind the id")
    return Directive(lint_id, start, end, comment.line, until)


def _comments(analysis: Analysis) -> Iterator[_Comment]:
    text, lines = analysis.text, Lines(analysis.text)
    tokens = _tokens(analysis.root)
    ends = [0, *(end for _, end in tokens)]
    starts = [*(start for start, _ in tokens), len(text)]
    for index, (begin, end) in enumerate(zip(ends, starts, strict=True)):
        for match in _COMMENT.finditer(text, begin, max(begin, end)):
            own = lines.of(match.start())
            line: int | None
            if index == 0:
                line = None
            elif own == lines.of(begin - 1):
                line = own
            else:
                line = lines.of(end) if index < len(tokens) else -1
            yield _Comment(match.start(), match[0].rstrip(), line)


def _tokens(root: Node) -> list[tuple[int, int]]:
    """Find where the tokens stand, in the order of the text."""
    return sorted((n.start, n.end) for n in root.walk() if not n.children and n.start < n.end)
