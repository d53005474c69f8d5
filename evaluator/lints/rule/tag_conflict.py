"""rule/tag-conflict: a custom property that hides a dimension of the same name."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None:
        return
    names = {dimension.name for dimension in rule.condition.dimensions}
    for name in sorted(names & set(rule.custom_properties)):
        yield RuleFinding(
            "customProperties", f"`{name}` is a dimension and a custom property of another value"
        )


LINT = Lint(
    id="rule/tag-conflict",
    severity="warning",
    summary="A custom property has the name of a dimension",
    details=(
        "An alert carries the dimension's value of its series and the property's constant under "
        "one name: who routes by it may read the wrong one."
    ),
    fix="rename the custom property",
    bad="dimensions: [plant_id]\ncustomProperties: {plant_id: all}\n",
    good="dimensions: [plant_id]\ncustomProperties: {plants: all}\n",
    check=_check,
)
