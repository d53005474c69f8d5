"""kql/regex-literal: a regular expression that is plain text."""

import re
from collections.abc import Iterator
from typing import Final

from evaluator.lints.kql.tree import parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_META: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")


def _check(context: LintContext) -> Iterator[Finding]:
    for match in context.analysis.root.of_kind("MatchesRegexExpression"):
        text, pattern = parts(match)
        if isinstance(pattern.constant, str) and not _META.search(pattern.constant):
            yield QueryFinding(
                match.start,
                match.end,
                f"the regular expression {pattern.text} is plain text",
                f"write `{text.text} contains_cs {pattern.text}`",
            )


LINT = Lint(
    id="kql/regex-literal",
    severity="info",
    summary="A regular expression has nothing that only a regular expression can say",
    details=(
        "`matches regex` runs the expression on every row. Without any of its special characters "
        "it finds what `contains_cs` finds, more slowly.\n"
        "https://learn.microsoft.com/kusto/query/matches-regex-operator"
    ),
    fix="write `contains_cs`, or `has_cs` for a whole word",
    bad='AppEvents\n| where Name matches regex "failed"',
    good='AppEvents\n| where Name matches regex "(scoring|monitoring)_failed"',
    check=_check,
)
