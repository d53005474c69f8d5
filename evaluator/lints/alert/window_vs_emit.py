"""alert/window-vs-emit: a window shorter than the pause between two values."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule, fleet = context.rule, context.fleet
    if rule is None or fleet is None:
        return
    literals = context.analysis.root.of_kind("StringLiteralExpression")
    gauges = sorted({str(node.constant) for node in literals} & fleet.metrics)
    if gauges and rule.query_time_range < 2 * fleet.emission_interval:
        name = "overrideQueryTimeRange" if rule.override_query_time_range else "windowSize"
        yield RuleFinding(
            name,
            f"`{gauges[0]}` comes every {iso_duration(fleet.emission_interval)}, and the rule "
            f"sees {iso_duration(rule.query_time_range)}",
        )


LINT = Lint(
    id="alert/window-vs-emit",
    severity="warning",
    summary="A rule sees less than two values of its metric",
    details=(
        "A value that comes once a day is in a short window once: the alert fires, and resolves "
        "minutes later although nothing got better. With room for two values a late job does not "
        "resolve it either."
    ),
    fix="look back at least twice the interval at which the metric is emitted",
    bad="windowSize: PT30M   # the metric comes once a day\n",
    good="windowSize: P2D\n",
    check=_check,
)
