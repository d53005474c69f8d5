"""Every lint there is, in the order of the documentation."""

from typing import Final

from evaluator.lints import alert, kql, misuse, rule
from evaluator.lints.lint import AnyLint, LintPage
from generator.catalog import Entry

LINTS: Final[tuple[AnyLint, ...]] = (*kql.LINTS, *alert.LINTS, *rule.LINTS)
PAGES: Final[tuple[LintPage, ...]] = (*LINTS, *misuse.PAGES)
"""What can be reported: by lints, and about the comments that disable them."""

ENTRIES: Final[dict[str, Entry]] = {page.id: Entry(page.summary, page.details) for page in PAGES}
