"""Assembles a workbook from its source: queries and limits put in, ids derived.

A source is the Notebook/1.0 structure as YAML. `queryFile` stands for `query`, ids are left out,
and `displayName` and `description` belong to the resource, not to the notebook.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator import conventions
from generator.fleet import Fleet
from generator.kql import Query, QueryError, parse_query, preamble, query_body
from generator.source import Value


class WorkbookError(ValueError):
    """A workbook's source that cannot be assembled; carries the file and line."""

    def __init__(self, message: str, file: str, line: int = 1) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class WorkbookSource:
    """A folder under `workbooks/`: its key, its structure and its query files."""

    key: str
    structure: Mapping[str, Value]
    queries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook as it is deployed."""

    key: str
    display_name: str
    description: str
    content: Mapping[str, Value]

    @property
    def text(self) -> str:
        """The notebook as readable JSON; Bicep writes it without white space."""
        return json.dumps(self.content, indent=2, ensure_ascii=False) + "\n"

    @property
    def size(self) -> int:
        """Characters of the notebook as it is deployed."""
        return len(json.dumps(self.content, separators=(",", ":"), ensure_ascii=False))


def assemble(source: WorkbookSource, fleet: Fleet) -> Workbook:
    """Assemble a workbook for one environment's fleet.

    Raises:
        WorkbookError: a step names a query file that does not exist, a query file's header cannot
            be understood, or the workbook has no name.
    """
    folder = f"workbooks/{source.key}"
    for key in ("displayName", "description"):
        if not isinstance(source.structure.get(key), str):
            raise WorkbookError(f"`{key}` is missing", f"{folder}/workbook.yaml")
    queries = {}
    for name, text in source.queries.items():
        try:
            queries[name] = parse_query(text)
        except QueryError as error:
            raise WorkbookError(str(error), f"{folder}/{name}", error.line) from error
    assembler = _Assembler(folder, queries, workbook_tables(queries.values(), fleet))
    content = {
        key: assembler.resolve(value, (source.key,))
        for key, value in source.structure.items()
        if key not in ("displayName", "description")
    }
    return Workbook(
        key=source.key,
        display_name=f"{source.structure['displayName']} ({fleet.name})",
        description=str(source.structure["description"]).strip(),
        content=content,
    )


def workbook_tables(queries: Iterable[Query], fleet: Fleet) -> str:
    """Write what any of the queries uses, once: each query would carry every circuit's limit."""
    used = dict.fromkeys(sorted(name for query in queries for name in query.uses))
    return preamble(used, fleet, fleet.circuits)


def step_query(query: Query) -> str:
    """Write a query as a step of the workbook has it.

    Without the header: it is for readers of the source; in the portal a step has a title.
    """
    tables = "{Limits}\n" if query.uses else ""
    return tables + query_body(query).strip("\n")


@dataclass(frozen=True, slots=True)
class _Assembler:
    """Walks a workbook's structure and puts in what it leaves out."""

    folder: str
    queries: Mapping[str, Query]
    tables: str

    def resolve(self, value: Value, path: tuple[str, ...]) -> Value:
        """Resolve a value; `path` are the names of the elements around it."""
        if isinstance(value, list):
            return [self.resolve(v, path) for v in value]
        if not isinstance(value, dict):
            return value
        name = value.get("name", value.get("subTarget"))
        here = (*path, name) if isinstance(name, str) else path
        resolved: dict[str, Value] = {}
        is_parameter = value.get("version") == "KqlParameterItem/1.0" and "name" in value
        if is_parameter or "linkTarget" in value:
            resolved["id"] = conventions.workbook_element_id(*here)
        for key, child in value.items():
            if key == "queryFile":
                resolved["query"] = self._query(str(child))
            elif key == "valueFrom":
                resolved["value"] = self.tables
            else:
                resolved[key] = self.resolve(child, here)
        return resolved

    def _query(self, file: str) -> str:
        query = self.queries.get(file)
        if query is None:
            raise WorkbookError(f"there is no query file {file}", f"{self.folder}/workbook.yaml")
        return step_query(query)
