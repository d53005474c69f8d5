"""Lint of an Azure workbook: the best-practice rules of Microsoft's workbook gallery.

Ids, limits and meanings are those of the gallery's own analyser, which its CI does not run:
https://github.com/microsoft/Application-Insights-Workbooks/blob/master/scripts/src/Rules.ts.
Differences, on purpose: what is only information there is a warning here; a rule with a sharper
sibling stops where that begins, so that one fact gives one finding (``GROUPS000`` and ``SIZE002``,
``SIZE000`` and ``SIZE001``); a parameter counts as a query only if it has one; ``print`` is
recognised as an operator, not as five letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["RULES", "WorkbookFinding", "WorkbookRule", "lint_workbook"]

Severity: TypeAlias = Literal["error", "warning"]

MAX_LOG_QUERIES: Final = 40
MAX_RESOURCE_GRAPH_QUERIES: Final = 15
MAX_QUERY_CHARACTERS: Final = 3_000
MAX_STEPS_UNGROUPED: Final = 30
MAX_STEPS: Final = 100
LARGE_BYTES: Final = 100_000
VERY_LARGE_BYTES: Final = 500_000

_QUERY_STEP: Final = 3
_PARAMETER_STEP: Final = 9
_LOGS: Final = 0
_RESOURCE_GRAPH: Final = 1

_DEFAULT_NAME = re.compile(r"(text|query|links?|groups?|metrics?|parameters?) - \d+", re.IGNORECASE)
_PRINT = re.compile(r"(?:^|[;|(])\s*print\s", re.MULTILINE)
_ONLY_PARAMETER = re.compile(r"\{[^\W\d]\w*(?::[^{}]*)?\}")
_RESOURCE_ID = re.compile(
    r"/subscriptions/[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class WorkbookFinding:
    """A rule that a workbook breaks, where, and what to do.

    ``path`` leads into the workbook, like ``items[3].content.items[0]``; it is empty for the
    workbook as a whole.
    """

    rule: str
    severity: Severity
    path: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Node:
    """A step or a parameter, and the path to it."""

    path: str
    value: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Query:
    """The text of a query, its source of data, and the path to its step or parameter."""

    path: str
    text: str
    query_type: int


@dataclass(frozen=True, slots=True)
class _Workbook:
    """What the checks look at, collected once."""

    steps: tuple[_Node, ...]
    parameters: tuple[_Node, ...]
    queries: tuple[_Query, ...]
    strings: tuple[tuple[str, str], ...]
    size_bytes: int

    def queries_of(self, query_type: int) -> list[_Query]:
        return [query for query in self.queries if query.query_type == query_type]


_Problems: TypeAlias = Iterator[tuple[str, str]]
"""Pairs of a path and a message."""


@dataclass(frozen=True, slots=True)
class WorkbookRule:
    """The metadata of a rule, and the check that finds where it is broken."""

    id: str
    severity: Severity
    summary: str
    fix: str
    check: Callable[[_Workbook], _Problems]


def lint_workbook(workbook: Mapping[str, object], size_bytes: int) -> list[WorkbookFinding]:
    """Return what is wrong with a workbook, rule by rule, then in the order of the steps.

    ``size_bytes`` is the size of the workbook as it is deployed.
    """
    collected = _collect(workbook, size_bytes)
    return [
        WorkbookFinding(rule.id, rule.severity, path, message, rule.fix)
        for rule in RULES
        for path, message in rule.check(collected)
    ]


def _collect(workbook: Mapping[str, object], size_bytes: int) -> _Workbook:
    steps = tuple(_steps(workbook, ""))
    parameters = tuple(
        _Node(f"{step.path}.content.parameters[{index}]", parameter)
        for step in steps
        if step.value.get("type") == _PARAMETER_STEP
        for index, parameter in _mappings(_content(step.value).get("parameters"))
    )
    sources = [
        *((step.path, _content(step.value)) for step in steps if _is_query(step.value)),
        *((parameter.path, parameter.value) for parameter in parameters),
    ]
    queries = tuple(
        _Query(path, text, _query_type(source))
        for path, source in sources
        if isinstance(text := source.get("query"), str)
    )
    return _Workbook(steps, parameters, queries, tuple(_strings(workbook, "")), size_bytes)


def _steps(parent: Mapping[str, object], path: str) -> Iterator[_Node]:
    """Yield the steps of a workbook or group, each before the steps inside it."""
    prefix = f"{path}.items" if path else "items"
    for index, step in _mappings(parent.get("items")):
        step_path = f"{prefix}[{index}]"
        yield _Node(step_path, step)
        yield from _steps(_content(step), f"{step_path}.content")


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield from _strings(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence):
        for index, child in enumerate(value):
            yield from _strings(child, f"{path}[{index}]")


def _mappings(value: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        for index, child in enumerate(value):
            if isinstance(child, Mapping):
                yield index, child


def _content(step: Mapping[str, object]) -> Mapping[str, object]:
    content = step.get("content")
    return content if isinstance(content, Mapping) else {}


def _is_query(step: Mapping[str, object]) -> bool:
    return step.get("type") == _QUERY_STEP


def _query_type(source: Mapping[str, object]) -> int:
    """Return the kind of a query; the portal leaves the number of logs out."""
    query_type = source.get("queryType")
    return query_type if isinstance(query_type, int) else _LOGS


def _name(node: _Node) -> str:
    name = node.value.get("name")
    return name.strip() if isinstance(name, str) else ""


def _unnamed_steps(workbook: _Workbook) -> _Problems:
    for step in workbook.steps:
        if not _name(step):
            yield step.path, "the step has no name"


def _default_names(workbook: _Workbook) -> _Problems:
    for step in workbook.steps:
        if _DEFAULT_NAME.match(_name(step)):
            yield step.path, f"`{_name(step)}` is the portal's default name"


def _unlabelled_parameters(workbook: _Workbook) -> _Problems:
    for parameter in workbook.parameters:
        if not parameter.value.get("label") and not parameter.value.get("isHiddenWhenLocked"):
            yield parameter.path, f"the visible parameter `{_name(parameter)}` has no label"


def _criteria_with_value(workbook: _Workbook) -> _Problems:
    for parameter in workbook.parameters:
        if parameter.value.get("criteriaData") and parameter.value.get("value"):
            yield parameter.path, f"the criteria parameter `{_name(parameter)}` has a saved value"


def _too_many_resource_graph_queries(workbook: _Workbook) -> _Problems:
    count = len(workbook.queries_of(_RESOURCE_GRAPH))
    if count > MAX_RESOURCE_GRAPH_QUERIES:
        yield "", f"{count} Resource Graph queries are more than {MAX_RESOURCE_GRAPH_QUERIES}"


def _too_many_log_queries(workbook: _Workbook) -> _Problems:
    count = len(workbook.queries_of(_LOGS))
    if count > MAX_LOG_QUERIES:
        yield "", f"{count} log queries are more than {MAX_LOG_QUERIES}"


def _long_queries(workbook: _Workbook) -> _Problems:
    for query in workbook.queries_of(_LOGS):
        if len(query.text) > MAX_QUERY_CHARACTERS:
            yield query.path, f"{len(query.text)} characters are more than {MAX_QUERY_CHARACTERS}"


def _print_queries(workbook: _Workbook) -> _Problems:
    for query in workbook.queries_of(_LOGS):
        # With isfuzzy, print is the usual way to survive a table that does not exist yet.
        if _PRINT.search(query.text) and "isfuzzy" not in query.text:
            yield query.path, "the query prints constants"


def _datatable_queries(workbook: _Workbook) -> _Problems:
    for query in workbook.queries_of(_LOGS):
        if "datatable" in query.text and "where" not in query.text:
            yield query.path, "the query only lists a datatable"


def _parameter_only_queries(workbook: _Workbook) -> _Problems:
    for query in workbook.queries_of(_LOGS):
        if _ONLY_PARAMETER.fullmatch(query.text.strip()):
            yield query.path, f"the query is nothing but the parameter `{query.text.strip()}`"


def _many_steps(workbook: _Workbook) -> _Problems:
    count = len(workbook.steps)
    if MAX_STEPS_UNGROUPED < count <= MAX_STEPS:
        yield "", f"{count} steps are more than {MAX_STEPS_UNGROUPED}"


def _large(workbook: _Workbook) -> _Problems:
    if LARGE_BYTES < workbook.size_bytes <= VERY_LARGE_BYTES:
        yield "", f"{workbook.size_bytes} bytes are more than {LARGE_BYTES}"


def _very_large(workbook: _Workbook) -> _Problems:
    if workbook.size_bytes > VERY_LARGE_BYTES:
        yield "", f"{workbook.size_bytes} bytes are more than {VERY_LARGE_BYTES}"


def _too_many_steps(workbook: _Workbook) -> _Problems:
    count = len(workbook.steps)
    if count > MAX_STEPS:
        yield "", f"{count} steps are more than {MAX_STEPS}"


def _resource_ids(workbook: _Workbook) -> _Problems:
    for path, text in workbook.strings:
        if found := _RESOURCE_ID.search(text):
            yield path, f"`{found.group()}` ties the workbook to one subscription"


RULES: Final[tuple[WorkbookRule, ...]] = (
    WorkbookRule(
        "NAME000",
        "warning",
        "A step has a name.",
        "Set `name`: messages, translations and pins refer to a step by it.",
        _unnamed_steps,
    ),
    WorkbookRule(
        "NAME001",
        "warning",
        "A step's name is not the portal's default.",
        "Name the step for what it shows.",
        _default_names,
    ),
    WorkbookRule(
        "PARAM001",
        "warning",
        "A visible parameter has a label.",
        "Set `label`, or `isHiddenWhenLocked`.",
        _unlabelled_parameters,
    ),
    WorkbookRule(
        "PARAM002",
        "warning",
        "A criteria parameter has no saved value.",
        "Remove `value`: it is computed from `criteriaData`.",
        _criteria_with_value,
    ),
    WorkbookRule(
        "ARG001",
        "warning",
        "A workbook stays under the throttle of Resource Graph.",
        "Merge queries, or move some to another workbook.",
        _too_many_resource_graph_queries,
    ),
    WorkbookRule(
        "KQL001",
        "warning",
        "A workbook stays under the throttle of Logs.",
        "Merge queries, or move some to another workbook.",
        _too_many_log_queries,
    ),
    WorkbookRule(
        "KQL002",
        "warning",
        "A query is short enough to be read and edited.",
        "Shorten the query, or inline fewer rows of limits.",
        _long_queries,
    ),
    WorkbookRule(
        "KQL003",
        "warning",
        "A query does not only print.",
        "Use a criteria parameter or the JSON data source.",
        _print_queries,
    ),
    WorkbookRule(
        "KQL004",
        "warning",
        "A query does not only list a datatable.",
        "Use the JSON data source.",
        _datatable_queries,
    ),
    WorkbookRule(
        "KQL005",
        "warning",
        "A query is more than a parameter.",
        "Write the query into the step: as a parameter it cannot be edited or pinned.",
        _parameter_only_queries,
    ),
    WorkbookRule(
        "GROUPS000",
        "warning",
        "A workbook of many steps is split.",
        "Move steps into groups that load from their own templates.",
        _many_steps,
    ),
    WorkbookRule(
        "SIZE000",
        "warning",
        "A workbook loads fast.",
        "Inline fewer limits, or split the workbook.",
        _large,
    ),
    WorkbookRule(
        "SIZE001",
        "error",
        "A workbook is small enough to be saved.",
        "Split the workbook: near 1 MB the service refuses it.",
        _very_large,
    ),
    WorkbookRule(
        "SIZE002",
        "warning",
        "A workbook has few enough steps to be edited.",
        "Split the workbook.",
        _too_many_steps,
    ),
    WorkbookRule(
        "RES000",
        "error",
        "A workbook names no resource by id.",
        "Let the step take the workbook's own resource, or a resource parameter.",
        _resource_ids,
    ),
)
"""Every rule, in the order of the findings."""
