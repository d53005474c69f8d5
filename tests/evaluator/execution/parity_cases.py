# ruff: noqa: E501 - a query stays on its line
"""Small queries with the answers that Microsoft's pages give, derived by hand.

Each group names the page below https://learn.microsoft.com/kusto/query/. Values are written as the
engine returns them; `NAN` and `INF` stand for the numbers that do not compare or print.
"""

from datetime import UTC, datetime, timedelta
from math import inf as INF  # noqa: N812 - a constant
from math import nan as NAN  # noqa: N812 - a constant
from typing import Final

Case = tuple[str, list[tuple[object, ...]]]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


NOW: Final = at(2026, 1, 8, 12, 34, 56)

V: Final = "datatable(k: string, v: real) ['a', 1.0, 'a', 3.0, 'b', 5.0]"
EMPTY: Final = "datatable(k: string, v: real, n: long, t: datetime, d: dynamic) []"
NULLS: Final = "datatable(n: long) [1, long(null), 3]"
REALS: Final = "datatable(v: real) [1.0, real(null), real(nan), real(+inf), -5.0]"
ERRORS: Final = "datatable(s: string) ['Error here', 'errors', 'an_error', '']"

CASES: Final[dict[str, list[Case]]] = {
    "summarize-operator": [
        # Default values of aggregates over no rows: one row without keys, none with.
        (f"{EMPTY} | summarize count()", [(0,)]),
        (f"{EMPTY} | summarize countif(v > 1)", [(0,)]),
        (f"{EMPTY} | summarize sum(v), sum(n)", [(0.0, 0)]),
        (f"{EMPTY} | summarize sumif(v, n > 1)", [(0.0,)]),
        (f"{EMPTY} | summarize avg(v), avgif(v, n > 1)", [(NAN, NAN)]),
        (f"{EMPTY} | summarize min(v), max(v), maxif(v, n > 1), minif(v, n > 1)", [(None,) * 4]),
        (f"{EMPTY} | summarize max(k), min(k)", [("", "")]),
        (f"{EMPTY} | summarize dcount(k), dcountif(k, n > 1)", [(0, 0)]),
        (f"{EMPTY} | summarize count_distinct(k), count_distinctif(k, n > 1)", [(0, 0)]),
        (f"{EMPTY} | summarize stdev(v), variance(v), stdevp(v), variancep(v)", [(0.0,) * 4]),
        (f"{EMPTY} | summarize stdevif(v, n > 1), varianceif(v, n > 1)", [(0.0, 0.0)]),
        (f"{EMPTY} | summarize make_list(v), make_set(k)", [([], [])]),
        (f"{EMPTY} | summarize make_list_if(v, n > 1), make_set_if(k, n > 1)", [([], [])]),
        (f"{EMPTY} | summarize arg_max(t, k), take_any(n)", [(None, "", None)]),
        (f"{EMPTY} | summarize percentile(v, 50)", [(None,)]),
        (f"{EMPTY} | summarize count(), max(v) by k", []),
        (f"{V} | summarize s = sum(v), c = count() by k", [("a", 4.0, 2), ("b", 5.0, 1)]),
        (f"{V} | summarize by k", [("a",), ("b",)]),
        (f"{V} | summarize sum(v) / count() by k", [("a", 2.0), ("b", 5.0)]),
        (f"{V} | summarize share = round(100.0 * countif(v > 2) / count(), 1)", [(66.7,)]),
        # Nulls are ignored, except by count().
        (f"{NULLS} | summarize count(), sum(n), avg(n), min(n), max(n)", [(3, 4, 2.0, 1, 3)]),
        (f"{NULLS} | summarize dcount(n), make_list(n), countif(n > 0)", [(2, [1, 3], 2)]),
    ],
    "avg-aggregation-function": [
        ("datatable(n: long) [1, 2] | summarize avg(n)", [(1.5,)]),
        ("datatable(v: real) [real(null)] | summarize a = avg(v) | where a > 0", []),
        ("datatable(v: real) [real(null)] | summarize a = avg(v) | where not(a > 0)", [(NAN,)]),
    ],
    "arg-max-aggregation-function": [
        (
            f"{V} | summarize arg_max(v, *) by k",
            [("a", 3.0), ("b", 5.0)],
        ),
        ("datatable(a: long, b: string) [1, 'x', 2, 'y'] | summarize arg_max(a, b)", [(2, "y")]),
        ("datatable(a: long, b: string) [1, 'x', 2, 'y'] | summarize arg_min(a, b)", [(1, "x")]),
        (
            "datatable(a: long, b: long) [1, 7, 2, long(null)] | summarize arg_max(a, b)",
            [(2, None)],
        ),
        (
            "datatable(a: long, b: long) [1, 7, 2, 8] | summarize (top1, value) = arg_max(a, b)"
            " | where value == 8",
            [(2, 8)],
        ),
        (
            "datatable(v: real, n: long) [1.0, 1, real(nan), 2] | summarize arg_max(v, n)",
            [(1.0, 1)],
        ),
    ],
    "percentiles-aggregation-function": [
        ("range v from 1 to 10 step 1 | summarize percentile(v, 50)", [(5,)]),
        ("range v from 1 to 4 step 1 | summarize percentile(v, 95)", [(4,)]),
        ("range v from 1 to 100 step 1 | summarize percentiles(v, 5, 50, 95)", [(5, 50, 95)]),
        (
            "range v from 1 to 10 step 1 | summarize percentiles(v, 50, 90) by odd = v % 2"
            " | project odd, percentile_v_90 | order by odd asc",
            [(0, 10), (1, 9)],
        ),
    ],
    "dcount-aggregation-function": [
        (f"{V} | summarize dcount(k, 2)", [(2,)]),
        ("datatable(k: string) ['a', 'A', ''] | summarize dcount(k)", [(3,)]),
    ],
    "make-list-aggregation-function": [
        # The page's own example of packed values.
        (
            "datatable(name: string, sides: int) ['triangle', 3, 'square', 4]"
            " | extend d = bag_pack('name', name, 'sides', sides) | summarize make_list(d)",
            [([{"name": "square", "sides": 4}, {"name": "triangle", "sides": 3}],)],
        ),
        (
            "print d = dynamic({'a': 'x'}) | summarize make_list(d.a), n = make_list(d.b)",
            [(["x"], [])],
        ),
        ("print d = dynamic({'a': 'x'}) | summarize tostring(make_list(d.a, 2))", [('["x"]',)]),
        (
            "print d = dynamic([1]) | summarize make_list_if(d, true), n = make_list_if(d, false, 3)",
            [([[1]], [])],
        ),
        (
            "range x from 1 to 1048580 step 1 | summarize n = array_length(make_list(x))",
            [(1_048_576,)],
        ),
        (
            "range x from 1 to 1048580 step 1 | summarize n = array_length(make_set(x, 2000000))",
            [(1_048_576,)],
        ),
        ("range x from 1 to 3 step 1 | where x > 1 | summarize make_list(x)", [([2, 3],)]),
        (f"{V} | summarize make_list(v)", [([1.0, 3.0, 5.0],)]),
        (f"{V} | summarize n = array_length(make_list(v, 2))", [(2,)]),
        (f"{V} | summarize make_list_if(v, k == 'a')", [([1.0, 3.0],)]),
        (f"{V} | summarize n = array_length(make_list_if(v, v > 0, 2))", [(2,)]),
    ],
    "make-set-aggregation-function": [
        (f"{V} | summarize s = make_set(k)", [(["a", "b"],)]),
        (f"{V} | summarize n = array_length(make_set(k, 1))", [(1,)]),
        (f"{V} | summarize make_set_if(k, v > 4)", [(["b"],)]),
        (f"{V} | summarize n = array_length(make_set_if(k, v > 0, 1))", [(1,)]),
        (
            "print d = dynamic([1, 2, 2]) | mv-expand d | summarize s = make_set(tolong(d))",
            [([1, 2],)],
        ),
    ],
    "take-any-aggregation-function": [
        ("datatable(k: string) ['x', 'x'] | summarize take_any(k)", [("x",)]),
        ("datatable(k: string) ['x', 'x'] | summarize a = any(k)", [("x",)]),
    ],
    "maxif-aggregation-function": [
        (f"{V} | summarize maxif(v, k == 'a'), minif(v, k == 'a')", [(3.0, 1.0)]),
        (f"{V} | summarize maxif(v, k == 'z') by k | where isnull(maxif_v) | count", [(2,)]),
        (
            "datatable(v: real) [1.0, real(nan)] | summarize m = maxif(v, true) | where m > 0",
            [(1.0,)],
        ),
    ],
    "variance-aggregation-function": [
        ("range x from 1 to 5 step 1 | summarize variance(x), variancep(x)", [(2.5, 2.0)]),
        ("range x from 1 to 5 step 1 | summarize s = round(stdev(x), 6)", [(1.581139,)]),
        ("range x from 1 to 5 step 1 | summarize s = round(stdevp(x), 6)", [(1.414214,)]),
        (
            "range x from 1 to 5 step 1 | summarize varianceif(x, x < 3), stdevif(x, x > 9)",
            [(0.5, 0.0)],
        ),
    ],
    "scalar-data-types/null-values": [
        ("print isnull(long(null)), isnotnull(long(null)), isempty('')", [(True, False, True)]),
        (f"{NULLS} | where n == 1", [(1,)]),
        (f"{NULLS} | where n != 1", [(None,), (3,)]),
        (f"{NULLS} | where n > 1", [(3,)]),
        (f"{NULLS} | where not(n > 1)", [(1,)]),
        (f"{NULLS} | extend m = n + 1 | project m", [(2,), (None,), (4,)]),
        (f"{NULLS} | where n in (1, 2)", [(1,)]),
        (f"{NULLS} | where n !in (1, 2)", [(None,), (3,)]),
        (f"{NULLS} | project x = iff(n > 1, 'yes', 'no')", [("no",), ("no",), ("yes",)]),
        ("print isnull(dynamic(null)), isnull(dynamic({'a': null}).a)", [(True, True)]),
        ("print isnull(dynamic({'a': 1}).b), isnotnull(dynamic({'a': 1}).a)", [(True, True)]),
        (
            "print isempty(dynamic({'a': 1}).b), isnotempty(tostring(dynamic({'a': 1}).a))",
            [(True, True)],
        ),
        ("print coalesce(long(null), 2, 3), coalesce('', 'b')", [(2, "b")]),
        ("print isnull('')", [(False,)]),
        ("datatable(a: long, b: long) [long(null), long(null)] | where a == b or a != b", []),
        ("datatable(v: real, w: real) [real(null), real(null)] | where v == w or v != w", []),
        ("datatable(v: real, w: real) [1.0, real(null)] | where v != w", [(1.0, None)]),
    ],
    "scalar-data-types/real": [
        ("print 1.0 / 0, -1.0 / 0, 0.0 / 0", [(INF, -INF, NAN)]),
        ("datatable(v: real, n: long) [1.0, 0] | extend r = v / n | where r > 1", [(1.0, 0, INF)]),
        ("datatable(n: long, m: long) [7, 2, -7, 2] | project n / m", [(3,), (-3,)]),
        ("datatable(n: long, m: long) [7, 0] | project q = n / m, r = n % m", [(None, None)]),
        ("print 10 % 3, -10 % 4", [(1, 2)]),
        ("print 7 / 2, 7 / 2.0, toreal(7) / 2", [(3, 3.5, 3.5)]),
        ("datatable(v: real) [real(nan)] | where v > 0 or v < 0 or v == v or v >= 0 or v <= 0", []),
        ("datatable(v: real) [real(nan)] | where v != v", [(NAN,)]),
        ("datatable(v: real) [real(nan)] | where 0.5 < v or 0.5 <= v", []),
        ("datatable(v: real) [1.0] | where v < real(nan) or v between (0.0 .. real(nan))", []),
        ("datatable(v: real, w: real) [1.0, real(nan)] | where v between (0.0 .. w)", []),
        (
            "datatable(v: real, w: real) [1.0, real(nan)] | where v !between (0.0 .. w)",
            [(1.0, NAN)],
        ),
        ("datatable(v: real) [real(nan), 2.0] | summarize max(v), min(v)", [(2.0, 2.0)]),
        (
            "datatable(v: real) [real(nan)] | project m = max_of(v, 1.0), n = min_of(2.0, v)",
            [(1.0, 2.0)],
        ),
        (
            "print isnan(0.0 / 0), isinf(1.0 / 0), isfinite(1.0 / 0), isfinite(2.0)",
            [(True, True, False, True)],
        ),
        (f"{REALS} | where isfinite(v) | count", [(2,)]),
        ("datatable(i: int) [2147483647] | project i + i", [(4294967294,)]),
    ],
    "sort-operator": [
        (f"{REALS} | sort by v asc", [(None,), (NAN,), (-5.0,), (1.0,), (INF,)]),
        (f"{REALS} | sort by v", [(INF,), (1.0,), (-5.0,), (NAN,), (None,)]),
        (f"{REALS} | order by v asc nulls last", [(-5.0,), (1.0,), (INF,), (NAN,), (None,)]),
        (f"{REALS} | sort by v desc nulls first", [(None,), (NAN,), (INF,), (1.0,), (-5.0,)]),
        (f"{V} | sort by k desc, v asc", [("b", 5.0), ("a", 1.0), ("a", 3.0)]),
    ],
    "top-operator": [
        (f"{V} | top 2 by v", [("b", 5.0), ("a", 3.0)]),
        (f"{V} | top 1 by v asc", [("a", 1.0)]),
        (f"{REALS} | top 2 by v", [(INF,), (1.0,)]),
    ],
    "take-operator": [
        (f"{V} | take 2 | count", [(2,)]),
        (f"{V} | sort by v | take 1", [("b", 5.0)]),
        (f"{V} | limit 0", []),
    ],
    "string-operators": [
        ("datatable(s: string) ['A', 'a'] | where s == 'a'", [("a",)]),
        ("datatable(s: string) ['A', 'a', 'b'] | where s =~ 'a'", [("A",), ("a",)]),
        ("datatable(s: string) ['A', 'b'] | where s !~ 'a'", [("b",)]),
        ("datatable(s: string) ['A', 'b'] | where s != 'a'", [("A",), ("b",)]),
        (f"{ERRORS} | where s has 'error'", [("Error here",), ("an_error",)]),
        (f"{ERRORS} | where s !has 'error'", [("errors",), ("",)]),
        (f"{ERRORS} | where s has_cs 'error'", [("an_error",)]),
        (f"{ERRORS} | where s !has_cs 'error' | count", [(3,)]),
        (f"{ERRORS} | where s contains 'ERROR' | count", [(3,)]),
        (f"{ERRORS} | where s !contains 'ERROR'", [("",)]),
        (f"{ERRORS} | where s contains_cs 'Error'", [("Error here",)]),
        (f"{ERRORS} | where s !contains_cs 'Error' | count", [(3,)]),
        (f"{ERRORS} | where s startswith 'ERR'", [("Error here",), ("errors",)]),
        (f"{ERRORS} | where s !startswith 'ERR'", [("an_error",), ("",)]),
        (f"{ERRORS} | where s startswith_cs 'err'", [("errors",)]),
        (f"{ERRORS} | where s !startswith_cs 'err' | count", [(3,)]),
        (f"{ERRORS} | where s endswith 'ERROR'", [("an_error",)]),
        (f"{ERRORS} | where s !endswith 'ERROR' | count", [(3,)]),
        (f"{ERRORS} | where s endswith_cs 'HERE'", []),
        (f"{ERRORS} | where s !endswith_cs 'here' | count", [(3,)]),
        (f"{ERRORS} | where s hasprefix 'ERR' | count", [(3,)]),
        (f"{ERRORS} | where s !hasprefix 'ERR'", [("",)]),
        (f"{ERRORS} | where s hasprefix_cs 'Err'", [("Error here",)]),
        (f"{ERRORS} | where s !hasprefix_cs 'Err' | count", [(3,)]),
        (f"{ERRORS} | where s hassuffix 'RORS'", [("errors",)]),
        (f"{ERRORS} | where s !hassuffix 'RORS' | count", [(3,)]),
        (f"{ERRORS} | where s hassuffix_cs 'rors'", [("errors",)]),
        (f"{ERRORS} | where s !hassuffix_cs 'rors' | count", [(3,)]),
        (f"{ERRORS} | where s matches regex '^[Ee]rror'", [("Error here",), ("errors",)]),
        (
            "print '100%' contains '%', 'a_b' contains 'a_', 'axb' contains 'a_'",
            [(True, True, False)],
        ),
        (r"print @'a\b' contains @'a\b', 'ab' contains @'a\b'", [(True, False)]),
        ('print s = "it\'s", t = \'say "x"\'', [("it's", 'say "x"')]),
        ("print 'x' == 'X', 'x' =~ 'X'", [(False, True)]),
    ],
    "in-operator": [
        (f"{V} | where k in ('a')", [("a", 1.0), ("a", 3.0)]),
        (f"{V} | where k !in ('a')", [("b", 5.0)]),
        (f"{V} | where k in~ ('A')", [("a", 1.0), ("a", 3.0)]),
        (f"{V} | where k !in~ ('A', 'C')", [("b", 5.0)]),
        (f"let wanted = dynamic(['b', 'c']); {V} | where k in (wanted)", [("b", 5.0)]),
        (f"let keys = {V} | where v > 4 | project k; {V} | where k in (keys)", [("b", 5.0)]),
    ],
    "has-any-operator": [
        (f"{ERRORS} | where s has_any ('here', 'nothing')", [("Error here",)]),
        (f"{ERRORS} | where s has_all ('here', 'error')", [("Error here",)]),
    ],
    "between-operator": [
        ("range x from 1 to 5 step 1 | where x between (2 .. 3)", [(2,), (3,)]),
        ("range x from 1 to 5 step 1 | where x !between (2 .. 4)", [(1,), (5,)]),
        ("print datetime(2026-01-02) between (datetime(2026-01-01) .. 1d)", [(True,)]),
        ("print datetime(2026-01-03) !between (datetime(2026-01-01) .. 1d)", [(True,)]),
        (
            "print datetime(2026-01-02) between (datetime(2026-01-01) .. datetime(2026-01-02))",
            [(True,)],
        ),
    ],
    "bin-function": [
        ("print bin(4.5, 1.0), bin(-7, 5), bin(7, 5)", [(4.0, -10, 5)]),
        ("print floor(4.5, 1.0)", [(4.0,)]),
        ("print bin(time(16d), 7d)", [(timedelta(days=14),)]),
        ("print bin(datetime(1970-05-11 13:45:07), 1d)", [(at(1970, 5, 11),)]),
        ("print bin(datetime(2026-01-08 12:34:56), 1h)", [(at(2026, 1, 8, 12),)]),
        # Weeks begin on Mondays, because 0001-01-01 is one.
        ("print bin(datetime(2026-01-07), 7d)", [(at(2026, 1, 5),)]),
        ("print bin(datetime(2026-01-08 12:34:56), 5h)", [(at(2026, 1, 8, 8),)]),
        (
            "print bin(datetime(2026-01-08 12:34:56.789), 100ms)",
            [(at(2026, 1, 8, 12, 34, 56, 700000),)],
        ),
        ("print bin(datetime(2026-01-08 12:34:56), 1d / 24)", [(at(2026, 1, 8, 12),)]),
        (
            "let size = 15m; print bin(datetime(2026-01-08 12:34:56), size)",
            [(at(2026, 1, 8, 12, 30),)],
        ),
        ("print bin(datetime(null), 1h)", [(None,)]),
    ],
    "bin-at-function": [
        ("print bin_at(6.5, 2.5, 7.0)", [(4.5,)]),
        ("print bin_at(time(1h), 1d, 12h)", [(timedelta(hours=-12),)]),
        (
            "print bin_at(datetime(2017-05-15 10:20:00.0), 1d, datetime(1970-01-01 12:00:00.0))",
            [(at(2017, 5, 14, 12),)],
        ),
        (
            "print bin_at(datetime(2017-05-17 10:20:00.0), 7d, datetime(2017-06-04 00:00:00.0))",
            [(at(2017, 5, 14),)],
        ),
    ],
    "datetime-timespan-arithmetic": [
        ("print datetime(2026-01-02) - datetime(2026-01-01)", [(timedelta(days=1),)]),
        ("print datetime(2026-01-01) + 90m", [(at(2026, 1, 1, 1, 30),)]),
        ("print 1d / 1h, 90m / 1h", [(24.0, 1.5)]),
        ("print 1d * 2, 2.5 * 1h", [(timedelta(days=2), timedelta(hours=2.5))]),
        (
            "print 1d / 4, 1h + 30m - 15m, -1h",
            [(timedelta(hours=6), timedelta(minutes=75), timedelta(hours=-1))],
        ),
        ("datatable(a: timespan, b: timespan) [1d, 6h] | project a / b, a > b", [(4.0, True)]),
        ("datatable(a: timespan, b: timespan) [1d, 0s] | project q = a / b", [(INF,)]),
        (
            "datatable(a: timespan) [time(-1.02:00:00)] | project a + 1h, -a",
            [(timedelta(hours=-25), timedelta(hours=26))],
        ),
        ("print (now() - ago(2h)) / 1h, now() - now()", [(2.0, timedelta(0))]),
        (
            "print now(), now(-1d), ago(1h)",
            [(NOW, at(2026, 1, 7, 12, 34, 56), at(2026, 1, 8, 11, 34, 56))],
        ),
    ],
    "scalar-data-types/datetime": [
        ("print datetime(2026-01-01 10:00:00.5)", [(at(2026, 1, 1, 10, 0, 0, 500_000),)]),
        ("print datetime(2026-01-01 10:00:00.123)", [(at(2026, 1, 1, 10, 0, 0, 123_000),)]),
        (
            "print datetime(2026-01-01T23:59:59.999999Z)",
            [(at(2026, 1, 1, 23, 59, 59, 999_999),)],
        ),
        ("print datetime(2026-01-01 10:00:00.1234560)", [(at(2026, 1, 1, 10, 0, 0, 123_456),)]),
        ("print datetime(2026-01-01T12:00:00+02:00)", [(at(2026, 1, 1, 10),)]),
        (
            "print datetime(9999-12-31 23:59:59.999999), datetime(0001-01-01), datetime(null)",
            [(at(9999, 12, 31, 23, 59, 59, 999_999), at(1, 1, 1), None)],
        ),
        # A time beyond these is null, as was measured on Microsoft's Kusto emulator.
        (
            "print datetime(9999-12-31) + 100000d, datetime(0001-01-01) - 1microsecond",
            [(None, None)],
        ),
        ("print now() - 3000000d, ago(3000000d), now(3000000d)", [(None, None, None)]),
        (
            "print datetime_add('year', 9000, now()), datetime_add('day', 1, now())",
            [(None, at(2026, 1, 9, 12, 34, 56))],
        ),
        (
            "print startofday(datetime(9999-12-31), 1), endofyear(datetime(9999-01-01), 1)",
            [(None, None)],
        ),
        ("print todatetime('10000-01-01')", [(None,)]),
        ("datatable(t: datetime) [datetime(9999-12-31)] | where t + 1d > t or t + 1d <= t", []),
        (
            "datatable(t: datetime) [datetime(9999-12-31)] | where t between (t .. 7d) | count",
            [(0,)],
        ),
    ],
    "datetime-diff-function": [
        (
            "print datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31)),"
            " datetime_diff('quarter', datetime(2017-07-01), datetime(2017-03-30)),"
            " datetime_diff('month', datetime(2017-01-01), datetime(2015-12-30))",
            [(17, 2, 13)],
        ),
        (
            "print datetime_diff('week', datetime(2017-10-29 00:00), datetime(2017-09-30 23:59)),"
            " datetime_diff('day', datetime(2017-10-29 00:00), datetime(2017-09-30 23:59)),"
            " datetime_diff('hour', datetime(2017-10-31 01:00), datetime(2017-10-30 23:59))",
            [(5, 29, 2)],
        ),
        (
            "print datetime_diff('minute', datetime(2017-10-30 23:05:01), datetime(2017-10-30 23:00:59)),"
            " datetime_diff('second', datetime(2017-10-30 23:00:10.100), datetime(2017-10-30 23:00:00.900)),"
            " datetime_diff('millisecond', datetime(2017-10-30 23:00:00.200100), datetime(2017-10-30 23:00:00.100900))",
            [(5, 10, 100)],
        ),
        # The page's own times have a digit that is not kept here.
        (
            "print datetime_diff('microsecond', datetime(2017-10-30 23:00:00.100900), datetime(2017-10-30 23:00:00.100800)),"
            " datetime_diff('nanosecond', datetime(2017-10-30 23:00:00), datetime(2017-10-30 23:00:00.000007))",
            [(100, -7000)],
        ),
        ("print datetime_diff('Week', datetime(2026-01-04), datetime(2026-01-03))", [(1,)]),
        ("print datetime_diff('week', datetime(2026-01-03), datetime(2026-01-04))", [(-1,)]),
        ("print datetime_diff('week', datetime(2026-01-10), datetime(2026-01-04))", [(0,)]),
        ("print datetime_diff('week', datetime(2024-02-29), datetime(2020-02-29))", [(209,)]),
        ("print datetime_diff('week', datetime(null), now())", [(None,)]),
    ],
    "make-datetime-function": [
        ("print make_datetime(2026, 2, 30), make_datetime(2026, 13, 1)", [(None, None)]),
        (
            "print make_datetime(2026, 1, 8, 24, 0), make_datetime(2026, 1, 8, 0, 0, 60)",
            [(None, None)],
        ),
        ("print make_datetime(2017, 10, 01, 12, 10)", [(at(2017, 10, 1, 12, 10),)]),
        (
            "print make_datetime(2017, 10, 01, 12, 11, 0.123456)",
            [(at(2017, 10, 1, 12, 11, 0, 123_456),)],
        ),
        (
            "datatable(d: int) [29, 28] | project make_datetime(2026, 2, d)",
            [(None,), (at(2026, 2, 28),)],
        ),
    ],
    "make-timespan-function": [
        ("print make_timespan(1, 60), make_timespan(24, 0)", [(None, None)]),
        ("print make_timespan(1, 2, 3)", [(timedelta(hours=1, minutes=2, seconds=3),)]),
        (
            "print make_timespan(1, 12, 30, 55)",
            [(timedelta(days=1, hours=12, minutes=30, seconds=55),)],
        ),
    ],
    "totimespan-function": [
        ("print totimespan('0.00:01:00') == time(1min)", [(True,)]),
        ("print totimespan('junk'), totimespan('')", [(None, None)]),
        ("print totimespan('-1.02:03:04.5')", [(-timedelta(1, 7384, 500_000),)]),
        (
            "datatable(s: string) ['1:30', 'x'] | project totimespan(s)",
            [(timedelta(hours=1.5),), (None,)],
        ),
    ],
    "datetime-functions": [
        ("print startofday(now()), startofday(now(), -1)", [(at(2026, 1, 8), at(2026, 1, 7))]),
        ("print startofweek(datetime(2026-01-08))", [(at(2026, 1, 4),)]),
        ("print startofmonth(now()), startofyear(now())", [(at(2026, 1, 1), at(2026, 1, 1))]),
        ("print endofday(now()) > now(), endofday(now()) < startofday(now(), 1)", [(True, True)]),
        ("print bin(endofweek(datetime(2026-01-08)), 1d)", [(at(2026, 1, 10),)]),
        (
            "print bin(endofmonth(datetime(2026-02-08)), 1d), bin(endofyear(now()), 1d)",
            [(at(2026, 2, 28), at(2026, 12, 31))],
        ),
        (
            "print dayofweek(datetime(2026-01-08)), dayofmonth(now()), dayofyear(now())",
            [(timedelta(days=4), 8, 8)],
        ),
        (
            "print hourofday(now()), getmonth(now()), monthofyear(now()), getyear(now())",
            [(12, 1, 1, 2026)],
        ),
        ("print week_of_year(datetime(2026-01-08))", [(2,)]),
        ("print datetime_diff('hour', datetime(2026-01-01 12:00), datetime(2026-01-01))", [(12,)]),
        (
            "print datetime_diff('day', datetime(2026-01-02 00:01), datetime(2026-01-01 23:59))",
            [(1,)],
        ),
        ("print datetime_add('month', 1, datetime(2026-01-31))", [(at(2026, 2, 28),)]),
        ("print datetime_part('minute', now())", [(34,)]),
        (
            "print make_datetime(2026, 1, 8, 12, 30, 0), make_timespan(1, 30)",
            [(at(2026, 1, 8, 12, 30), timedelta(hours=1.5))],
        ),
        ("print format_datetime(now(), 'yyyy-MM-dd HH:mm')", [("2026-01-08 12:34",)]),
        ("print strlen(format_datetime(datetime(null), 'yyyy'))", [(0,)]),
        (
            "print todatetime('2026-01-08T00:00:00Z'), todatetime('nonsense')",
            [(at(2026, 1, 8), None)],
        ),
        ("print totimespan('01:30:00'), totimespan('nonsense')", [(timedelta(hours=1.5), None)]),
    ],
    "string-functions": [
        ("print strcat('a', 1, true), strcat_delim('-', 'a', 'b')", [("a1True", "a-b")]),
        ("print strlen('häß'), tolower('ÄB'), toupper('äb')", [(3, "äb", "ÄB")]),
        ("print substring('abcdefg', 1, 2), substring('abc', 5)", [("bc", "")]),
        ("print indexof('abcdef', 'cd'), indexof('abc', 'z')", [(2, -1)]),
        (
            "print replace_string('aab', 'a', 'x'), replace_regex('a1b2', '[0-9]', '#')",
            [("xxb", "a#b#")],
        ),
        (
            "print reverse('abc'), trim(' +', '  x '), trim_start('a', 'aab'), trim_end('b', 'aab')",
            [("cba", "x", "ab", "aa")],
        ),
        (
            "print extract('x=([0-9.]+)', 1, 'hello x=45.6|wo'), extract('z', 0, 'abc')",
            [("45.6", "")],
        ),
        ("print countof('abcabcabc', 'abc')", [(3,)]),
        ("print tostring(split('a,b,c', ',')[1]), array_length(split('a_b', '_'))", [("b", 2)]),
        ("print strcat_array(dynamic(['a', 'b']), '->')", [("a->b",)]),
        # How a bool reads is on no page; duckdb-kql's authors measured `True` on Kusto's emulator.
        (
            "print tostring(5), tostring(true), tostring(1h), tostring(long(null))",
            [("5", "True", "01:00:00", "")],
        ),
        ("print isempty(tostring(dynamic({'a': 1}).b)), isnotempty('x')", [(True, True)]),
    ],
    "conversions": [
        ("print toint('5'), tolong(1.7), tolong('x'), todouble('2.5')", [(5, 1, None, 2.5)]),
        ("print toint(dynamic({'a': '7'}).a), toreal(dynamic({'a': 2}).a)", [(7, 2.0)]),
        ("print tobool('true'), tobool('0'), tobool('x')", [(True, False, None)]),
        ("print todouble(3) / 2", [(1.5,)]),
    ],
    "math-functions": [
        ("print abs(-3), sign(-2.0), pow(2, 3), sqrt(9)", [(3, -1.0, 8.0, 3.0)]),
        ("print exp(0), log(1), log10(100), log2(8)", [(1.0, 0.0, 2.0, 3.0)]),
        ("print round(2.15, 1), ceiling(1.2), round(2.5)", [(2.1, 2.0, 3.0)]),
        ("print max_of(1, 5, 3), min_of(1.5, 0.5), max_of(1, long(null))", [(5, 0.5, 1)]),
    ],
    "case-function": [
        (
            "range x from 1 to 3 step 1 | project case(x < 2, 'low', x < 3, 'mid', 'high')",
            [("low",), ("mid",), ("high",)],
        ),
        ("print iff(1 > 2, 'a', 'b'), iif(true, 1, 2)", [("b", 1)]),
        ("print not(true), -(3), +(3)", [(False, -3, 3)]),
        ("print true and false, true or false", [(False, True)]),
    ],
    "scalar-data-types/dynamic": [
        (
            "print d = dynamic({'a': {'b': [1, 2]}}) | project d.a.b[1], d['a']['b'][0], d.a.b[-1]",
            [(2, 1, 2)],
        ),
        (
            "print d = dynamic({'a b': 'x', 'limit': 5}) | project x = tostring(d['a b']), y = toint(d.limit)",
            [("x", 5)],
        ),
        ("print d = dynamic({'k1': 7}), n = 1 | project tolong(d[strcat('k', n)])", [(7,)]),
        ("print d = dynamic({'a\\'\"b': 3}) | project tolong(d['a\\'\"b'])", [(3,)]),
        (
            'print d = parse_json(\'{"a": [1, "x"]}\') | project tostring(d.a), tostring(d.a[1])',
            [('[1,"x"]', "x")],
        ),
        ("print todynamic('{\"a\": 1}').a == '1'", [(True,)]),
        ("print array_length(dynamic([1, 2])), array_length(todynamic('{}'))", [(2, None)]),
        (
            "print array_index_of(dynamic(['a', 'b']), 'b'), set_has_element(dynamic([1, 2]), 2)",
            [(1, True)],
        ),
        (
            "print array_concat(dynamic([1]), dynamic([2])), array_sort_asc(dynamic([3, 1]))",
            [([1, 2], [1, 3])],
        ),
        ("print array_sort_desc(dynamic([1, 3])), array_sum(dynamic([1, 2]))", [([3, 1], 3.0)]),
        (
            "print bag_pack('a', 1, 'b', 'x'), pack('a', 1), pack_array(1, 'x')",
            [({"a": 1, "b": "x"}, {"a": 1}, [1, "x"])],
        ),
        ("print d = dynamic({'s': 'Hello World'}) | where d.s has 'world' | count", [(1,)]),
    ],
    "parse-json-function": [
        # https://learn.microsoft.com/kusto/query/isnull-function
        (
            "print isnull(parse_json('')), isnull(parse_json('[]')), isnull(parse_json('{}'))",
            [(True, False, False)],
        ),
        ("print parse_json('[1,]'), parse_json('{\"a\": 1,}')", [("[1,]", '{"a": 1,}')]),
        ("print parse_json('NaN'), parse_json('[-Infinity]')", [("NaN", "[-Infinity]")]),
        (
            'print parse_json(\'{"a, ]": "NaN,}", "information": [1, 2]}\')',
            [({"a, ]": "NaN,}", "information": [1, 2]},)],
        ),
        ("""print parse_json(@'["a\\", ]"]')""", [(['a", ]'],)]),
        (
            "print d = parse_json('not json') | project tostring(d), isnull(d)",
            [("not json", False)],
        ),
        ("print tolong(todynamic('{\"a\": 7}').a)", [(7,)]),
    ],
    "join-operator": [
        # innerunique takes one left row of a key.
        (
            "datatable(k: string) ['a', 'a'] | join (datatable(k: string, w: long) ['a', 1, 'a', 2]) on k | count",
            [(2,)],
        ),
        (
            "datatable(k: string) ['a', 'a'] | join kind=innerunique (datatable(k: string) ['a']) on k | count",
            [(1,)],
        ),
        (
            "datatable(k: string) ['a', 'a'] | join kind=inner (datatable(k: string) ['a', 'a']) on k | count",
            [(4,)],
        ),
        (
            "datatable(k: string, v: long) ['a', 1, 'b', 2]"
            " | join kind=leftouter (datatable(k: string, s: string) ['a', 'x']) on k"
            " | project k, v, k1, s | sort by k asc",
            [("a", 1, "a", "x"), ("b", 2, "", "")],
        ),
        (
            "datatable(k: string) ['a'] | join kind=rightouter (datatable(k: string) ['b']) on k",
            [("", "b")],
        ),
        (
            "datatable(k: string) ['a'] | join kind=fullouter (datatable(k: string) ['b']) on k"
            " | where k == '' | project k1",
            [("b",)],
        ),
        (
            "datatable(k: string) ['a'] | join kind=fullouter (datatable(k: string) ['b']) on k"
            " | where isempty(k1) | project k",
            [("a",)],
        ),
        (f"{V} | join kind=leftsemi (datatable(k: string) ['b']) on k", [("b", 5.0)]),
        (f"{V} | join kind=leftanti (datatable(k: string) ['b']) on k | count", [(2,)]),
        (
            "datatable(k: string) ['a'] | join kind=rightsemi (datatable(k: string, w: long) ['a', 1]) on k",
            [("a", 1)],
        ),
        (
            "datatable(k: string) ['a'] | join kind=rightanti (datatable(k: string, w: long) ['b', 1]) on k",
            [("b", 1)],
        ),
        (
            "datatable(a: long) [1] | join kind=inner (datatable(b: long) [1]) on $left.a == $right.b",
            [(1, 1)],
        ),
        (
            "datatable(n: long) [long(null)] | join kind=inner (datatable(n: long) [long(null)]) on n | count",
            [(1,)],
        ),
        (
            "datatable(limit: long) [1] | where limit > 0"
            " | join kind=inner hint.strategy=broadcast (datatable(limit: long, w: long) [1, 2]) on limit"
            " | project limit = limit + w",
            [(3,)],
        ),
    ],
    "lookup-operator": [
        # A join on the right is another operator: its kind is not the lookup's.
        (
            "datatable(k: string) ['a', 'b'] | lookup (datatable(k: string) ['a']"
            " | join kind=inner (datatable(k: string, s: string) ['a', 'x']) on k | project k, s) on k"
            " | where s == ''",
            [("b", "")],
        ),
        (
            f"{V} | lookup (datatable(k: string, s: string) ['a', 'x']) on k | where s == ''",
            [("b", 5.0, "")],
        ),
        (
            f"{V} | lookup kind=inner (datatable(k: string, s: string) ['b', 'x']) on k",
            [("b", 5.0, "x")],
        ),
        (
            f"{V} | lookup kind=leftouter (datatable(k: string, w: real) ['b', 2.0]) on k | summarize sum(w)",
            [(2.0,)],
        ),
    ],
    "union-operator": [
        (
            "union (datatable(k: string) ['a'] | join kind=inner (datatable(k: string) ['a']) on k),"
            " (print k = 'b') | sort by k asc",
            [("a", "a"), ("b", "")],
        ),
        (f"union ({V}), ({V}) | count", [(6,)]),
        ("union (print a = 1, s = 'x'), (print a = 2) | where s == '' | project a, s", [(2, "")]),
        ("print a = 1 | union (print a = 2, s = 'x') | sort by a asc", [(1, ""), (2, "x")]),
    ],
    "mv-expand-operator": [
        (
            "print d = dynamic([1, 2]), k = 'x' | mv-expand d | project k, tolong(d)",
            [("x", 1), ("x", 2)],
        ),
        (
            "print d = dynamic(['a', 'b']) | mv-expand d to typeof(string) | where d == 'b'",
            [("b",)],
        ),
        (
            "print d = dynamic({'a': 1}) | mv-expand kind=array d | project tostring(d[0]), tolong(d[1])",
            [("a", 1)],
        ),
        (
            "print d = dynamic([5, 6]) | mv-expand with_itemindex=i d | project i, tolong(d)",
            [(0, 5), (1, 6)],
        ),
        ("print d = dynamic([1, 2, 3]) | mv-expand d limit 2 | count", [(2,)]),
        (
            "print d = dynamic([1, 2]) | mv-expand value = d to typeof(long) | summarize sum(value)",
            [(3,)],
        ),
        ("print d = dynamic({'a': 1}) | mv-expand bagexpansion=array d | count", [(1,)]),
    ],
    "parse-operator": [
        (
            "print s = 'id=5 name=x' | parse s with 'id=' id: long ' name=' name | project id, name",
            [(5, "x")],
        ),
        (
            "print s = 'zzz' | parse s with 'id=' id: long ' name=' name | project id, name",
            [(None, "")],
        ),
        (
            "datatable(s: string) ['id=5', 'zzz'] | parse-where s with 'id=' id: long | project id",
            [(5,)],
        ),
        ("print s = 'a: b: c' | parse kind=simple s with * ': ' rest | project rest", [("b: c",)]),
    ],
    "project-operator": [
        (f"{V} | project v, key = k | take 0", []),
        ("print a = 1, b = 2 | project-away a", [(2,)]),
        ("print a1 = 1, a2 = 2, b = 3 | project-away a*", [(3,)]),
        ("print a1 = 1, a2 = 2, b = 3 | project-keep a*", [(1, 2)]),
        ("print a = 1, b = 2 | project-reorder b", [(2, 1)]),
        ("print a = 1, b = 2 | project-rename c = a | project c, b", [(1, 2)]),
        ("print ['a b'] = 1 | extend ['limit'] = 2 | project x = ['a b'] + ['limit']", [(3,)]),
    ],
    "extend-operator": [
        ("print a = 1, b = 2 | extend a = a + b, c = a", [(3, 2, 1)]),
        (
            "print a = 1 | extend limit = a + 1 | extend ['title'] = limit + 1 | project limit + ['title']",
            [(5,)],
        ),
    ],
    "distinct-operator": [
        (
            "print n = 1 | distinct m = toscalar(datatable(a: long, b: long) [1, 2] | summarize arg_max(a, *) | project b)",
            [(2,)],
        ),
        (f"{V} | distinct k | sort by k asc", [("a",), ("b",)]),
        ("datatable(a: long, b: long) [1, 2, 1, 2] | distinct *", [(1, 2)]),
        ("datatable(s: string) ['x', 'X'] | distinct upper = toupper(s)", [("X",)]),
    ],
    "count-operator": [
        (f"{V} | where k == 'a' | count", [(2,)]),
        (f"{EMPTY} | count", [(0,)]),
    ],
    "let-statement": [
        (
            f"let limit_ = 2.0; let above = (x: real) {{ x > limit_ }}; {V} | where above(v) | count",
            [(2,)],
        ),
        (f"let T = {V}; let m = toscalar(T | summarize max(v)); T | where v == m", [("b", 5.0)]),
        (f"let T = materialize({V}); T | summarize sum(v)", [(9.0,)]),
        (f"let T = {V}; T | where v > toscalar(T | summarize avg(v))", [("b", 5.0)]),
        (
            f"let x = 'a'; {V} | where k == x | render timechart with (title = 'x')",
            [("a", 1.0), ("a", 3.0)],
        ),
    ],
    "range-operator": [
        ("range t from ago(1h) to now() step 30m | count", [(3,)]),
        ("let n = toscalar(print 3); range x from n to 1 step -1", [(3,), (2,), (1,)]),
        ("range x from 1 to 5 step 2", [(1,), (3,), (5,)]),
        ("range t from datetime(2026-01-01) to datetime(2026-01-02) step 12h | count", [(3,)]),
    ],
    "print-operator": [
        ("print 1, x = 2", [(1, 2)]),
        (
            "print guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
            [("74be27de-1e4e-49d9-b579-fe0b331d3642",)],
        ),
        (
            "print int(3), 2.5, false, time(1.02:03:04)",
            [(3, 2.5, False, timedelta(days=1, hours=2, minutes=3, seconds=4))],
        ),
    ],
}
