"""What can be wrong with a directive itself; found by `evaluator.lints.run`."""

from typing import Final

from evaluator.lints.lint import LintPage

FORMS: Final = "`// mlmon: disable=ID reason` or `// mlmon: snooze=ID until=YYYY-MM-DD`"
_GOOD: Final = """\
AppMetrics
| join (AppEvents) on OperationId // mlmon: disable=kql/join-kind any one row will do
"""

MALFORMED_DIRECTIVE: Final = LintPage(
    id="lint/malformed-directive",
    severity="error",
    summary="A comment is addressed to mlmon but cannot be understood",
    details="""\
A directive that is misspelt would be ignored, and the lint would stay as it is without a word.
Whoever switches a lint off says why: the next reader has nothing else to judge it by.""",
    fix=f"write {FORMS}",
    bad="""\
AppMetrics
| join (AppEvents) on OperationId // mlmon: disable kql/join-kind
""",
    good=_GOOD,
)

UNKNOWN_ID: Final = LintPage(
    id="lint/unknown-id",
    severity="error",
    summary="A directive names no lint, or none that can be switched off",
    details="""\
A directive for a lint of another name switches nothing off.
What is wrong with a template, a workbook or the configuration is found without looking at queries,
so a comment in one cannot switch it off.""",
    fix="take the id from the message of the lint",
    bad="""\
AppMetrics
| join (AppEvents) on OperationId // mlmon: disable=kql/joinkind any one row will do
""",
    good=_GOOD,
)

USELESS_DIRECTIVE: Final = LintPage(
    id="lint/useless-directive",
    severity="warning",
    summary="A directive switches nothing off",
    details="""\
The lint finds nothing where the directive stands: what it excused was mended, or it stands on
another line.
Left there it would hide the next mistake of the kind.""",
    fix="remove the directive, or move it to the line it is meant for",
    bad="""\
AppMetrics
| join kind=inner (AppEvents) on OperationId // mlmon: disable=kql/join-kind any one row will do
""",
    good=_GOOD,
)

EXPIRED_SNOOZE: Final = LintPage(
    id="lint/expired-snooze",
    severity="warning",
    summary="A snooze is past its day",
    details="""\
A snooze is a debt with a date: from the next day on the lint speaks again, and somebody decides
anew.""",
    fix="mend what the lint finds, or set a new day",
    bad="""\
AppMetrics
| join (AppEvents) on OperationId // mlmon: snooze=kql/join-kind until=2026-01-31 any row will do
""",
    good="""\
AppMetrics
| join (AppEvents) on OperationId // mlmon: snooze=kql/join-kind until=2027-01-31 any row will do
""",
)

PAGES: Final[tuple[LintPage, ...]] = (
    MALFORMED_DIRECTIVE,
    UNKNOWN_ID,
    USELESS_DIRECTIVE,
    EXPIRED_SNOOZE,
)
