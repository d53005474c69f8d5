"""The KQL of anyone's workbook: as it is deployed, or as the portal exports it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from evaluator.query_text import QueryText
from evaluator.rule_tests.findings import did_you_mean
from evaluator.sources.json_document import JsonNode
from evaluator.sources.template_file import read_document
from evaluator.sources.workbook_parameters import parameter_values, put_in
from generator.diagnostics import Problem

_LOGS: Final = 0  # `queryType` of a workbook; the portal leaves it out for logs
_WITH_QUERY: Final = ("KqlItem/1.0", "KqlParameterItem/1.0")
_LEFT: Final = re.compile(r"\{([A-Za-z_]\w*)(?::[^{}\n]*)?\}")


@dataclass(slots=True)
class WorkbookQueries:
    """The queries of a workbook by name, and which of them cannot be analysed."""

    queries: dict[str, QueryText] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_workbook(path: Path) -> WorkbookQueries:
    """Read the queries on logs of a workbook, with parameters as the portal puts them in at first.

    Raises:
        SourceError: the file cannot be read, or is no JSON.
    """
    document = read_document(path)
    values = dict(parameter_values(_plain(document.root)))
    defined = set(_defined(document.root))
    found = WorkbookQueries()
    for number, (name, node) in enumerate(_queries(document.root, ""), 1):
        written = QueryText(str(node.data), tuple(node.pieces()))
        query = put_in(written, values)
        left = _LEFT.search(query.text)
        if left:
            found.problems.append(_not_looked_at(query, left, defined))
        else:
            found.queries[name if name and name not in found.queries else f"{name}#{number}"] = (
                query
            )
    return found


def _not_looked_at(query: QueryText, left: re.Match[str], defined: set[str]) -> Problem:
    """Say why a query with a parameter left in it is not analysed."""
    place, name = query.locate(*left.span()), left[1]
    if name in defined:
        message = f"the query was not looked at: only the portal knows what `{left[0]}` is"
        fix = "give the parameter a value, or lint the query with one by itself"
        return Problem("workbook/unknown-parameter", message, place, fix, "info")
    message = f"the workbook has no parameter `{name}`, so the query was not looked at"
    fix = did_you_mean(name, defined, "parameter")
    return Problem("workbook/unknown-parameter", message, place, fix, "warning")


def _defined(node: JsonNode) -> Iterator[str]:
    """Go through the names of a workbook's parameters, those that a step exports included."""
    if isinstance(node.data, dict):
        version = node.data.get("version")
        is_parameter = version is not None and version.data == "KqlParameterItem/1.0"
        keys = ("exportParameterName", "parameterName", *(("name",) if is_parameter else ()))
        yield from (str(node.data[key].data) for key in keys if key in node.data)
    for child in _children(node):
        yield from _defined(child)


def _plain(node: JsonNode) -> Any:
    if isinstance(node.data, dict):
        return {name: _plain(child) for name, child in node.data.items()}
    if isinstance(node.data, list):
        return [_plain(child) for child in node.data]
    return node.data


def _queries(node: JsonNode, name: str) -> Iterator[tuple[str, JsonNode]]:
    """Go through a workbook's queries with the names of their steps, in the order of the file."""
    if isinstance(node.data, dict):
        own = node.data.get("name")
        name = own.data if own is not None and isinstance(own.data, str) else name
        version, query, kind = (node.data.get(n) for n in ("version", "query", "queryType"))
        asks = kind is not None if version is None else version.data in _WITH_QUERY
        on_logs = kind is None or kind.data == _LOGS
        if asks and on_logs and query and isinstance(query.data, str) and query.data.strip():
            yield name, query
    for child in _children(node):
        yield from _queries(child, name)


def _children(node: JsonNode) -> Iterator[JsonNode]:
    if isinstance(node.data, dict):
        yield from node.data.values()
    elif isinstance(node.data, list):
        yield from node.data
