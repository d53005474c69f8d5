"""The saved queries and the workbooks' queries of a configuration, as they are deployed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluator.query_text import QueryText, file_pieces
from evaluator.sources.pieces import whole_span
from evaluator.sources.project import query_file_pieces, uses_location
from evaluator.sources.workbook_parameters import PARAMETER, parameter_values, put_in
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.fleet import Fleet
from generator.kql import (
    Query,
    QueryError,
    header_lines,
    parse_query,
    query_body,
    render_saved_query,
)
from generator.loader import Configuration
from generator.project import ConfigurationError, read_queries, read_workbooks
from generator.resolve import resolve
from generator.workbook import WorkbookSource, step_query, workbook_tables

_TABLES = "Limits"  # the parameter that `generator.workbook` fills with what the queries declare


@dataclass(frozen=True, slots=True)
class ProjectQuery:
    """A query that no rule runs; its name is its file's path."""

    name: str
    written: QueryText
    """With the names of its parameters."""
    parameters: Mapping[str, str]
    """The parameters it names, with what the portal puts in at first sight."""

    @property
    def query(self) -> QueryText:
        """The query as it runs at first sight."""
        return self.with_parameters({})

    def with_parameters(self, values: Mapping[str, str]) -> QueryText:
        """Put values in for some parameters, and the first ones for the others."""
        return put_in(self.written, {**self.parameters, **values})


def project_queries(configuration: Configuration, environment_name: str) -> list[ProjectQuery]:
    """Make the saved queries and the workbooks' queries of one environment, in order of name.

    Raises:
        ConfigurationError: a hand-written query or workbook cannot be understood.
    """
    problems: list[Problem] = []
    saved, workbooks = read_queries("queries", problems), list(read_workbooks(problems))
    if problems:
        raise ConfigurationError(sort_problems(problems))
    fleet = resolve(configuration, environment_name)
    queries = [_saved(file, query, fleet) for file, query in saved.items()]
    if fleet.environment.families.workbooks:
        queries += [q for workbook in workbooks for q in _steps(workbook, fleet)]
    return sorted(queries, key=lambda q: q.name)


def _saved(file: str, query: Query, fleet: Fleet) -> ProjectQuery:
    name, text = f"kql/queries/{file}", render_saved_query(file, query, fleet)
    pieces = query_file_pieces(name, query, text, text.index("\n") + 1)
    return ProjectQuery(name, QueryText(text, tuple(pieces)), {})


def _steps(workbook: WorkbookSource, fleet: Fleet) -> Iterator[ProjectQuery]:
    queries = dict(_parsed(workbook))
    tables = workbook_tables(queries.values(), fleet)
    values = dict(parameter_values(workbook.structure)) | {_TABLES: tables}
    for file, query in queries.items():
        name = f"workbooks/{workbook.key}/{file}"
        written = put_in(_step(name, query), {_TABLES: values[_TABLES]})
        used = {n: values[n] for n in PARAMETER.findall(written.text) if n in values}
        yield ProjectQuery(name, written, used)


def _parsed(workbook: WorkbookSource) -> Iterator[tuple[str, Query]]:
    for name, text in workbook.queries.items():
        try:
            yield name, parse_query(text)
        except QueryError as error:
            file, span = f"workbooks/{workbook.key}/{name}", Span(error.line, 1, error.line, 2)
            problem = Problem(
                "alerts/query-file",
                str(error),
                Location(file, span, ""),
                "see a shipped file for the form",
            )
            raise ConfigurationError([problem]) from error


def _step(file: str, query: Query) -> QueryText:
    body, text = query_body(query), step_query(query)
    above = len(header_lines(query.text)) + len(body) - len(body.lstrip("\n"))
    stripped = body.strip("\n")
    offset = len(text) - len(stripped)
    put_in = [whole_span(uses_location(file, query), 0)] if offset else []
    in_file = file_pieces(file, stripped, offset=offset, first_line=above + 1)
    return QueryText(text, (*put_in, *in_file))
