"""The saved queries and the workbooks' queries of a configuration, as they are deployed.

A workbook's parameters, such as `{TimeRange}`, are put in as the portal does at first sight: time
ranges from their default, choices as `*`, the row for all. Each stands where its name stands.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from evaluator.query_text import Piece, QueryText, file_pieces
from evaluator.sources.pieces import cut, whole_span
from evaluator.sources.project import query_file_pieces, uses_location
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.escape import kql_timespan
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
from generator.source import Value
from generator.workbook import WorkbookSource, step_query, workbook_tables

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)\}")
_TABLES = "Limits"  # the parameter that `generator.workbook` fills with what the queries declare
_TIME_RANGE, _CHOICE = 4, 2  # the numbers of workbooks' parameter types


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
        return _put_in(self.written, {**self.parameters, **values})


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
    values = dict(_parameter_values(workbook.structure)) | {_TABLES: tables}
    for file, query in queries.items():
        name = f"workbooks/{workbook.key}/{file}"
        written = _put_in(_step(name, query), {_TABLES: values[_TABLES]})
        used = {n: values[n] for n in _PARAMETER.findall(written.text) if n in values}
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


def _parameter_values(value: Value | Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield each parameter of a workbook with the text that the portal puts in for it."""
    if isinstance(value, list):
        for child in value:
            yield from _parameter_values(child)
    elif isinstance(value, Mapping):
        if value.get("version") == "KqlParameterItem/1.0" and "type" in value:
            yield str(value["name"]), _parameter_value(value)
        for child in value.values():
            yield from _parameter_values(child)


def _parameter_value(parameter: Mapping[str, Value]) -> str:
    if parameter["type"] == _CHOICE:
        return "*"
    value = parameter.get("value")
    if parameter["type"] == _TIME_RANGE and isinstance(value, dict):
        duration = timedelta(milliseconds=int(str(value["durationMs"])))
        return f"> ago({kql_timespan(duration)})"
    return str(value or "")


def _step(file: str, query: Query) -> QueryText:
    body, text = query_body(query), step_query(query)
    above = len(header_lines(query.text)) + len(body) - len(body.lstrip("\n"))
    stripped = body.strip("\n")
    offset = len(text) - len(stripped)
    put_in = [whole_span(uses_location(file, query), 0)] if offset else []
    in_file = file_pieces(file, stripped, offset=offset, first_line=above + 1)
    return QueryText(text, (*put_in, *in_file))


def _put_in(query: QueryText, values: Mapping[str, str]) -> QueryText:
    """Put parameters' values in; an unknown name stays, as in the portal."""
    text, done = "", 0
    pieces: list[Piece] = []
    for match in _PARAMETER.finditer(query.text):
        if match[1] not in values:
            continue
        pieces += cut(query.pieces, done, match.start(), len(text))
        text += query.text[done : match.start()]
        pieces.append(whole_span(query.locate(*match.span()), len(text)))
        text += values[match[1]]
        done = match.end()
    pieces += cut(query.pieces, done, len(query.text), len(text))
    return QueryText(text + query.text[done:], tuple(pieces))
