"""alert/window-vs-emit: a window shorter than the pause between two values."""

from collections.abc import Iterator

from evaluator.lints.kql.names import names_wanted
from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule, fleet = context.rule, context.fleet
    if rule is None or fleet is None:
        return
    wanted = names_wanted(context.analysis.root, "AppMetrics") & fleet.gauges.keys()
    slow = sorted(name for name in wanted if rule.query_time_range < 2 * fleet.gauges[name])
    if slow:
        name = "overrideQueryTimeRange" if rule.override_query_time_range else "windowSize"
        yield RuleFinding(
            name,
            f"`{slow[0]}` comes every {iso_duration(fleet.gauges[slow[0]])}, and the rule "
            f"sees {iso_duration(rule.query_time_range)}",
        )


LINT = Lint(
    id="alert/window-vs-emit",
    severity="warning",
    summary="A rule sees less than two values of its metric",
    details=(
        "A value that comes once a day is in a short window once: the alert fires, and resolves "
        "minutes later although nothing got better. With room for two values a late job does not "
        "resolve it either. Only the gauges of the project's own jobs are known to come at an "
        "interval: what is sent with each scored file is not."
    ),
    fix="look back at least twice the interval at which the metric is emitted",
    bad="windowSize: PT30M   # the metric comes once a day\n",
    good="windowSize: P2D\n",
    check=_check,
)
