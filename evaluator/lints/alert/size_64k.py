"""alert/size-64k: a rule larger than Azure takes."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.azure import MAX_RULE_BYTES


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is not None and rule.size_bytes > MAX_RULE_BYTES:
        yield RuleFinding(
            "",
            f"the rule has {rule.size_bytes:,} bytes, Azure takes {MAX_RULE_BYTES:,}",
        )


LINT = Lint(
    id="alert/size-64k",
    severity="error",
    summary="A rule is larger than 64 KB",
    details=(
        "Azure limits all properties of a rule together, of which the query is the largest.\n"
        "https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#alerts"
    ),
    fix="shorten the query, split the rule, or keep its tables in a watch list",
    bad="sizeBytes: 70000\n",
    good="sizeBytes: 60000\n",
    check=_check,
)
