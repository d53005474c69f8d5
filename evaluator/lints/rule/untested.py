"""rule/untested and rule/only-negative-test: rules that no test holds to firing."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding


def _check_untested(context: LintContext) -> Iterator[Finding]:
    if context.rule is not None and context.tested is not None and not any(context.tested):
        yield RuleFinding("", "no test expects anything of the rule")


def _check_only_negative(context: LintContext) -> Iterator[Finding]:
    if context.rule is not None and context.tested == (False, True):
        yield RuleFinding("", "tests say when the rule stays quiet, none when it fires")


UNTESTED = Lint(
    id="rule/untested",
    severity="warning",
    summary="No test expects anything of a rule",
    details="Nobody knows whether it would fire; `mlmon test --coverage` shows what is tested.",
    fix="write a test in which it fires and one in which it stays quiet",
    bad="A rule that no file under kql/tests names.\n",
    good="A rule with a test that fires and one that stays quiet.\n",
    check=_check_untested,
)

ONLY_NEGATIVE_TEST = Lint(
    id="rule/only-negative-test",
    severity="warning",
    summary="Tests only say when a rule stays quiet",
    details="A rule that can never fire passes such tests.",
    fix="write a test in which it fires",
    bad="A rule whose tests expect no alert.\n",
    good="A rule with a test that fires and one that stays quiet.\n",
    check=_check_only_negative,
)
