"""Times linting, rule tests and back-tests, each against its target; it never fails for a time.

Run it with `python -m benchmarks.evaluator [lint] [tests] [backtest]`; all three unless named. It
writes only into a temporary folder. What a missing tool leaves out is said.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks import rule_tests, telemetry
from benchmarks.render import MLMON, machine, measure
from evaluator.analysis.language_service import LanguageServiceMissing, language_service
from evaluator.backtest.measuring import measure_rule
from evaluator.backtest.running import backtest
from evaluator.backtest.statistics import Period
from evaluator.execution.engine import Engine
from evaluator.query_text import of_file
from evaluator.recorded.files import find_files
from evaluator.recorded.loading import load_files
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.tables import Table, read_tables
from generator.project import ROOT

TABLES: Final[dict[str, Table]] = read_tables(ROOT / "kql" / "tables")
WEEK: Final = Period(telemetry.START, telemetry.START + timedelta(days=telemetry.DAYS))
MINUTES: Final = timedelta(minutes=1)
_BY_CIRCUIT: Final = (Dimension("circuit_id"),)
_OF_CIRCUIT: Final = "circuit_id = tostring(Properties.circuit_id)"


def lint(_folder: Path) -> None:
    """Time the linter on the shipped queries, rules and workbooks."""
    measure("mlmon lint, shipped", [str(MLMON), "lint"], 5, "2 s")


def tests(folder: Path) -> None:
    """Time fifty tests of 36 evaluations each, and promtool on the same."""
    # The warm-up leaves the language service's answers in the cache.
    command = [str(MLMON), "test", str(rule_tests.write_mlmon(folder))]
    measure(f"mlmon test, {rule_tests.TESTS} tests, whole process", command, 9, "1 s")
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool skipped: it is not installed (Debian has it in the package prometheus)")
        return
    command = [promtool, "test", "rules", str(rule_tests.write_promtool(folder))]
    measure(f"promtool test rules, {rule_tests.TESTS} tests", command, 9, "-")


def backtests(folder: Path) -> None:
    """Time rules over a week of a million rows: one by one, and thirty together."""
    telemetry.write_week(folder)
    files = find_files([str(folder / "AppMetrics.parquet")], TABLES)
    with Engine(TABLES, timeout_s=600) as engine:
        _timed("load 1,000,000 rows of Parquet", 1, lambda: load_files(engine, files, TABLES))
        service = language_service(TABLES)
        for rule in (_mean(0), _newest(0), _errors(0), _single()):
            seconds, evaluations = [], 0
            for _ in range(1 if rule.id == "single" else 3):
                start = time.perf_counter()
                measured = measure_rule(engine, service, rule, WEEK)
                seconds.append(time.perf_counter() - start)
                evaluations = len(measured.measurements)
            median = statistics.median(seconds)
            spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
            path = "batched" if measured.batched else "one by one"
            print(
                f"{_TITLES[rule.id.rpartition('-')[0] or rule.id]:<46} {median:6.2f} s  ({spread})"
                f"  {evaluations / median:,.0f} evaluations/s, {path}"
            )
        kinds = (_mean, _newest, _errors)
        thirty = [kind(number) for number in range(10) for kind in kinds]
        run = lambda: backtest(engine, service, thirty, WEEK)  # noqa: E731
        _timed("30 rules, a week at 5 min", 1, run, "30 s")


_TITLES: Final = {
    "mean": "mean by circuit, 1 h, 200 series",
    "newest": "arg_max by circuit, 1 d, 200 series",
    "errors": "count of bad rows, 30 min, not split",
    "single": "top by circuit, 1 h, not to be batched",
}


def _timed(name: str, runs: int, run: Callable[[], object], target: str = "-") -> None:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    median = statistics.median(seconds)
    print(f"{name:<46} {median:6.2f} s  ({spread}, {runs} runs)  target {target}")


def _rule(name: str, query: str, condition: Condition, window: timedelta) -> LogAlertRule:
    return LogAlertRule(
        name,
        name,
        of_file(f"{name}.kql", query),
        condition,
        evaluation_frequency=5 * MINUTES,
        window_size=window,
    )


def _metric(number: int) -> str:
    return telemetry.METRICS[number % len(telemetry.METRICS)]


def _mean(number: int) -> LogAlertRule:
    """Look at the mean of each circuit in four windows of 15 minutes."""
    query = (
        f'AppMetrics\n| where Name == "{_metric(number)}"\n'
        f"| project TimeGenerated, {_OF_CIRCUIT}, Sum\n"
    )
    condition = Condition("Average", "GreaterThan", 0.3 + number / 1000, "Sum", _BY_CIRCUIT, 4, 3)
    return _rule(f"mean-{number}", query, condition, 15 * MINUTES)


def _newest(number: int) -> LogAlertRule:
    """Look at the newest value of each circuit in a day against a table of limits."""
    limits = ", ".join(f'"CIRCUIT{n:03}", 0.2{n % 10}' for n in range(1, 21))
    query = (
        f"let limits = datatable(circuit_id: string, limit: real) [{limits}];\n"
        f'AppMetrics\n| where Name == "{_metric(number)}"\n| extend {_OF_CIRCUIT}\n'
        "| summarize arg_max(TimeGenerated, Sum) by circuit_id\n"
        "| lookup kind=leftouter limits on circuit_id\n"
        "| project circuit_id, exceedance = Sum / coalesce(limit, 0.25)\n"
    )
    condition = Condition("Maximum", "GreaterThan", 1 + number / 100, "exceedance", _BY_CIRCUIT)
    return _rule(f"newest-{number}", query, condition, timedelta(days=1))


def _errors(number: int) -> LogAlertRule:
    """Count rows above a limit in half an hour."""
    query = f'AppMetrics\n| where Name == "{_metric(number)}" and Sum > 0.3\n'
    condition = Condition("Count", "GreaterThan", 20 + number)
    return _rule(f"errors-{number}", query, condition, 30 * MINUTES)


def _single() -> LogAlertRule:
    """Look at the worst values of an hour: an order is lost in a batch."""
    query = (
        'AppMetrics\n| where Name == "model_accuracy_mae"\n| order by Sum desc\n| take 50\n'
        f"| project {_OF_CIRCUIT}, Sum\n"
    )
    condition = Condition("Average", "GreaterThan", 0.3, "Sum", _BY_CIRCUIT)
    return _rule("single", query, condition, 60 * MINUTES)


def main() -> None:
    """Print the machine, then every figure that was asked for."""
    parts = {"lint": lint, "tests": tests, "backtest": backtests}
    chosen = sys.argv[1:] or list(parts)
    unknown = [name for name in chosen if name not in parts]
    if unknown:
        sys.exit(f"there is no part {unknown[0]!r}; known are {', '.join(parts)}")
    print(machine())
    try:
        language_service(TABLES)
    except LanguageServiceMissing as error:
        sys.exit(f"nothing to measure: {error}")
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            parts[name](Path(folder))


if __name__ == "__main__":
    main()
