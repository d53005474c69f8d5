"""alert/mute-vs-autoresolve: a rule that is both stateful and muted."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is not None and rule.auto_mitigate and rule.mute_actions_duration is not None:
        yield RuleFinding(
            "muteActionsDuration", "the rule resolves by itself and is muted, which Azure refuses"
        )


LINT = Lint(
    id="alert/mute-vs-autoresolve",
    severity="error",
    summary="A stateful rule is muted",
    details=(
        "A stateful rule tells each alert once and needs no mute; a mute would swallow what "
        "follows. Azure refuses `muteActionsDuration` with `autoMitigate`, which is true unless "
        "written.\nhttps://github.com/Azure/azure-powershell/issues/22583"
    ),
    fix="write autoMitigate: false, or leave muteActionsDuration out",
    bad="autoMitigate: true\nmuteActionsDuration: PT1H\n",
    good="autoMitigate: false\nmuteActionsDuration: PT1H\n",
    check=_check,
)
