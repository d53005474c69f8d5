"""Scalar expressions whose meaning depends on types that only the language service knows."""

from typing import Final, cast

from duckdb_kql._antlr.KqlLexer import KqlLexer

from evaluator.analysis.syntax import Node
from evaluator.execution import times
from evaluator.execution.source_rewriting import (
    Handler,
    SourceRewriter,
    arguments,
    is_plain,
    name,
)
from generator.escape import kql_string

NUMERIC: Final = frozenset(("int", "long", "real"))
_KEYWORDS: Final = frozenset(text.strip("'") for text in KqlLexer.literalNames)

# Functions that return a text for every argument, null ones too.
_TOTAL: Final = frozenset(
    "tostring strcat strcat_delim iff iif case coalesce toscalar max_of min_of".split()
)
_COMPARISONS: Final = {
    # Kind of node: function, and which operand must not be NaN.
    "GreaterThanExpression": ("mlmon_gt", 0),
    "GreaterThanOrEqualExpression": ("mlmon_ge", 0),
    "LessThanExpression": ("mlmon_lt", 1),
    "LessThanOrEqualExpression": ("mlmon_le", 1),
    "EqualExpression": ("mlmon_eq", 0),
    "NotEqualExpression": ("mlmon_ne", 0),
}


def may_be_nan(node: Node) -> bool:
    """Tell whether an expression may have the value NaN."""
    if node.kind.endswith("LiteralExpression"):
        return node.type == "real" and "nan" in node.text.casefold()  # its constant is 0
    return node.type == "real"


def _comparison(rewriter: SourceRewriter, node: Node) -> str:
    function, checked = _COMPARISONS[node.kind]
    operands = node.children[0], node.children[2]
    guarded = may_be_nan(operands[checked])
    if function in ("mlmon_eq", "mlmon_ne"):
        if all(operand.type == "string" for operand in operands):
            return rewriter.call(function.replace("_", "_text_"), *operands)
        guarded = all(map(may_be_nan, operands))
    return rewriter.call(function, *operands) if guarded else rewriter.splice(node)


def _between(rewriter: SourceRewriter, node: Node) -> str:
    value, _, couple = node.children
    low, high = (c for c in couple.children if not c.kind.endswith("Token"))
    if value.type == "datetime" and high.type == "timespan":
        written = rewriter.write(low)
        operator = "between" if node.kind == "BetweenExpression" else "!between"
        end = f"mlmon_moment(({written}) + ({rewriter.write(high)}))"
        return f"{rewriter.write(value)} {operator} ({written} .. {end})"
    if may_be_nan(high):
        function = "mlmon_between" if node.kind == "BetweenExpression" else "mlmon_not_between"
        return rewriter.call(function, value, low, high)
    return rewriter.splice(node)


def _division(rewriter: SourceRewriter, node: Node) -> str:
    left, right = node.children[0], node.children[2]
    if left.type == "timespan":
        both = right.type == "timespan"
        return rewriter.call(
            "mlmon_timespan_quotient" if both else "mlmon_timespan_part", left, right
        )
    if "real" in (left.type, right.type):
        return rewriter.call("mlmon_quotient", left, right)
    return rewriter.splice(node)


def _product(rewriter: SourceRewriter, node: Node) -> str:
    left, right = node.children[0], node.children[2]
    if left.type == "timespan":
        return rewriter.call("mlmon_timespan_product", left, right)
    if right.type == "timespan":
        return rewriter.call("mlmon_timespan_product", right, left)
    return rewriter.splice(node)


def write_name(rewriter: SourceRewriter, node: Node) -> str:
    """Write a name, in brackets where duckdb-kql would read a keyword, such as `limit`."""
    del rewriter
    is_value = node.symbol in ("column", "variable", "parameter")
    return name(node.name) if is_value and node.text in _KEYWORDS else node.text


def _primitive_type(rewriter: SourceRewriter, node: Node) -> str:
    """Write a column's type; Kusto calculates with ints as longs."""
    del rewriter
    return "long" if node.text == "int" else node.text


def _path(rewriter: SourceRewriter, node: Node) -> str:
    base, step = node.children[0], node.children[-1]
    if base.text.startswith("$"):  # `$left.column` of a join
        return node.text
    if is_plain(step.name) and step.name not in _KEYWORDS:
        return rewriter.splice(node)
    return f"mlmon_element({rewriter.write(base)}, {kql_string(step.name)})"


def _element(rewriter: SourceRewriter, node: Node) -> str:
    base, brackets = node.children
    index = next(c for c in brackets.children if not c.kind.endswith("Token"))
    if index.kind == "StringLiteralExpression" and is_plain(str(index.constant)):
        return f"{rewriter.write(base)}[{kql_string(str(index.constant))}]"
    if index.type == "string":
        return rewriter.call("mlmon_element", base, index)
    return rewriter.splice(node)


def _string(rewriter: SourceRewriter, node: Node) -> str:
    del rewriter
    return kql_string(cast("str", node.constant))


def write_call(rewriter: SourceRewriter, node: Node) -> str:
    """Write a call of a function that is no aggregate."""
    parameters = arguments(node)
    special = _SPECIAL_CALLS.get(node.name)
    if special is not None:
        written = special(rewriter, node)
        if written is not None:
            return written
    if node.name in ("max_of", "min_of") and any(map(may_be_nan, parameters)):
        return _extreme(rewriter, node)
    head, tail = node.children[0], node.children[1]
    written = head.text + rewriter.splice(tail)
    if node.type == "string" and node.name not in _TOTAL and not _all_text(parameters):
        return f"mlmon_text({written})"
    return written


def _all_text(parameters: list[Node]) -> bool:
    return all(p.type == "string" or p.constant is not None for p in parameters)


def _extreme(rewriter: SourceRewriter, node: Node) -> str:
    """Write `max_of` or `min_of` such that a NaN is not the answer beside a number (inferred)."""
    parameters = [rewriter.write(p) for p in arguments(node)]
    numbers = ", ".join(f"mlmon_number(mlmon_real({p}))" for p in parameters)
    return f"mlmon_first({node.name}({numbers}), mlmon_real({parameters[0]}))"


def _is_null(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    if value.type != "dynamic":
        return None
    test = rewriter.call("mlmon_dynamic_is_null", value)
    return test if node.name == "isnull" else f"not({test})"


def _is_empty(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    if value.type != "string":
        return None
    empty = node.name == "isempty"
    return rewriter.call("mlmon_is_empty" if empty else "mlmon_is_not_empty", value)


def _to_string(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    return _to_text(rewriter, value)


def _to_text(rewriter: SourceRewriter, value: Node) -> str | None:
    if value.type == "dynamic":
        return rewriter.call("mlmon_dynamic_text", value)
    if value.type in ("int", "long"):
        return rewriter.call("mlmon_whole_text", value)
    return rewriter.call("mlmon_text", value) if value.type == "string" else None


def _concatenation(rewriter: SourceRewriter, node: Node) -> str:
    parts = [
        rewriter.write(part)
        if part.type == "string"
        else _to_text(rewriter, part) or f"tostring({rewriter.write(part)})"
        for part in arguments(node)
    ]
    return f"mlmon_concat({', '.join(parts)})"


def _coalesce(rewriter: SourceRewriter, node: Node) -> str | None:
    """Write `coalesce`, which skips empty strings as well."""
    parts = [rewriter.write(part) for part in arguments(node)]
    if node.type == "string":
        return f'mlmon_first({", ".join(f"mlmon_null_if_empty({p})" for p in parts)}, "")'
    return f"mlmon_first({', '.join(parts)})" if node.type != "dynamic" else None


def _parse_json(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    return rewriter.call("mlmon_parse_json", value) if value.type == "string" else None


def _to_real(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    return rewriter.call("mlmon_real", value) if value.type in NUMERIC else None


_SPECIAL_CALLS: Final = {
    **times.CALLS,
    "coalesce": _coalesce,
    "isempty": _is_empty,
    "isnotempty": _is_empty,
    "isnotnull": _is_null,
    "isnull": _is_null,
    "parse_json": _parse_json,
    "strcat": _concatenation,
    "todouble": _to_real,
    "todynamic": _parse_json,
    "toreal": _to_real,
    "tostring": _to_string,
}

HANDLERS: Final[dict[str, Handler]] = {
    **dict.fromkeys(_COMPARISONS, _comparison),
    **times.HANDLERS,
    "BetweenExpression": _between,
    "DivideExpression": _division,
    "ElementExpression": _element,
    "MultiplyExpression": _product,
    "NameReference": write_name,
    "NotBetweenExpression": _between,
    "PathExpression": _path,
    "PrimitiveTypeExpression": _primitive_type,
    "StringLiteralExpression": _string,
}
