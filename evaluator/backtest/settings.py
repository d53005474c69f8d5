"""Thresholds to try, written RULE.threshold=a,b,c."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence

from evaluator.rules import LogAlertRule
from generator.diagnostics import Location, Problem, Span


class SettingError(Exception):
    """Settings that cannot be tried; carries every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


_WHERE = "--set"


def read_settings(
    texts: Iterable[str], rules: Iterable[LogAlertRule]
) -> dict[str, tuple[float, ...]]:
    """Read thresholds by rule, in the order they are written, each once.

    Raises:
        SettingError: a text is no such setting, or of a rule that does not exist.
    """
    known = {rule.id: rule for rule in rules}
    problems: list[Problem] = []
    settings: dict[str, list[float]] = {}
    for text in texts:
        try:
            rule, thresholds = _setting(text, known)
        except SettingError as error:
            problems += error.problems
        else:
            settings.setdefault(rule, []).extend(thresholds)
    if problems:
        raise SettingError(problems)
    return {rule: tuple(dict.fromkeys(values)) for rule, values in settings.items()}


def _setting(text: str, rules: Mapping[str, LogAlertRule]) -> tuple[str, list[float]]:
    target, equals, values = text.partition("=")
    rule, dot, name = target.strip().rpartition(".")
    if not equals or not dot:
        raise _error(text, "this is no setting", "write RULE.threshold=0.25,0.3")
    if rule not in rules:
        close = difflib.get_close_matches(rule, rules, 1)
        fix = f"did you mean `{close[0]}`?" if close else f"rules are {', '.join(sorted(rules))}"
        raise _error(text, f"there is no rule `{rule}`", fix)
    if name != "threshold":
        raise _error(
            text,
            f"`{name}` cannot be tried on what was measured",
            "only `threshold` can; change the rule for anything else, and run the back-test again",
        )
    return rule, [_threshold(text, value) for value in values.split(",")]


def _threshold(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _error(text, f"`{value.strip()}` is no number", "write thresholds such as 0.25,0.3")
    return number


def _error(text: str, message: str, fix: str) -> SettingError:
    place = Location(_WHERE, Span(1, 1, 1, len(text) + 1), text)
    return SettingError([Problem("backtest/setting", f"{_WHERE} {text}: {message}", place, fix)])
