"""Times and spans of time: calls and sums whose answers stay within what Kusto can hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from evaluator.analysis.syntax import Node
from evaluator.execution.errors import NotExecutable
from evaluator.execution.source_rewriting import Handler, SourceRewriter, arguments

_FIRST_BIN: Final = "datetime(0001-01-01)"
"""Where bins of `bin` start, which the weeks of
https://learn.microsoft.com/kusto/query/tutorials/use-aggregation-functions show."""

_DAY_US: Final = 86_400_000_000
# https://learn.microsoft.com/kusto/query/scalar-data-types/datetime, in microseconds since year 1.
_LAST_US: Final = 3_652_059 * _DAY_US - 1
_NOW_US: Final = (1_000 * 365 * _DAY_US, 9_000 * 365 * _DAY_US)
"""Where the clock of any evaluation is certain to be."""

_MAX_SPAN_US: Final = (2**63 - 1) // 10
_MOVING: Final = frozenset("bin_at datetime_add startofweek todatetime".split())
"""Functions that can return a time outside of Kusto's; so can others with an offset."""


def _time(rewriter: SourceRewriter, node: Node) -> str:
    del rewriter
    if node.constant is None:  # null: every other form is refused
        return node.text
    moment = datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=cast("int", node.constant))
    return f"datetime({moment.replace(tzinfo=None).isoformat()}Z)"


def _sum(rewriter: SourceRewriter, node: Node) -> str:
    """Write a sum or difference: a time beyond Kusto's is null, a span stops the query.

    That such a time is null is not on Microsoft's pages; duckdb-kql and others measured it on
    Microsoft's Kusto emulator. Of spans nothing is known.
    """
    written = rewriter.splice(node)
    if node.type == "datetime" and not is_in_range(node):
        return f"mlmon_moment({written})"
    if node.type == "timespan" and _most_us(node) > _MAX_SPAN_US:
        return f"mlmon_span({written})"
    return written


def is_in_range(node: Node) -> bool:
    """Tell whether a time is certain to be one that Kusto can hold."""
    bounds = _bounds(node)
    return bounds is not None and bounds[0] >= 0 and bounds[1] <= _LAST_US


def _bounds(node: Node) -> tuple[float, float] | None:
    """Find the bounds of a time that depends on no row, in microseconds since year 1."""
    if isinstance(node.constant, int):
        return node.constant, node.constant
    if node.kind == "ParenthesizedExpression":
        return _bounds(node.children[1])
    if node.kind == "FunctionCallExpression" and node.name in ("ago", "now"):
        return _moved(_NOW_US, sum(map(_most_us, arguments(node))))
    if node.kind in ("AddExpression", "SubtractExpression"):
        left, right = node.children[0], node.children[2]
        time, span = (left, right) if left.type == "datetime" else (right, left)
        return _moved(_bounds(time), _most_us(span))
    return None


def _moved(bounds: tuple[float, float] | None, span: float) -> tuple[float, float] | None:
    return None if bounds is None else (bounds[0] - span, bounds[1] + span)


def _most_us(node: Node) -> float:
    """Tell how long a span can be, forwards or backwards, in microseconds."""
    if node.kind == "TimespanLiteralExpression":
        return abs(cast("float", node.constant or 0))
    if node.kind in ("ParenthesizedExpression", "UnaryMinusExpression"):
        return _most_us(node.children[1])
    if node.kind in ("AddExpression", "SubtractExpression"):
        left, right = node.children[0], node.children[2]
        if left.type == "datetime":
            return _LAST_US
        return _most_us(left) + _most_us(right)
    return _MAX_SPAN_US


def _clock(rewriter: SourceRewriter, node: Node) -> str | None:
    """Write `ago` or `now`, which a span of thousands of years leads out of Kusto's times."""
    if is_in_range(node):
        return None
    return f"mlmon_moment({node.name}({', '.join(map(rewriter.write, arguments(node)))}))"


def _bin(rewriter: SourceRewriter, node: Node) -> str | None:
    value, size, *origin = arguments(node)
    at = rewriter.write(origin[0]) if origin else None
    if node.type == "datetime":
        first = "now()" if node in rewriter.aligned else _FIRST_BIN
        binned = _bin_call(rewriter, "mlmon_bin_time", value, size, at or first)
        return f"mlmon_moment({binned})" if origin else binned
    if node.type == "timespan":
        return _bin_call(rewriter, "mlmon_bin_timespan", value, size, at or "0s")
    return _bin_call(rewriter, "mlmon_bin_number", value, size, at) if at else None


def _bin_call(rewriter: SourceRewriter, function: str, value: Node, size: Node, at: str) -> str:
    return f"{function}({rewriter.write(value)}, {rewriter.write(size)}, {at})"


def _moving(rewriter: SourceRewriter, node: Node) -> str | None:
    """Write a function of times that can lead out of Kusto's."""
    if node.name not in _MOVING and len(arguments(node)) == 1:
        return None
    written = f"{node.name}({', '.join(map(rewriter.write, arguments(node)))})"
    return f"mlmon_moment(mlmon_try({written}))"


def _difference(rewriter: SourceRewriter, node: Node) -> str | None:
    """Write `datetime_diff` in periods that DuckDB lacks, or counts in another way."""
    period, one, other = arguments(node)
    function = {"nanosecond": "mlmon_nanoseconds_between", "week": "mlmon_weeks_between"}.get(
        str(period.constant).casefold()
    )
    return rewriter.call(function, one, other) if function else None


def _made_time(rewriter: SourceRewriter, node: Node) -> str:
    *numbers, second = _numbers(rewriter, node, 6)
    return f"mlmon_make_time({', '.join([*numbers, second])})"


def _made_span(rewriter: SourceRewriter, node: Node) -> str:
    given = arguments(node)
    if len(given) == 4:
        return f"mlmon_make_span({', '.join(_numbers(rewriter, node, 4))})"
    return f"mlmon_make_span(0, {', '.join(_numbers(rewriter, node, 3))})"


def _numbers(rewriter: SourceRewriter, node: Node, count: int) -> list[str]:
    """Write the parts of a time, zeros for those left out, the seconds as microseconds.

    Raises:
        NotExecutable: a part is no whole number, or the seconds are computed as a real.
    """
    given = arguments(node)
    seconds = given[count - 1 :]
    for part in given[: count - 1]:
        if part.type not in ("int", "long"):
            raise NotExecutable(
                f"`{node.name}()` of a {part.type} is not run",
                part.start,
                part.end,
                "use `toint()`",
            )
    written = [rewriter.write(part) for part in given[: count - 1]]
    written += ["0"] * (count - 1 - len(written))
    return [*written, _microseconds(rewriter, seconds[0]) if seconds else "0"]


def _microseconds(rewriter: SourceRewriter, second: Node) -> str:
    if second.type in ("int", "long"):
        return f"({rewriter.write(second)}) * 1000000"
    try:
        number = Decimal(second.text) * 1_000_000
    except InvalidOperation:
        number = Decimal("nan")
    if number.is_nan() or number != number.to_integral_value():
        raise NotExecutable(
            "seconds that are no number in whole microseconds are not run",
            second.start,
            second.end,
            "write the number, such as `55.123`",
        )
    return str(int(number))


def _to_timespan(rewriter: SourceRewriter, node: Node) -> str | None:
    (value,) = arguments(node)
    if value.type == "string":
        return rewriter.call("mlmon_text_to_timespan", value)
    if value.type == "timespan":
        return rewriter.write(value)
    raise NotExecutable(
        f"`totimespan()` of a {value.type} is not run",
        node.start,
        node.end,
        "convert a text, or multiply a span such as `1s`",
    )


CALLS: Final = {
    **dict.fromkeys(("ago", "now"), _clock),
    **dict.fromkeys(("bin", "bin_at", "floor"), _bin),
    **dict.fromkeys(
        """
        datetime_add endofday endofmonth endofweek endofyear startofday startofmonth startofweek
        startofyear todatetime
        """.split(),
        _moving,
    ),
    "datetime_diff": _difference,
    "make_datetime": _made_time,
    "make_timespan": _made_span,
    "totimespan": _to_timespan,
}

HANDLERS: Final[dict[str, Handler]] = {
    "AddExpression": _sum,
    "DateTimeLiteralExpression": _time,
    "SubtractExpression": _sum,
}
