"""Queries: their headers, and the `let` statements that bring limits into them.

A source under `kql/` is pure KQL. Its header says what it uses; rendering prepends those as `let`
statements, so that what is deployed is one text with every limit in it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from generator.azure import CLASSIC_TABLES
from generator.escape import kql_datetime, kql_real, kql_string, kql_timespan
from generator.fleet import CIRCUIT_LIMITS, FLEET_LIMITS, Circuit, Fleet

HEADER_KEYS = ("Purpose", "Tables", "Uses", "Columns")


class QueryError(ValueError):
    """A query file whose header cannot be understood; carries the line, 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Query:
    """A query and what its header says of it."""

    title: str
    header: dict[str, str]
    uses: tuple[str, ...]
    """Names of rendered tables, such as `silences` or `limits(mae)`."""
    text: str
    """The whole file, with its header."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the result, as the header promises them."""
        return tuple(name.strip() for name in self.header["Columns"].split(","))


def parse_query(text: str) -> Query:
    """Read a query file's header.

    Raises:
        QueryError: a key is missing, unknown, or `Uses` names something that is not rendered.
    """
    title, header, lines = _header(text)
    for key in HEADER_KEYS:
        if key not in header:
            raise QueryError(f"the header has no `{key}:`", 1)
    names = [n.strip() for n in header["Uses"].split(",")]
    uses = () if names == ["none"] else tuple(names)
    for name in uses:
        if name not in _TABLES and not _limit_of(name):
            known = ", ".join([*_TABLES, "limits(NAME)", "limit(NAME)", "none"])
            raise QueryError(f"`Uses:` names `{name}`; known are {known}", lines["Uses"])
    return Query(title, header, uses, text)


def _header(text: str) -> tuple[str, dict[str, str], dict[str, int]]:
    title, key = "", ""
    header: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("//"):
            break
        content = line[2:]
        match = re.fullmatch(r" ([A-Z][a-z]+): (.*)", content)
        if not title and not match:
            title = content.strip()
        elif match:
            key = match[1]
            if key not in HEADER_KEYS or key in header:
                raise QueryError(f"the header's key `{key}` is unknown or stands twice", number)
            header[key], lines[key] = match[2].strip(), number
        elif key and content.startswith("   ") and header[key]:
            header[key] += " " + content.strip()
        elif len(header) < len(HEADER_KEYS):  # behind the last key come notes
            raise QueryError("the header has a line that belongs to no key", number)
    return title, header, lines


def render_query(query: Query, fleet: Fleet, circuits: Sequence[Circuit], notice: str) -> str:
    """Write a query with a notice above it and the tables it uses behind its header."""
    header = "".join(f"{line}\n" for line in header_lines(query.text))
    return notice + header + preamble(query.uses, fleet, circuits) + query_body(query)


def render_saved_query(file: str, query: Query, fleet: Fleet) -> str:
    """Write a query of kql/queries as it is saved in the workspace."""
    notice = f"// Generated from kql/queries/{file}. Do not edit: run `make render`.\n"
    return render_query(query, fleet, fleet.circuits, notice)


def preamble(uses: Iterable[str], fleet: Fleet, circuits: Sequence[Circuit]) -> str:
    """Write the `let` statements of what queries use, for some of the fleet's circuits."""
    return "".join(_let(name, fleet, circuits) for name in uses)


def query_body(query: Query) -> str:
    """The query without its header."""
    lines = query.text.splitlines(keepends=True)
    return "".join(lines[len(header_lines(query.text)) :])


def header_lines(text: str) -> list[str]:
    """The comments a query file begins with, without line breaks."""
    block = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        block.append(line)
    return block


def tables_read(text: str) -> tuple[str, ...]:
    """Names of the tables that the header of a query, rendered or not, says it reads."""
    header = "\n".join(header_lines(text))
    found = re.search(r"^// Tables: (.*(?:\n//   .*)*)", header, re.MULTILINE)
    if found is None:
        return ()
    without_columns = re.sub(r"\([^)]*\)", "", found[1].replace("\n//", " "))
    return tuple(name.strip() for name in without_columns.split(","))


_LIMIT = re.compile(r"(limits?)\((\w+)\)")


def _limit_of(name: str) -> tuple[str, str] | None:
    match = _LIMIT.fullmatch(name)
    if match is None:
        return None
    known = CIRCUIT_LIMITS if match[1] == "limits" else (*CIRCUIT_LIMITS, *FLEET_LIMITS)
    return (match[1], match[2]) if match[2] in known else None


def _let(name: str, fleet: Fleet, circuits: Sequence[Circuit]) -> str:
    limit = _limit_of(name)
    if limit is None:
        return _TABLES[name](fleet, circuits)
    default = fleet.limits[limit[1]].value
    scalar = f"let {limit[1]}_limit = {kql_real(default)};\n"
    if limit[0] == "limit":
        return scalar
    rows = (
        f"{kql_string(c.plant_id)}, {kql_string(c.circuit_id)}, "
        f"{kql_real(c.limits[limit[1]].value)}"
        for c in circuits
        if c.limits[limit[1]].value != default
    )
    columns = f"plant_id: string, circuit_id: string, {limit[1]}_override: real"
    return scalar + _datatable(f"{limit[1]}_overrides", columns, rows)


def _datatable(name: str, columns: str, rows: Iterator[str]) -> str:
    body = "".join(f"    {row},\n" for row in rows)
    return f"let {name} = datatable({columns}) [" + (f"\n{body}" if body else "") + "];\n"


def _dynamic(name: str, values: Sequence[str]) -> str:
    items = ", ".join(kql_string(v) for v in values)
    return f"let {name} = dynamic([{items}]);\n"


def _plants(_: Fleet, circuits: Sequence[Circuit]) -> str:
    return _dynamic("plants", sorted({c.plant_id for c in circuits}))


def _fleet(_: Fleet, circuits: Sequence[Circuit]) -> str:
    rows = (
        f"{kql_string(c.plant_id)}, {kql_string(c.circuit_id)}, {kql_timespan(c.expected_every)}"
        for c in circuits
    )
    columns = "plant_id: string, circuit_id: string, expected_every: timespan"
    return _datatable("fleet", columns, rows)


def _fleet_size(_: Fleet, circuits: Sequence[Circuit]) -> str:
    return f"let fleet_size = {len(circuits)};\n"


def _silences(_: Fleet, circuits: Sequence[Circuit]) -> str:
    rows = (
        f"{kql_string(c.plant_id)}, {kql_string(c.circuit_id)}, "
        f"{kql_datetime(s.starts)}, {kql_datetime(s.ends)}"
        for c in circuits
        for s in c.silences
    )
    columns = "plant_id: string, circuit_id: string, starts: datetime, ends: datetime"
    return _datatable("silences", columns, rows)


def _features(_: Fleet, circuits: Sequence[Circuit]) -> str:
    names = dict.fromkeys(f for c in circuits for f in c.features)
    return _dynamic("features", list(names))


def _batch_endpoints(_: Fleet, circuits: Sequence[Circuit]) -> str:
    return _dynamic("batch_endpoints", sorted({c.batch_endpoint for c in circuits}))


_TABLES: dict[str, Callable[[Fleet, Sequence[Circuit]], str]] = {
    "plants": _plants,
    "fleet": _fleet,
    "fleet_size": _fleet_size,
    "silences": _silences,
    "features": _features,
    "batch_endpoints": _batch_endpoints,
}

_TOKEN = re.compile(
    r"""
    (?P<skip>//[^\n]*|\s+)
  | (?P<string>[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'
      |[hH]?"(?:\\.|[^"\\])*"|[hH]?'(?:\\.|[^'\\])*'|```.*?```|~~~.*?~~~)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

# Names after which an opening parenthesis begins a table expression, not a function's arguments.
_TABLE_CONTEXTS = {"in", "join", "lookup", "materialize", "toscalar", "union", "as", "on"}


def tokens(text: str) -> list[str]:
    """Split KQL into names, strings and single characters; comments and white space fall away."""
    return [m[0] for m in _TOKEN.finditer(text) if m.lastgroup != "skip"]


def classic_tables(text: str) -> list[str]:
    """Find names of the classic component scope where a table is expected."""
    words = tokens(text)
    found = []
    for index, word in enumerate(words):
        if word in CLASSIC_TABLES and _is_table(words, index):
            found.append(word)
    return list(dict.fromkeys(found))


def uses_table(text: str, table: str) -> bool:
    """Tell whether a query reads a table of this name."""
    words = tokens(text)
    return any(word == table and _is_table(words, i) for i, word in enumerate(words))


def _is_table(words: Sequence[str], index: int) -> bool:
    """Tell a table from a column: by what stands before it and after it."""
    following = words[index + 1] if index + 1 < len(words) else ";"
    if following not in {"|", ";", ")", ","}:
        return False
    before = words[index - 1] if index else ";"
    if before == "(":
        opener = words[index - 2] if index > 1 else ""
        of_join = index > 3 and words[index - 4 : index - 2] == ["kind", "="]
        return of_join or opener in _TABLE_CONTEXTS or not re.fullmatch(r"[A-Za-z_]\w*", opener)
    if before == "=":
        return index > 2 and words[index - 3] == "let"
    if before == ",":
        return "union" in words[:index]
    return before in {";", "union", "join", "lookup"}


def unsupported_operators(text: str, *, every_minute: bool = False) -> list[str]:
    """Find what Azure refuses in alert rules, in the words of the query.

    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query and
    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
    """
    words = tokens(text)
    refused = _REFUSED_PLUGINS | ({"ingestion_time", "adx"} if every_minute else set())
    found = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ";"
        following = words[index + 1] if index + 1 < len(words) else ""
        starts = before in {";", "|", "("} and following != "="
        if starts and word in ({"search", "take", "limit"} if every_minute else {"search"}):
            found.append(word)
        elif starts and word == "union" and not _is_cross_resource(words[index:]):
            found.append("union")
        elif word == "AggregatedValue" or (word in refused and following == "("):
            found.append(word)
        elif (
            word == "ago"
            and following == "("
            and not "".join(words[index + 2 : index + 3]).isdigit()
        ):
            found.append("ago() of anything but a literal")
    return list(dict.fromkeys(found))


_REFUSED_PLUGINS = {"bag_unpack", "pivot", "narrow"}


def _is_cross_resource(words: Sequence[str]) -> bool:
    """Tell a union over other workspaces or components, which is the only one allowed."""
    end = next((i for i, word in enumerate(words) if word in {"|", ";"}), len(words))
    return any(word in {"workspace", "app", "resource"} for word in words[1:end])
