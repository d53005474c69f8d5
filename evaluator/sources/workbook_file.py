"""The KQL of anyone's workbook: as it is deployed, or as the portal exports it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from evaluator.query_text import QueryText
from evaluator.sources.json_document import JsonNode
from evaluator.sources.template_file import read_document
from evaluator.sources.workbook_parameters import parameter_values, put_in
from generator.diagnostics import Problem

_LOGS: Final = 0  # `queryType` of a workbook; the portal leaves it out for logs
_WITH_QUERY: Final = ("KqlItem/1.0", "KqlParameterItem/1.0")
_LEFT: Final = re.compile(r"\{[A-Za-z_]\w*(?::[^{}\n]*)?\}")


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
    found = WorkbookQueries()
    for number, node in enumerate(_queries(document.root), 1):
        written = QueryText(str(node.data), tuple(node.pieces()))
        query = put_in(written, values)
        left = _LEFT.search(query.text)
        if left:
            message = f"the query was not looked at: only the portal knows what `{left[0]}` is"
            fix = "give the parameter a value, or lint the query with one by itself"
            place = query.locate(*left.span())
            found.problems.append(
                Problem("workbook/unknown-parameter", message, place, fix, "info")
            )
        else:
            found.queries[f"{path.stem}-{number}"] = query
    return found


def _plain(node: JsonNode) -> Any:
    if isinstance(node.data, dict):
        return {name: _plain(child) for name, child in node.data.items()}
    if isinstance(node.data, list):
        return [_plain(child) for child in node.data]
    return node.data


def _queries(node: JsonNode) -> Iterator[JsonNode]:
    """Go through a workbook's steps and parameters, groups included, in the order of the file."""
    if isinstance(node.data, dict):
        version, query, kind = (node.data.get(n) for n in ("version", "query", "queryType"))
        asks = version is not None and version.data in _WITH_QUERY
        on_logs = kind is None or kind.data == _LOGS
        if asks and on_logs and query and isinstance(query.data, str) and query.data.strip():
            yield query
        for child in node.data.values():
            yield from _queries(child)
    elif isinstance(node.data, list):
        for child in node.data:
            yield from _queries(child)
