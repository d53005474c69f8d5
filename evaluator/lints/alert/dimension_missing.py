"""alert/dimension-missing: a rule that reads columns that its query does not return."""

from collections.abc import Iterator

from evaluator.evaluation.dimensions import DIMENSION_TYPES, NUMERIC_TYPES
from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from evaluator.lints.spelling import close_name
from generator.azure import MAX_DIMENSIONS


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None or not context.analysis.columns:
        return
    condition = context.rule.condition
    names = [dimension.name for dimension in condition.dimensions]
    if len(names) > MAX_DIMENSIONS:
        yield RuleFinding(
            "dimensions", f"{len(names)} dimensions, Azure takes at most {MAX_DIMENSIONS}"
        )
    for name in dict.fromkeys(names):
        yield from _column(context, "dimensions", name, DIMENSION_TYPES)
    if condition.metric_measure_column is not None:
        yield from _column(
            context, "metricMeasureColumn", condition.metric_measure_column, NUMERIC_TYPES
        )


def _column(
    context: LintContext, place: str, name: str, allowed: frozenset[str]
) -> Iterator[Finding]:
    types = {column.name: column.type for column in context.analysis.columns}
    if name not in types:
        close = close_name(name, types)
        known = f"did you mean `{close}`?" if close else f"it returns {', '.join(types)}"
        yield RuleFinding(place, f"the query returns no column `{name}`", known)
    elif types[name] not in allowed and types[name] != "unknown":
        numeric = allowed == NUMERIC_TYPES
        wanted = "a number" if numeric else "a string or a number"
        yield RuleFinding(
            place,
            f"the column `{name}` is of type {types[name]}, not {wanted}",
            f"convert it in the query, such as {'todouble' if numeric else 'tostring'}({name})",
        )


LINT = Lint(
    id="alert/dimension-missing",
    severity="error",
    summary="The rule reads a column that its query does not return",
    details=(
        "Dimensions and the measured column are columns of the result: a string or a number, and "
        "a number. Deployment refuses others, or the evaluation fails.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/"
        "alerts-create-log-alert-rule#dimensions"
    ),
    fix="return the column, or name one that is returned",
    bad="dimensions: [circuit]\n",
    good="dimensions: [circuit_id]\n",
    check=_check,
)
