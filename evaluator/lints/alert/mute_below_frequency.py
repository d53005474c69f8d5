"""alert/mute-below-frequency: a mute that ends before the next evaluation."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.mute_actions_duration is None:
        return
    if rule.mute_actions_duration < rule.evaluation_frequency:
        yield RuleFinding(
            "muteActionsDuration",
            f"muted for {iso_duration(rule.mute_actions_duration)}, evaluated only every "
            f"{iso_duration(rule.evaluation_frequency)}",
        )


LINT = Lint(
    id="alert/mute-below-frequency",
    severity="error",
    summary="A mute ends before the next evaluation",
    details=(
        "It would mute nothing, and Azure refuses it.\n"
        "https://github.com/Azure/azure-cli/issues/26581"
    ),
    fix="write a mute that is not shorter than the frequency",
    bad="evaluationFrequency: PT1H\nmuteActionsDuration: PT30M\nautoMitigate: false\n",
    good="evaluationFrequency: PT1H\nmuteActionsDuration: P1D\nautoMitigate: false\n",
    check=_check,
)
