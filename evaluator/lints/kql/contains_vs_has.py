"""kql/contains-vs-has: a search for a part of a word where a word is meant."""

import re
from collections.abc import Iterator
from typing import Final

from evaluator.lints.kql.tree import parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_HAS: Final = {
    "ContainsExpression": ("contains", "has"),
    "ContainsCsExpression": ("contains_cs", "has_cs"),
    "NotContainsExpression": ("!contains", "!has"),
    "NotContainsCsExpression": ("!contains_cs", "!has_cs"),
}
# Terms are runs of letters and digits; shorter ones are not in the index.
_TERM: Final = re.compile(r"[^\W_]{3,}", re.ASCII)


def _check(context: LintContext) -> Iterator[Finding]:
    for search in context.analysis.root.of_kind(*_HAS):
        column, word = parts(search)
        if column.type != "string" or not isinstance(word.constant, str):
            continue
        if _TERM.fullmatch(word.constant):
            used, better = _HAS[search.kind]
            yield QueryFinding(
                search.start,
                search.end,
                f"`{used}` reads every row and finds {word.text} inside other words too",
                f"if the whole word is meant: `{column.text} {better} {word.text}`",
            )


LINT = Lint(
    id="kql/contains-vs-has",
    severity="info",
    summary="A word is searched with `contains`",
    details=(
        "`has` finds whole words by the index of terms; `contains` reads every row and also finds "
        "parts of words, such as `ok` in `token`. Words of fewer than three characters are not in "
        "the index, so nothing is said of them.\n"
        "https://learn.microsoft.com/kusto/query/has-operator"
    ),
    fix="search with `has`",
    bad='AppEvents\n| where Name contains "failed"',
    good='AppEvents\n| where Name has "failed"',
    check=_check,
)
