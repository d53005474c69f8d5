"""Ids that `mlmon lint` prints and no comment in a query can switch off, and why not.

They are found before a query is looked at, so that its comments say nothing yet, or they are about
something else.
"""

from typing import Final

from evaluator.lints import misuse, unanalysed
from evaluator.sources.catalog import ENTRIES as TEMPLATES
from generator.catalog import CATALOG, Entry
from generator.workbook_lint import RULES

NOT_JSON: Final = "workbook/json"
WORKBOOKS: Final[dict[str, Entry]] = {
    **{f"workbook/{rule.id}": Entry(rule.summary, rule.fix) for rule in RULES},
    NOT_JSON: Entry("not a workbook", "A workbook is a JSON object."),
}

GROUPS: Final = (
    ("it is found while a template is read, before the comments of its queries", TEMPLATES),
    ("the query was not looked at, or not to its end", unanalysed.ENTRIES),
    ("it is about a workbook, not about its queries", WORKBOOKS),
    ("it is about the configuration, before there are queries", CATALOG),
)
"""Why a directive cannot name some ids, and these ids."""

REASONS: Final[dict[str, str]] = {
    **{problem_id: reason for reason, entries in GROUPS for problem_id in entries},
    **{page.id: "it is about the comments that switch lints off" for page in misuse.PAGES},
}
"""Why a directive cannot name an id."""
