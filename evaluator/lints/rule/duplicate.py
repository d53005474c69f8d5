"""rule/duplicate: two rules that say the same."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evaluator.lints.lint import ComparingLint, Finding, LintContext, RuleFinding
from evaluator.query_text import QueryText


def _check_all(contexts: Sequence[LintContext]) -> Iterator[tuple[LintContext, Finding]]:
    first: dict[object, LintContext] = {}
    for context in contexts:
        if context.rule is None or not context.analysis.root.children:
            continue  # of a query that cannot be read nothing is known
        key = _meaning(context)
        known = first.setdefault(key, context)
        if known is not context and known.subject != context.subject:
            yield (
                context,
                RuleFinding("", f"it has the query and the settings of `{known.subject}`"),
            )


def _meaning(context: LintContext) -> object:
    """Tell what a rule does: its settings, and its query without white space and comments."""
    assert context.rule is not None  # noqa: S101 - asked for rules only
    leaves = [n.text for n in context.analysis.root.walk() if not n.children]
    bare = replace(
        context.rule,
        id="",
        display_name="",
        description="",
        query=QueryText("", ()),
        custom_properties={},
        places={},
        size_bytes=0,
    )
    return repr(bare), tuple(leaves)


LINT = ComparingLint(
    id="rule/duplicate",
    severity="warning",
    summary="Two rules do the same",
    details="Both fire at once, both call, both cost; and one of them will be forgotten.",
    fix="remove one of them",
    bad="Two rules with one query and the same settings.\n",
    good="Two rules with one query and different thresholds and severities.\n",
    check_all=_check_all,
)
