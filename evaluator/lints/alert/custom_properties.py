"""alert/custom-properties: a placeholder that Azure does not fill."""

import re
from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_KNOWN = ("data.essentials.", "data.alertContext.")


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    for key, value in sorted(context.rule.custom_properties.items()):
        for match in _PLACEHOLDER.finditer(value):
            if not match[1].strip().startswith(_KNOWN):
                yield RuleFinding(
                    "customProperties", f"`{key}` has the placeholder `{match[0]}`, sent as it is"
                )


LINT = Lint(
    id="alert/custom-properties",
    severity="warning",
    summary="A custom property has a placeholder that is not filled",
    details=(
        "Azure fills `${data.essentials...}` and `${data.alertContext...}` from the common alert "
        "schema; that others stay as they are written is inferred.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="write a path of the common alert schema, or a constant",
    bad="customProperties: {owner: '${owner}'}\n",
    good="customProperties: {rule: '${data.essentials.alertRule}'}\n",
    check=_check,
)
