"""What is said of a query that the language service or the lints cannot look at."""

from typing import Final

from evaluator.query_text import QueryText
from generator.catalog import Entry
from generator.diagnostics import Problem

_ID: Final = "query/not-analysed"

ENTRIES: Final[dict[str, Entry]] = {
    _ID: Entry(
        "A query that was not analysed",
        "The language service gave up, or the query is nested so deeply that it is not looked at "
        "further. Whether Azure takes it is not known. A long chain of `or` is shorter as "
        "`in (...)`, and sooner answered.",
    )
}


def not_analysed(query: QueryText, subject: str, reason: str) -> Problem:
    """Say of a query that it was not looked at, or not to the end."""
    place = query.locate(0, len(query.text.partition("\n")[0]))
    fix = "write a long chain of `or` as `in (...)`, and nest less"
    return Problem(_ID, reason, place, fix, "error", subject)
