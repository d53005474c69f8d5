"""Ids of what a back-test finds, or cannot use."""

from typing import Final

from generator.catalog import Entry

ENTRIES: Final[dict[str, Entry]] = {
    "backtest/noise": Entry(
        "fires often",
        "A rule that calls people more often than they accept is soon ignored; the limit is the "
        "one that was asked for.",
    ),
    "query/cost": Entry(
        "costs much",
        "A rule that is split is paid for each series, and the more often it runs, the more; the "
        "limit is the one that was asked for. Prices are list prices, some of them inferred.",
    ),
    "backtest/refused": Entry(
        "rule that Azure would refuse",
        "A query with an error is no limit of this evaluator: Azure refuses the rule, or disables "
        "it, and it never fires.",
    ),
    "backtest/broke-off": Entry(
        "rule broke off",
        "A rule that takes too long is not told from one that stays silent; and a batch that "
        "differs from its evaluations one by one is an error of the evaluator, never a result.",
    ),
    "backtest/setting": Entry(
        "setting not understood",
        "Only thresholds can be compared again with what was measured; everything else changes "
        "what a rule measures.",
    ),
    "backtest/incidents": Entry(
        "incidents not understood",
        "An incident that is left out would make every rule look better than it is.",
    ),
    "data/never-matches": Entry(
        "no recorded row passes",
        "A step that no recorded row passes is a typing error, or waits for what never happened; "
        "either way the recording proves nothing about the rule.",
    ),
}
