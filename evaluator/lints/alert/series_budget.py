"""alert/series-budget: more series than a stateful rule may raise alerts for."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.azure import MAX_STATEFUL_SERIES, MAX_STATELESS_SERIES


def _check(context: LintContext) -> Iterator[Finding]:
    rule, fleet = context.rule, context.fleet
    if rule is None or fleet is None:
        return
    names = {d.name for d in rule.condition.dimensions if "*" in d.values}
    most = MAX_STATEFUL_SERIES if rule.auto_mitigate else MAX_STATELESS_SERIES
    if "circuit_id" in names and fleet.circuits > most:
        yield RuleFinding(
            "dimensions",
            f"the fleet has {fleet.circuits} circuits, one evaluation may raise {most} alerts",
        )


LINT = Lint(
    id="alert/series-budget",
    severity="error",
    summary="A rule has more series than Azure evaluates",
    details=(
        "One evaluation raises at most 300 alerts of a stateful rule and 6,000 of a stateless one; "
        "beyond that the rule is unhealthy and tells none.\n"
        "https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#alerts"
    ),
    fix="render the rule for each plant (`layout: plant`), or split by fewer dimensions",
    bad="dimensions: [plant_id, circuit_id]   # 400 circuits\n",
    good="dimensions: [plant_id, circuit_id]   # 250 circuits\n",
    check=_check,
)
