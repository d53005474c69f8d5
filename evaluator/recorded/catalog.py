"""Ids of what can be wrong with recorded telemetry."""

from typing import Final

from generator.catalog import Entry

ENTRIES: Final[dict[str, Entry]] = {
    "data/not-found": Entry(
        "no such data", "A path that leads nowhere would be telemetry of zero rows."
    ),
    "data/unreadable": Entry(
        "file cannot be read", "A file that is skipped would leave a gap that looks like silence."
    ),
    "data/empty": Entry("no data", "A back-test over nothing would find every rule silent."),
    "data/unknown-table": Entry(
        "table not defined", "Rows of a table that no query can read would be seen by nobody."
    ),
    "data/unknown-column": Entry(
        "column not defined",
        "A misspelt column would be missing, and a rule that reads it silent. Columns that Azure "
        "adds to exports are left out without a word.",
    ),
    "data/duplicate-column": Entry(
        "column twice", "Which of two equal columns is meant cannot be told."
    ),
    "data/no-time": Entry(
        "row without a time", "Azure gives every row its `TimeGenerated`; rules look at rows by it."
    ),
    "data/no-time-zone": Entry(
        "time without a zone",
        "A time of an unknown zone could be hours away from where it belongs.",
    ),
    "data/wrong-type": Entry(
        "cell of another type",
        "A cell holds what its column's type says; nothing is converted silently.",
    ),
}
