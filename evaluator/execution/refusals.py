"""Refusing, before anything is translated, every query whose answer would not be exact."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final, NoReturn

from evaluator.analysis.literals import is_null
from evaluator.analysis.syntax import Analysis, Node
from evaluator.execution import supported
from evaluator.execution.errors import NotExecutable
from evaluator.execution.expressions import NUMERIC
from evaluator.execution.operators import parameter
from evaluator.execution.order import refuse_ordered_lists
from evaluator.execution.source_rewriting import arguments, elements

_WHOLE: Final = frozenset(("int", "long"))
_TEXT: Final = frozenset(("string", "dynamic"))
_SUMS: Final = {
    "AddExpression": {("datetime", "timespan"), ("timespan", "datetime"), ("timespan", "timespan")},
    "SubtractExpression": {
        ("datetime", "datetime"),
        ("datetime", "timespan"),
        ("timespan", "timespan"),
    },
    "DivideExpression": {("timespan", "timespan")},
}
_OF_NUMBERS: Final = frozenset(
    "avg avgif percentile percentiles stdev stdevif stdevp sum sumif variance varianceif "
    "variancep".split()
)
_OF_ORDERED: Final = frozenset(("max", "maxif", "min", "minif", "arg_max", "arg_min"))
_ELEMENTS: Final = NUMERIC | {"bool", "string"}
_ORDERED: Final = NUMERIC | {"datetime", "timespan", "string"}
_TIMES: Final = {
    # Kind of literal: what it is, and a form that means one thing only.
    "DateTimeLiteralExpression": ("time", "it as `datetime(2026-01-31T12:34:56.123456Z)`"),
    "TimespanLiteralExpression": ("time span", "it as `90m` or `time(1.02:03:04)`"),
}
_CONVERT: Final = "convert the dynamic value first, such as with `todouble()` or `tostring()`"


def refuse_what_is_not_exact(analysis: Analysis) -> None:
    """Stop for a query that is not certain to answer as in Azure.

    Raises:
        NotExecutable: the language service has errors, or something in it is not supported.
    """
    for error in analysis.errors:
        raise NotExecutable(error.message, error.start, error.end, "correct the query")
    functions = _declared_functions(analysis.root)
    for node, parent in _walk(analysis.root):
        if node.kind.endswith(("Token", "Keyword")):
            continue
        if node.kind not in supported.KINDS:
            _refuse(node, f"`{_shown(node)}` is not run", _REMEDY)
        if len({column.name.casefold() for column in node.columns}) < len(node.columns):
            _refuse_alike(node)
        if node.type == "decimal":
            _refuse(node, "decimal numbers are not run", "use `todouble()`")
        check = _CHECKS.get(node.kind)
        if node.kind == "FunctionCallExpression":
            _check_call(node, functions)
        elif check is not None and parent.kind != "JoinOnClause":
            check(node)
    _check_unions(analysis.root)
    refuse_ordered_lists(analysis.root)


_REMEDY: Final = "its answer here has not been tested against Azure's"


def _walk(root: Node) -> Iterator[tuple[Node, Node]]:
    """Go through all nodes with their nearest parent that is no list; below `render` is nothing."""
    stack = [(root, root)]
    while stack:
        node, parent = stack.pop()
        yield node, parent
        if node.kind == "RenderOperator":
            continue
        above = parent if node.kind in ("List", "SeparatedElement") else node
        stack += [(child, above) for child in reversed(node.children)]


def _refuse(node: Node, reason: str, hint: str) -> NoReturn:
    raise NotExecutable(reason, node.start, node.end, hint)


def _refuse_alike(node: Node) -> NoReturn:
    """Refuse columns that DuckDB, which ignores the case of names, takes for one."""
    known: dict[str, str] = {}
    for column in node.columns:
        other = known.setdefault(column.name.casefold(), column.name)
        if other != column.name:
            break
    _refuse(
        node,
        f"columns whose names differ only in case, `{other}` and `{column.name}`, are not run",
        "keep one of them, or rename one where it is made",
    )


def _shown(node: Node) -> str:
    text = " ".join(node.text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def _declared_functions(root: Node) -> frozenset[str]:
    return frozenset(
        let.name
        for let in root.of_kind("LetStatement")
        if let.children[-1].kind == "FunctionDeclaration"
    )


def _check_call(node: Node, functions: frozenset[str]) -> None:
    head = node.children[0]
    if head.symbol == "aggregate":
        _check_aggregate(node)
    elif node.name not in functions and node.name not in supported.FUNCTIONS:
        _refuse(head, f"`{node.name}()` is not run", _REMEDY)
    elif node.name in ("bin", "floor", "bin_at"):
        _check_bin(node)


def _check_bin(node: Node) -> None:
    if node.name == "bin_at" and node.type not in ("datetime", "timespan", "real"):
        _refuse(node, "`bin_at()` of whole numbers is not run", "use `todouble()`")


def _check_aggregate(node: Node) -> None:
    name, parameters = node.name, arguments(node)
    if name not in supported.AGGREGATES:
        _refuse(node.children[0], f"the aggregate `{name}()` is not run", _REMEDY)
    if name in _OF_NUMBERS and parameters[0].type not in NUMERIC:
        _refuse(node, f"`{name}()` of a {parameters[0].type} is not run", "aggregate numbers")
    if name in _OF_ORDERED and parameters[0].type not in _ORDERED:
        _refuse(node, f"`{name}()` of a {parameters[0].type} is not run", _CONVERT)
    if name.startswith(("make_list", "make_set")):
        _check_elements(node, parameters[0])
    if name in ("take_any", "any") and len(parameters) != 1:
        _refuse(node, f"`{name}()` of several columns is not run", "use `arg_max()`")
    if name in ("percentile", "percentiles") and not all(_is_number(p) for p in parameters[1:]):
        _refuse(node, f"`{name}()` with a computed percentile is not run", "write the number")


def _check_elements(node: Node, element: Node) -> None:
    """Refuse lists of what a dynamic value would hold otherwise, such as times."""
    allowed = _ELEMENTS | {"dynamic"} if node.name.startswith("make_list") else _ELEMENTS
    if element.type not in allowed:
        kind = "dynamic values" if element.type == "dynamic" else f"a {element.type}"
        _refuse(node, f"`{node.name}()` of {kind} is not run", "convert them, as `tostring()`")


def _is_number(node: Node) -> bool:
    return isinstance(node.constant, (int, float))


def _check_arithmetic(node: Node) -> None:
    types = (node.children[0].type, node.children[2].type)
    if set(types) <= NUMERIC:
        if node.kind == "ModuloExpression" and not set(types) <= _WHOLE:
            _refuse(node, "`%` of reals is not run", "use whole numbers")
        return
    if node.kind == "MultiplyExpression" and "timespan" in types and set(types) & NUMERIC:
        return
    if node.kind == "DivideExpression" and types[0] == "timespan" and types[1] in NUMERIC:
        return
    if types not in _SUMS.get(node.kind, ()):
        _refuse(node, f"`{_shown(node)}` calculates with {' and '.join(types)}", _CONVERT)


def _check_ordering(node: Node) -> None:
    types = {node.children[0].type, node.children[2].type}
    if not (types <= NUMERIC or types in ({"datetime"}, {"timespan"})):
        _refuse(node, f"`{_shown(node)}` compares {' with '.join(sorted(types))}", _CONVERT)


def _check_equality(node: Node) -> None:
    types = {node.children[0].type, node.children[2].type}
    if "dynamic" in types and types != {"dynamic", "string"}:
        _refuse(node, f"`{_shown(node)}` compares {' with '.join(sorted(types))}", _CONVERT)


def _check_text(node: Node) -> None:
    left, right = node.children[0], node.children[2]
    if left.kind == "StarExpression" or not {left.type, right.type} <= _TEXT:
        _refuse(node, f"`{_shown(node)}` looks into what is no text", "name one text column")


def _check_list(node: Node) -> None:
    value = node.children[0]
    if value.kind == "StarExpression" or value.type == "real":
        _refuse(node, f"`{_shown(node)}` looks for reals or in all columns", "compare with `==`")


def _check_parameter(node: Node) -> None:
    if node.name not in supported.PARAMETERS:
        _refuse(node, f"the parameter `{_shown(node)}` is not run", _REMEDY)


def _check_join(node: Node) -> None:
    kind = parameter(node, "kind") or "innerunique"
    if kind not in supported.JOIN_KINDS:
        _refuse(node, f"`join kind={kind}` is not run", _REMEDY)


def _check_parse(node: Node) -> None:
    if parameter(node, "kind") not in (None, "simple"):
        _refuse(node, "only `parse kind=simple` is run", "use `extract()`")


def _check_range(node: Node) -> None:
    types = {c.type for c in node.children if c.type and c.kind != "NameDeclaration"}
    if not (types <= _WHOLE or types <= {"datetime", "timespan"}):
        _refuse(node, f"a `range` of {' and '.join(sorted(types))} is not run", "use whole numbers")


def _check_take(node: Node) -> None:
    if not any(isinstance(c.constant, int) for c in node.children):
        _refuse(node, "a computed number of rows is not run", "write the number")


def _check_time(node: Node) -> None:
    what, form = _TIMES[node.kind]
    if isinstance(node.constant, Fraction):
        _refuse(node, f"a {what} finer than a microsecond is not run", "use microseconds")
    if node.constant is None and not is_null(node.text):
        _refuse(node, f"`{_shown(node)}` is no {what} that is read for certain", f"write {form}")


def _check_string(node: Node) -> None:
    if node.constant is None:
        _refuse(node, "`string(null)` is not run", 'write `""`; Kusto has no null strings')


def _check_unions(root: Node) -> None:
    """Refuse columns of one name and several types, which Kusto renames.

    https://learn.microsoft.com/kusto/query/union-operator#column-matching-in-union
    """
    for pipe in root.of_kind("PipeExpression"):
        if pipe.children[2].kind == "UnionOperator":
            _check_branches(pipe.children[2], [pipe.children[0]])
    for union in root.of_kind("UnionOperator"):
        _check_branches(union, [])


def _check_branches(union: Node, others: Sequence[Node]) -> None:
    if parameter(union, "kind") not in (None, "outer"):
        _refuse(union, "only `union kind=outer` is run", "leave `kind` away")
    types: dict[str, str] = {}
    for branch in [*others, *elements(union)]:
        if not branch.columns:
            _refuse(branch, f"the union of `{_shown(branch)}` is not run", "name each table")
        for column in branch.columns:
            if types.setdefault(column.name, column.type) != column.type:
                _refuse(
                    union,
                    f"the column `{column.name}` has two types in the union",
                    "convert it in one of the branches, or rename it",
                )


_CHECKS: Final[dict[str, Callable[[Node], None]]] = {
    **dict.fromkeys(_TIMES, _check_time),
    **dict.fromkeys(supported.ARITHMETIC, _check_arithmetic),
    **dict.fromkeys(supported.ORDERINGS, _check_ordering),
    **dict.fromkeys(supported.EQUALITIES, _check_equality),
    **dict.fromkeys(supported.TEXT_OPERATORS, _check_text),
    **dict.fromkeys(supported.LISTS, _check_list),
    "JoinOperator": _check_join,
    "NamedParameter": _check_parameter,
    "ParseOperator": _check_parse,
    "ParseWhereOperator": _check_parse,
    "RangeOperator": _check_range,
    "StringLiteralExpression": _check_string,
    "TakeOperator": _check_take,
}
