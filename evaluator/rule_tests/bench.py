"""An engine that holds the rows of several tests, and answers for rules and queries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from evaluator.analysis.language_service import AnalysisError, language_service
from evaluator.analysis.syntax import Analysis
from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.state import NotSimulated, refuse_what_is_not_simulated
from evaluator.execution.batch import measure_many
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, NotExecutable
from evaluator.execution.rows import Rows
from evaluator.execution.translation import PreparedQuery
from evaluator.query_text import QueryText
from evaluator.rule_tests.plan import PlannedTest
from evaluator.rules import LogAlertRule
from evaluator.tables import Table


class NotRun(Exception):  # noqa: N818 - checked, not run: nothing broke
    """A rule or query that is valid and cannot be run here; the message says why."""


class RunError(Exception):
    """A rule or query that is wrong, or failed; the message says why."""


class Bench:
    """Runs rules on the rows of tests, each of which is a dataset of one engine.

    What was measured is kept, so that rules with the same query, windows and threshold share it.
    """

    def __init__(self, tables: Mapping[str, Table], tests: Sequence[PlannedTest]) -> None:
        self.tests = tuple(tests)
        self._service = language_service(tables)
        self._engine = Engine(tables)
        self._measured: dict[object, dict[tuple[int, datetime], Measurement]] = {}
        for dataset, test in enumerate(tests):
            for rows in test.inputs:
                self._engine.add_rows(
                    rows.table.name, rows.rows, dataset=dataset, latency=test.latency
                )

    def __enter__(self) -> Self:
        self._engine.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, traceback)

    def analyse(self, query: QueryText) -> Analysis:
        """Analyse a query.

        Raises:
            RunError: Azure would refuse it.
        """
        try:
            analysis = self._service.analyse(query.text)
        except AnalysisError as error:
            raise RunError(str(error)) from None
        if analysis.errors:
            first = analysis.errors[0]
            place = query.locate(first.start, first.end)
            more = f" (and {len(analysis.errors) - 1} more)" if len(analysis.errors) > 1 else ""
            raise RunError(
                f"the query is not valid, {place.file}:{place.span.line}:{place.span.column}: "
                f"{first.message} ({first.code}){more}"
            )
        return analysis

    def tables_of(self, query: QueryText) -> frozenset[str]:
        """Tell which tables a query reads."""
        root = self.analyse(query).root
        return frozenset(node.name for node in root.walk() if node.symbol == "table" and node.name)

    def measure(
        self, rule: LogAlertRule, evaluations: Iterable[tuple[int, datetime]]
    ) -> dict[tuple[int, datetime], Measurement]:
        """Measure a rule on some datasets, at some times.

        Raises:
            NotRun: the rule cannot be simulated, or its query not executed.
            RunError: the query is wrong or failed.
        """
        try:
            refuse_what_is_not_simulated(rule)
        except NotSimulated as error:
            raise NotRun(error.reason) from None
        known = self._measured.setdefault(_measuring(rule), {})
        missing = [e for e in dict.fromkeys(evaluations) if e not in known]
        if missing:
            prepared = self._prepare(rule.query, alert=True)
            try:
                many = measure_many(self._engine, rule, prepared, missing, all_values=True)
            except NotExecutable as error:
                raise NotRun(_reason(error)) from None
            except ExecutionError as error:
                raise RunError(str(error)) from None
            known.update(zip(missing, many.measurements, strict=True))
        return known

    def query(
        self, query: QueryText, now: datetime, time_range: timedelta | None, dataset: int
    ) -> Rows:
        """Run a query on one dataset; without a time range it sees everything before `now`.

        Raises:
            NotRun: it cannot be executed.
            RunError: it is wrong or failed.
        """
        prepared = self._prepare(query, alert=time_range is not None)
        try:
            return self._engine.run(prepared, now, time_range, dataset=dataset)
        except NotExecutable as error:
            raise NotRun(_reason(error)) from None
        except ExecutionError as error:
            raise RunError(str(error)) from None

    def _prepare(self, query: QueryText, *, alert: bool) -> PreparedQuery:
        analysis = self.analyse(query)
        try:
            return self._engine.prepare(analysis, alert=alert)
        except NotExecutable as error:
            raise NotRun(_reason(error)) from None


def _measuring(rule: LogAlertRule) -> object:
    """Tell what a rule's measurements depend on; not the operator, nor the state.

    Of the threshold they do: a batch measures again by itself what is near it.
    """
    condition = rule.condition
    return (
        rule.query.text,
        rule.window_size,
        rule.query_time_range,
        condition.threshold,
        condition.time_aggregation,
        condition.metric_measure_column,
        condition.dimensions,
        condition.number_of_evaluation_periods,
    )


def _reason(error: NotExecutable) -> str:
    return f"{error.reason}; {error.hint}" if error.hint else str(error.reason)
