"""Ids of what can be wrong with a test file."""

from typing import Final

from generator.catalog import Entry

ENTRIES: Final[dict[str, Entry]] = {
    "rule-test/time": Entry(
        "not a time of a test",
        "Offsets count from the start of the test; absolute times are in UTC, so that a test means "
        "the same everywhere.",
    ),
    "rule-test/input": Entry(
        "keys that do not go together",
        "A key that would be ignored makes a test say something else than it seems to say.",
    ),
    "rule-test/asserts-nothing": Entry(
        "asserts nothing", "A test without an expectation passes whatever the rule does."
    ),
    "rule-test/duplicate-name": Entry(
        "test name twice", "A report and `--run` address a test by its name."
    ),
    "rule-test/unknown-rule": Entry(
        "rule not defined", "A test of a rule that does not exist would watch nothing."
    ),
    "rule-test/unknown-query": Entry(
        "query not defined", "A query is named by the path of its file in the project."
    ),
    "rule-test/unknown-table": Entry(
        "table not defined", "Rows of a table that no query can read would be seen by nobody."
    ),
    "rule-test/unknown-column": Entry(
        "column not defined", "Azure's table has no such column, so no query could read the cell."
    ),
    "rule-test/unknown-dimension": Entry(
        "dimensions of another rule",
        "A series is named by a value for each dimension that splits the rule, and nothing else.",
    ),
    "rule-test/unknown-series": Entry(
        "series nobody mentions",
        "A value that stands neither in the rows nor in the query is more likely a typing error "
        "than a series, and what is expected never to alert would hold for any typing error.",
    ),
    "rule-test/no-rules": Entry(
        "pattern matches nothing", "Rules that are not found would silently stay untested."
    ),
    "rule-test/tables": Entry(
        "columns of a table", "Columns have types of KQL; a file of columns is JSON."
    ),
    "rule-test/cell": Entry(
        "cell of another type",
        "A cell holds what its column's type says; nothing is converted silently.",
    ),
    "rule-test/samples": Entry(
        "samples not understood",
        "Samples are written in promtool's expanding notation, and all columns of an input have "
        "the same number of steps.",
    ),
    "rule-test/never-seen": Entry(
        "row that no evaluation sees",
        "A row at or after the last evaluation cannot matter to any expectation.",
    ),
    "rule-test/not-evaluated": Entry(
        "not an evaluation time",
        "A rule is evaluated at the start plus the phase plus whole multiples of its frequency; at "
        "other times there is nothing to look at.",
    ),
    "rule-test/timeline": Entry(
        "timeline with gaps",
        "A timeline says the state of every evaluation: what it leaves out could be anything.",
    ),
    "rule-test/too-long": Entry(
        "too many evaluations", "A test of more evaluations is more likely a typing error."
    ),
    "rule-test/mutant": Entry(
        "equivalent mutant that is not",
        "A mutant that a test tells apart, or that does not exist, needs no excuse.",
    ),
}
