"""Assembles a workbook from its source: queries and limits put in, ids derived.

A source is the Notebook/1.0 structure as YAML. `queryFile` stands for `query`, ids are left out,
and `displayName` and `description` belong to the resource, not to the notebook.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from generator import conventions
from generator.fleet import Fleet
from generator.kql import parse_query, preamble, query_body
from generator.source import Value


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
        KeyError: a step names a query file that does not exist.
        QueryError: a query file's header cannot be understood.
    """
    content = {
        key: _resolve(value, source, fleet, (source.key,))
        for key, value in source.structure.items()
        if key not in ("displayName", "description")
    }
    return Workbook(
        key=source.key,
        display_name=f"{source.structure['displayName']} ({fleet.name})",
        description=str(source.structure["description"]).strip(),
        content=content,
    )


def _resolve(value: Value, source: WorkbookSource, fleet: Fleet, path: tuple[str, ...]) -> Value:
    if isinstance(value, list):
        return [_resolve(v, source, fleet, path) for v in value]
    if not isinstance(value, dict):
        return value
    name = value.get("name", value.get("subTarget"))
    here = (*path, str(name)) if isinstance(name, str) else path
    resolved: dict[str, Value] = {}
    if _has_id(value):
        resolved["id"] = conventions.workbook_element_id(*here)
    for key, child in value.items():
        if key == "queryFile":
            resolved["query"] = _query(source.queries[str(child)], fleet)
        else:
            resolved[key] = _resolve(child, source, fleet, here)
    return resolved


def _has_id(value: Mapping[str, Value]) -> bool:
    is_parameter = value.get("version") == "KqlParameterItem/1.0" and "name" in value
    return is_parameter or "linkTarget" in value


def _query(text: str, fleet: Fleet) -> str:
    query = parse_query(text)
    # Without the header: it is for readers of the source; in the portal a step has a title.
    return (preamble(query, fleet, fleet.circuits) + query_body(query)).strip("\n")
