"""Thresholds to try, and what is told of settings that cannot be."""

import pytest

from evaluator.backtest.settings import SettingError, read_settings
from tests.evaluator.backtest.conftest import rule

RULES = [rule("mae-high"), rule("team.errors")]


def test_thresholds_are_read_by_rule_each_once() -> None:
    texts = ["mae-high.threshold=0.25, 0.3", "team.errors.threshold=-1", "mae-high.threshold=0.3,1"]

    assert read_settings(texts, RULES) == {"mae-high": (0.25, 0.3, 1.0), "team.errors": (-1.0,)}


def test_every_wrong_setting_is_told_at_once() -> None:
    texts = [
        "mae-hihg.threshold=1",
        "mae-high.windowSize=PT5M",
        "mae-high.threshold=high,nan",
        "mae-high=1",
        "mae-high.threshold=",
    ]

    with pytest.raises(SettingError) as caught:
        read_settings(texts, RULES)

    assert [f"{p.message} => {p.fix}" for p in caught.value.problems] == [
        "--set mae-hihg.threshold=1: there is no rule `mae-hihg` => did you mean `mae-high`?",
        "--set mae-high.windowSize=PT5M: `windowSize` cannot be tried on what was measured => only "
        "`threshold` can; change the rule for anything else, and run the back-test again",
        "--set mae-high.threshold=high,nan: `high` is no number => write thresholds such as "
        "0.25,0.3",
        "--set mae-high=1: this is no setting => write RULE.threshold=0.25,0.3",
        "--set mae-high.threshold=: `` is no number => write thresholds such as 0.25,0.3",
    ]
