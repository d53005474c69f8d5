"""alert/custom-properties: a placeholder that Azure does not fill."""

import re
from collections.abc import Iterator
from typing import Final

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from evaluator.rules import LogAlertRule

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_INDEX = re.compile(r"\[(\d+)\]")

# The payload of a log alert, in small letters as the service's own examples differ in case; the
# metric's name is in Microsoft's examples for log alerts, too.
_ESSENTIALS: Final = frozenset(
    """
    alertid alertrule alertruleid alertcontextversion alerttargetids configurationitems description
    essentialsversion fireddatetime investigationlink monitorcondition monitoringservice
    originalertid resolveddatetime severity signaltype targetresourcegroup targetresourcetype
    """.split()
)
_CONDITION: Final = frozenset(
    "allof staticthresholdfailingperiods windowendtime windowsize windowstarttime".split()
)
_CRITERION: Final = frozenset(
    """
    dimensions event failingperiods failingperiods.minfailingperiodstoalert
    failingperiods.numberofevaluationperiods linktofilteredsearchresultsapi
    linktofilteredsearchresultsui linktosearchresultsapi linktosearchresultsui metricmeasurecolumn
    metricname metricnamespace metricvalue operator searchquery targetresourcetypes threshold
    timeaggregation
    """.split()
)
_PATHS: Final = frozenset(
    {f"data.essentials.{name}" for name in _ESSENTIALS}
    | {f"data.alertcontext.{name}" for name in ("properties", "conditiontype", "condition")}
    | {f"data.alertcontext.condition.{name}" for name in _CONDITION}
    | {f"data.alertcontext.condition.allof.{name}" for name in _CRITERION}
)
_DIMENSIONS: Final = "data.alertcontext.condition.allof.dimensions"
_PROPERTIES: Final = "data.alertcontext.properties."


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None:
        return
    for key, value in sorted(rule.custom_properties.items()):
        for match in _PLACEHOLDER.finditer(f"{key}\n{value}"):
            wrong = _wrong(match[1].strip(), rule)
            if wrong:
                yield RuleFinding(
                    "customProperties", f"`{key}` has the placeholder `{match[0]}`: {wrong}"
                )


def _wrong(path: str, rule: LogAlertRule) -> str:
    """Say why a placeholder is not filled; nothing if it is."""
    plain = _INDEX.sub("", path).casefold()
    if plain.startswith(f"{_DIMENSIONS}."):
        return _wrong_dimension(path, plain.removeprefix(f"{_DIMENSIONS}."), rule)
    if plain.startswith(_PROPERTIES):
        names = {name.casefold() for name in rule.custom_properties}
        known = plain.removeprefix(_PROPERTIES) in names
        return "" if known else "the rule has no such custom property"
    return "" if plain in _PATHS else "the alert has no such field"


def _wrong_dimension(path: str, field: str, rule: LogAlertRule) -> str:
    names = [dimension.name for dimension in rule.condition.dimensions]
    index = re.search(r"dimensions\[(\d+)\]", path, re.IGNORECASE)
    if index is None:
        known = field in {name.casefold() for name in names}
    else:
        known = field in ("name", "value") and int(index[1]) < len(names)
    return "" if known else f"the rule's dimensions are {', '.join(names) or 'none'}"


LINT = Lint(
    id="alert/custom-properties",
    severity="warning",
    summary="A custom property has a placeholder that is not filled",
    details=(
        "Azure fills `${data.essentials...}` and `${data.alertContext...}` from the common alert "
        "schema; that others stay as they are written is inferred, and so is that dimensions can "
        "be named as in Microsoft's examples for other alerts.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule and "
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples"
    ),
    fix="write a path of the common alert schema, or a constant",
    bad="customProperties: {owner: '${owner}'}\n",
    good="customProperties: {rule: '${data.essentials.alertRule}'}\n",
    check=_check,
)
