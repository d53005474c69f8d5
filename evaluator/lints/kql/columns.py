"""Where a column's value comes from, step by step up the pipeline."""

from dataclasses import dataclass
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.constants import called_value, let_value
from evaluator.lints.kql.tree import (
    arguments,
    bare,
    column_names,
    is_call,
    item_value,
    items,
    parts,
    step_of,
    steps,
)

_PASS: Final = frozenset(
    {"SortOperator", "TakeOperator", "TopOperator", "SampleOperator", "DistinctOperator"}
    | {"AsOperator", "SerializeOperator", "RenderOperator", "ConsumeOperator"}
    | {"ProjectAwayOperator", "ProjectKeepOperator", "ProjectReorderOperator"}
)
# They bring rows or columns that the query does not name.
_UNKNOWN: Final = frozenset(
    {"UnionOperator", "EvaluateOperator", "InvokeOperator", "PartitionOperator", "ForkOperator"}
    | {"FacetOperator", "MacroExpandOperator", "ExternalDataExpression"}
)
_RIGHT: Final = ("rightsemi", "rightanti", "rightantisemi")
_WITH_ROW: Final = ("arg_max", "arg_min", "take_any", "any")


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a pipeline: names in it mean what the steps before it made."""

    steps: tuple[Node, ...]
    number: int
    """Of the step in `steps`; their count stands for the result."""

    @property
    def step(self) -> Node:
        """Return the operator."""
        return self.steps[self.number]


@dataclass(frozen=True, slots=True)
class Origin:
    """What made a column, as far back as it is kept under any name."""

    name: str
    """Its name there."""
    conditions: tuple[tuple[str, Node], ...]
    """Filters that its rows have passed since, each with the column's name there."""
    value: Node | None = None
    """The expression that computes it, or the table that stores it; none where unknown."""
    place: Place | None = None
    """Where the expression stands; none for a table."""


def place_of(node: Node, root: Node) -> Place | None:
    """Find the step that an expression stands in."""
    found = step_of(node, root)
    return Place(*found) if found else None


def whole_line(line: tuple[Node, ...], root: Node) -> tuple[Node, ...]:
    """Put what a `let` statement or `materialize` stands for in the place of the source."""
    source = bare(line[0])
    value = let_value(source, root) if source.kind == "NameReference" else None
    value = value or called_value(source, root)
    if source.kind == "MaterializeExpression":
        value = parts(source)[0]
    return line if value is None else (*whole_line(steps(value), root), *line[1:])


def result_of(expression: Node) -> Place:
    """Return the place after the last step of a tabular expression."""
    line = steps(expression)
    return Place(line, len(line))


def origin(name: str, place: Place, root: Node) -> Origin:
    """Follow a column up to what made it."""
    conditions: list[tuple[str, Node]] = []
    for i in range(place.number - 1, 0, -1):
        step, here = place.steps[i], Place(place.steps, i)
        if step.kind == "FilterOperator":
            conditions.append((name, parts(step)[-1]))
        elif step.kind in ("JoinOperator", "LookupOperator"):
            if name not in column_names(place.steps[i - 1]) or _keeps_right_rows(step):
                return _after(conditions, _of_right_side(name, step, root))
        elif step.kind not in _PASS:
            made = _made(name, step)
            if isinstance(made, Node):
                return Origin(name, tuple(conditions), made, here)
            if made is None:
                return Origin(name, tuple(conditions))
            name = made
    return _after(conditions, _of_source(name, bare(place.steps[0]), root))


def _after(conditions: list[tuple[str, Node]], earlier: Origin) -> Origin:
    together = (*conditions, *earlier.conditions)
    return Origin(earlier.name, together, earlier.value, earlier.place)


def _made(name: str, step: Node) -> Node | str | None:
    """Return the expression that a step computes a column with, or the column's name before it."""
    match step.kind:
        case "ExtendOperator":
            return _named(name, items(step)) or name
        case "ProjectOperator":
            return _named(name, items(step)) or _kept(name, items(step))
        case "ProjectRenameOperator":
            renamed = _named(name, items(step))
            return renamed.name if renamed else name
        case "SummarizeOperator":
            return _summarized(name, step)
    if step.kind in _UNKNOWN:
        return None
    touched = any(n.name == name for n in step.of_kind("NameDeclaration", "NameReference"))
    return None if touched else name


def _named(name: str, made: tuple[Node, ...]) -> Node | None:
    named = [item for item in made if item.kind == "SimpleNamedExpression" and item.name == name]
    return bare(item_value(named[-1])) if named else None


def _kept(name: str, made: tuple[Node, ...]) -> str | None:
    return name if any(i.kind == "NameReference" and i.name == name for i in made) else None


def _summarized(name: str, step: Node) -> Node | str | None:
    by = next((items(c) for c in step.children if c.kind == "SummarizeByClause"), ())
    aggregates = items(step)
    made = _named(name, (*aggregates, *by)) or _kept(name, by)
    if made is not None:
        return made
    for call in map(item_value, aggregates):
        values = [item_value(argument) for argument in arguments(call)]
        if is_call(call, *_WITH_ROW):
            if any(v.kind == "StarExpression" or v.name == name for v in values):
                return name
        elif name == f"{call.name}_{values[0].name if values else ''}":
            return call
    binned = [g for g in by if is_call(g, "bin") and name in [a.name for a in arguments(g)[:1]]]
    return binned[0] if binned else None


def _keeps_right_rows(join: Node) -> bool:
    """Say whether a join returns rows of its right side only."""
    kinds = (n for p in join.children for n in p.children if n.kind == "NamedParameter")
    return any(n.name == "kind" and n.children[-1].text in _RIGHT for n in kinds)


def _of_right_side(name: str, join: Node, root: Node) -> Origin:
    right = next(p for p in parts(join) if p.kind not in ("List", "JoinOnClause"))
    if name not in column_names(steps(right)[-1]):
        return Origin(name, ())
    return origin(name, result_of(right), root)


def _of_source(name: str, source: Node, root: Node) -> Origin:
    if source.kind == "NameReference":
        value = let_value(source, root)
        if value is not None:
            return origin(name, result_of(value), root)
    body = called_value(source, root)
    if body is not None:
        return origin(name, result_of(body), root)
    if source.kind == "MaterializeExpression":
        return origin(name, result_of(parts(source)[0]), root)
    if source.kind == "DataTableExpression" or source.symbol == "table":
        return Origin(name, (), source)
    return Origin(name, ())
