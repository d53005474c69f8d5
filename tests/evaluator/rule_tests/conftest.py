"""Small rules on AppMetrics, and what runs test files about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.query_text import of_file
from evaluator.rule_tests.files import read_files
from evaluator.rule_tests.results import FileResult
from evaluator.rule_tests.running import run_file
from evaluator.rule_tests.subjects import Subjects, SubjectSource
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.tables import read_table
from generator.diagnostics import Problem, format_problems

_FOLDER = Path(__file__).parents[3] / "kql" / "tables"
TABLES = {name: read_table(_FOLDER / f"{name}.json") for name in ("AppEvents", "AppMetrics")}
MINUTES = timedelta(minutes=1)

MEAN_BY_CIRCUIT = """AppMetrics
| where Name == "model_accuracy_mae" and Sum >= 0
| project TimeGenerated, circuit_id = tostring(Properties.circuit_id), Sum
"""


def rule(rule_id: str, query: str, condition: Condition, minutes: int = 5) -> LogAlertRule:
    return LogAlertRule(
        rule_id,
        rule_id,
        of_file(f"{rule_id}.kql", query),
        condition,
        evaluation_frequency=minutes * MINUTES,
        window_size=minutes * MINUTES,
    )


MAE_HIGH = rule(
    "mae-high",
    MEAN_BY_CIRCUIT,
    Condition("Average", "GreaterThan", 0.25, "Sum", (Dimension("circuit_id"),), 4, 3),
)
SILENCE = rule(
    "nothing-arrives",
    "AppMetrics\n",
    Condition("Count", "LessThan", 1),
    10,
)
ERRORS = replace(
    rule(
        "errors",
        "let error_limit = 2;\nAppEvents\n| where Name == 'failed'\n"
        "| summarize failures = count()\n| where failures > error_limit\n",
        Condition("Maximum", "GreaterThan", 0, "failures"),
    ),
    auto_mitigate=False,
    mute_actions_duration=10 * MINUTES,
)
LEARNED = replace(MAE_HIGH, id="learned", dynamic_threshold=True)
RULES = {r.id: r for r in (MAE_HIGH, SILENCE, ERRORS, LEARNED)}


@dataclass(frozen=True)
class Ran:
    problems: list[Problem]
    results: list[FileResult]

    @property
    def told(self) -> str:
        return format_problems(self.problems, "text")


Run = Callable[..., Ran]


def run_texts(
    *texts: str,
    rules: Sequence[LogAlertRule] = tuple(RULES.values()),
    phases: Sequence[timedelta] = (),
    debug: bool = False,
) -> Ran:
    """Run test files from this folder; not where there is an error in one."""
    paths = [Path(f"{n}.test.yaml" if n else "some.test.yaml") for n in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")

    def load(_source: SubjectSource) -> Subjects:
        return Subjects({r.id: r for r in rules})

    planned, problems = read_files(paths, load, TABLES, phases)
    is_wrong = any(p.severity == "error" for p in problems)
    results = [] if is_wrong else [run_file(file, debug=debug) for file in planned]
    return Ran(problems, results)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run test files about `RULES` from a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return run_texts
