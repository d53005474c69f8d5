"""What a back-test says of a rule as problems, beside its numbers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from evaluator.analysis.language_service import LanguageService
from evaluator.analysis.syntax import Analysis, Node
from evaluator.backtest.measuring import RECORDING, NotRun, prepare_query
from evaluator.backtest.running import Backtest, RuleReport
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError
from evaluator.query_text import QueryText
from generator.diagnostics import Problem
from generator.durations import iso_duration

_KEEPS_ROWS: Final = frozenset(
    (
        *("ExtendOperator", "ProjectOperator", "ProjectRenameOperator", "ProjectAwayOperator"),
        *("ProjectKeepOperator", "ProjectReorderOperator", "ParseOperator", "MvExpandOperator"),
        *("JoinOperator", "LookupOperator", "SortOperator"),
    )
)
"""Operators behind which rows are still recorded ones; behind others, such as `summarize`, a
`where` compares what was computed, and never passing is what a calm week looks like."""


def noise(backtest: Backtest, limit: int) -> list[Problem]:
    """Find rules that would have fired more than `limit` times in the whole period."""
    problems = []
    for report in backtest.rules:
        outcome = report.outcome
        if outcome is None or outcome.statistics.fired <= limit:
            continue
        counts = outcome.statistics
        times = f"{counts.fired:,} times on {counts.series:,} series"
        message = (
            f"`{report.rule.id}` would have fired {times} in {backtest.period.length}; "
            f"the limit is {limit:,}"
        )
        fix = "try other thresholds with --set, ask for more periods, or split it less"
        place, subject = report.rule.place(""), report.rule.id
        problems.append(Problem("backtest/noise", message, place, fix, "warning", subject))
    return problems


def costly(backtest: Backtest, limit_usd: float) -> list[Problem]:
    """Find rules that cost more than `limit_usd` a month."""
    problems = []
    for report in backtest.rules:
        spent = report.cost
        if spent is None or spent.usd_a_month <= limit_usd:
            continue
        every = iso_duration(report.rule.evaluation_frequency)
        series = "1 series" if spent.series == 1 else f"{spent.series:,} series"
        message = (
            f"`{report.rule.id}` costs ${spent.usd_a_month:,.2f} a month, every {every} on "
            f"{series}, and reads {spent.rows_a_month:,} rows; the limit is ${limit_usd:,.2f}"
        )
        fix = "evaluate it less often, or split it less"
        place, subject = report.rule.place("evaluationFrequency"), report.rule.id
        problems.append(Problem("query/cost", message, place, fix, "warning", subject))
    return problems


def refused(backtest: Backtest) -> list[Problem]:
    """Find rules that Azure would refuse; these are errors."""
    return [
        Problem(
            "backtest/refused",
            f"`{report.rule.id}` never fires: {report.not_run}",
            report.rule.place(""),
            "see `mlmon lint`",
            subject=report.rule.id,
        )
        for report in backtest.rules
        if report.refused
    ]


def broken(backtest: Backtest) -> list[Problem]:
    """Find rules that did not get to their end; these are errors."""
    fix = (
        "look at a shorter time; if a batch differs, report the query: it is the evaluator's error"
    )
    return [
        Problem(
            "backtest/broke-off",
            f"`{report.rule.id}` broke off: {report.broke_off}",
            report.rule.place(""),
            fix,
            subject=report.rule.id,
        )
        for report in backtest.rules
        if report.broke_off is not None
    ]


def never_matches(engine: Engine, service: LanguageService, backtest: Backtest) -> list[Problem]:
    """Find the first `where` of each rule that no recorded row passes.

    Steps are looked at on the whole recording, from the table on, as long as rows are recorded
    ones; a step that reads the clock is left out of it, since it is meant to pass little.
    """
    problems: list[Problem] = []
    for report in backtest.rules:
        if report.outcome is not None:
            problems += _never_matches(engine, service, report, backtest)
    return problems


def _never_matches(
    engine: Engine, service: LanguageService, report: RuleReport, backtest: Backtest
) -> Iterator[Problem]:
    query = report.rule.query
    analysis = service.analyse(query.text)
    counter = _Counter(engine, service, query, backtest)
    before: int | None = None
    for step in raw_filters(analysis):
        after = counter.rows_behind(step)
        if after is None:
            return
        if after == 0:
            before = counter.rows_before(step) if before is None else before
            if before:
                message = (
                    f"no recorded row passes this step of `{report.rule.id}`: "
                    f"{before:,} come in, none comes out"
                )
                fix = "check the names in it; if they are right, record a time when it happened"
                place = query.locate(step.start, step.end)
                yield Problem("data/never-matches", message, place, fix, "warning")
            return
        before = after


def raw_filters(analysis: Analysis) -> Iterator[Node]:
    """Go through the `where` of a query's main pipe as long as rows are recorded ones."""
    statements = list(analysis.root.of_kind("ExpressionStatement"))
    if not statements or not statements[-1].children:
        return
    operators: list[Node] = []
    node = statements[-1].children[0]
    while node.kind == "PipeExpression":
        operators.insert(0, node.children[-1])
        node = node.children[0]
    for operator in operators:
        if operator.kind == "FilterOperator":
            if _reads_clock(operator):
                return
            yield operator
        elif operator.kind not in _KEEPS_ROWS:
            return


def _reads_clock(node: Node) -> bool:
    return any(n.name in ("ago", "now") for n in node.of_kind("FunctionCallExpression"))


class _Counter:
    """Counts the rows at steps of a query over the whole recording."""

    def __init__(
        self, engine: Engine, service: LanguageService, query: QueryText, backtest: Backtest
    ) -> None:
        self._engine = engine
        self._service = service
        self._query = query
        lasts = [table.last for table in backtest.recorded if table.last]
        self._now = max((*lasts, backtest.period.end)) + timedelta(microseconds=1)

    def rows_behind(self, step: Node) -> int | None:
        """Count what comes out of a step; None where that cannot be run."""
        return self._count(self._query.text[: step.end])

    def rows_before(self, step: Node) -> int | None:
        """Count what comes into a step."""
        return self._count(self._query.text[: step.start].rstrip().removesuffix("|"))

    def _count(self, text: str) -> int | None:
        counted = QueryText(f"{text}\n| count", self._query.pieces)
        try:
            prepared = prepare_query(self._engine, self._service, counted, alert=False)
            rows = self._engine.run(prepared, self._now, None, dataset=RECORDING)
        except (NotRun, ExecutionError):
            return None
        return int(str(rows.rows[0][0]))
