"""alert/series-budget: more series than a stateful rule may raise alerts for."""

from collections.abc import Iterator

from evaluator.lints.alert.members import identifiers
from evaluator.lints.kql.columns import result_of
from evaluator.lints.kql.names import names_wanted
from evaluator.lints.kql.tree import main_expression
from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.azure import MAX_STATEFUL_SERIES, MAX_STATELESS_SERIES


def _check(context: LintContext) -> Iterator[Finding]:
    rule, fleet = context.rule, context.fleet
    if rule is None or fleet is None:
        return
    most = MAX_STATEFUL_SERIES if rule.auto_mitigate else MAX_STATELESS_SERIES
    split = _split(context)
    names = names_wanted(context.analysis.root, "AppMetrics") | names_wanted(
        context.analysis.root, "AppEvents"
    )
    kinds = len(names) if "Name" in split and names else 1
    series = fleet.circuits * kinds
    if "circuit_id" in split and series > most:
        each = f", {kinds} series each" if kinds > 1 else ""
        yield RuleFinding(
            "dimensions",
            f"the fleet has {fleet.circuits} circuits{each}, one evaluation may raise {most} "
            "alerts",
        )


def _split(context: LintContext) -> frozenset[str]:
    """Return the stored columns and properties that the rule's dimensions are made of."""
    root, rule = context.analysis.root, context.rule
    names = [d.name for d in rule.condition.dimensions if "*" in d.values] if rule else []
    expression = main_expression(root)
    if expression is None:
        return frozenset(names)
    place = result_of(expression)
    return frozenset(names).union(*(identifiers(name, place, root) for name in names))


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
