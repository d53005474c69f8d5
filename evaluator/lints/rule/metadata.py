"""rule/metadata: a rule that tells nobody what it means or whom it calls."""

from collections.abc import Iterator
from typing import Final

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding

_UNWRITTEN: Final = frozenset({"todo", "tbd", "fixme", "changeme"})


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None:
        return
    if not rule.description.strip():
        yield RuleFinding("description", "the rule has no description")
    elif rule.description.strip().casefold() in (rule.id.casefold(), rule.display_name.casefold()):
        yield RuleFinding("description", "the description says no more than the name")
    if rule.enabled and not rule.action_groups:
        yield RuleFinding("actionGroups", "the rule calls nobody", "name an action group")
    for name, value in sorted(rule.custom_properties.items()):
        if value.strip().casefold() in _UNWRITTEN:
            message = f"`{name}` is still {value!r}"
            yield RuleFinding("customProperties", message, "write it, or leave it out")


LINT = Lint(
    id="rule/metadata",
    severity="warning",
    summary="A rule says too little of itself",
    details=(
        "Who is woken at night reads the description first, and a rule without an action group "
        "wakes nobody. An owner or a runbook that is still to do helps nobody.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="write a description of what the alert means",
    bad="actionGroups: []\n",
    good="description: The newest error of a circuit is over its limit.\nactionGroups: [ops]\n",
    check=_check,
)
