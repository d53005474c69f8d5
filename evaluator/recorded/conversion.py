"""From cells of files to cells of a table, as SQL.

Formats of text are those of Log Analytics: ISO 8601, `true`, `1.5`, `d.hh:mm:ss`, JSON.
"""

import re
from dataclasses import dataclass
from typing import Final

from evaluator.tables import ColumnType

_INTEGERS: Final = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
)
_SQL_TYPES: Final[dict[ColumnType, str]] = {
    "decimal": "DECIMAL(38, 9)",
    "guid": "UUID",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
}
_DATE_AND_TIME: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"
_ZONE: Final = r"(Z|[+-]\d\d(:?\d\d)?)"
_PORTAL_FORMATS: Final = "['%m/%d/%Y, %I:%M:%S.%g %p', '%m/%d/%Y, %I:%M:%S %p']"
"""How the Azure portal writes times in US English (inferred; no page says so)."""

EXPECTED: Final[dict[ColumnType, str]] = {
    "bool": "true or false",
    "datetime": "a time such as 2026-01-05T02:00:00Z",
    "decimal": "a decimal number",
    "dynamic": "JSON",
    "guid": "a GUID",
    "int": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "real": "a number",
    "string": "text",
    "timespan": "a duration such as 1.02:03:04",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the cells of a column are converted."""

    value: str
    """SQL of the cell in its column's type; null where there is none and where it is wrong."""
    text: str
    """SQL of the cell as the file has it; null where there is none."""

    @property
    def is_wrong(self) -> str:
        """SQL that tells cells that are there and cannot be converted."""
        return f"({self.text} IS NOT NULL AND {self.value} IS NULL)"


def convert(kind: ColumnType, cell: str, source_type: str, *, is_utc: bool) -> Conversion | None:
    """Convert a cell; None if cells of that type are never of the column's type.

    Args:
        kind: type of the table's column.
        cell: SQL of the cell.
        source_type: type of the cell in DuckDB.
        is_utc: whether times without a zone are in UTC.
    """
    if source_type == "VARCHAR":
        return _from_text(kind, cell, is_utc=is_utc)
    if kind == "dynamic":
        return _dynamic(cell, source_type)
    if source_type == "JSON":
        text = f"CASE WHEN json_type({cell}) = 'VARCHAR' THEN {cell} ->> '$' END"
        return Conversion(text, f"nullif({cell}, 'null')")
    return _from_typed(kind, cell, source_type, is_utc=is_utc)


def states_no_zone(value: str) -> bool:
    """Tell whether a text is a time that only lacks its zone."""
    return re.fullmatch(_DATE_AND_TIME, value) is not None


def _from_text(kind: ColumnType, cell: str, *, is_utc: bool) -> Conversion:
    if kind == "string":
        return Conversion(cell, cell)
    text = f"nullif({cell}, '')"
    if kind == "datetime":
        return Conversion(_time(text, is_utc=is_utc), text)
    if kind == "bool":
        return Conversion(
            f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END", text
        )
    if kind == "dynamic":
        return Conversion(f"CASE WHEN json_valid({text}) THEN CAST({text} AS JSON) END", text)
    if kind == "timespan":
        return Conversion(_timespan(text), text)
    value = f"TRY_CAST({text} AS {_SQL_TYPES[kind]})"
    if kind == "real":  # DuckDB makes an infinity of what is too large
        infinite = f"isinf({value}) AND NOT regexp_full_match({text}, '[+-]?inf(inity)?', 'i')"
        value = f"CASE WHEN {infinite} THEN NULL ELSE {value} END"
    if kind in ("int", "long"):  # DuckDB rounds
        value = f"CASE WHEN regexp_full_match({text}, '[+-]?\\d+(\\.0*)?') THEN {value} END"
    return Conversion(value, text)


def _time(text: str, *, is_utc: bool) -> str:
    zoned = f"regexp_full_match({text}, '{_DATE_AND_TIME} ?{_ZONE}')"
    moment = f"timezone('UTC', TRY_CAST(replace({text}, ' +', '+') AS TIMESTAMPTZ))"
    if not is_utc:
        return f"CASE WHEN {zoned} THEN {moment} END"
    unzoned = f"regexp_full_match({text}, '{_DATE_AND_TIME}')"
    return (
        f"CASE WHEN {zoned} THEN {moment} WHEN {unzoned} THEN TRY_CAST({text} AS TIMESTAMP) "
        f"WHEN {text} LIKE '%M' THEN try_strptime({text}, {_PORTAL_FORMATS}) END"
    )


def _timespan(text: str) -> str:
    """Read `d.hh:mm:ss.fffffff`, where a sign holds for the whole."""
    days = f"regexp_replace({text}, '^-(\\d+)\\.', '-\\1 days -')"
    days = f"regexp_replace({days}, '^(\\d+)\\.', '\\1 days ')"
    shape = r"-?(\d+\.)?\d\d:\d\d:\d\d(\.\d+)?"
    return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN TRY_CAST({days} AS INTERVAL) END"


def _dynamic(cell: str, source_type: str) -> Conversion | None:
    if source_type == "JSON":
        # A text with an object or list in it is one: Azure's query API writes dynamic cells so,
        # and `az monitor log-analytics query` writes null as None.
        inner = f"({cell} ->> '$')"
        nested = f"json_type({cell}) = 'VARCHAR' AND {inner}[1] IN ('{{', '[')"
        value = (
            f"CASE WHEN {cell} IN ('null', '\"None\"') THEN NULL "
            f"WHEN {nested} AND json_valid({inner}) THEN CAST({inner} AS JSON) ELSE {cell} END"
        )
        return Conversion(value, f"CASE WHEN {cell} NOT IN ('null', '\"None\"') THEN {cell} END")
    if source_type.endswith("]") or source_type.startswith(("STRUCT(", "MAP(")):
        return Conversion(f"to_json({cell})", f"CAST({cell} AS VARCHAR)")
    return None


def _from_typed(
    kind: ColumnType, cell: str, source_type: str, *, is_utc: bool
) -> Conversion | None:
    """Convert a cell of Parquet that is no text."""
    text = f"CAST({cell} AS VARCHAR)"
    is_number = source_type in _INTEGERS or source_type in ("DOUBLE", "FLOAT")
    is_number = is_number or source_type.startswith("DECIMAL(")
    if kind == "datetime":
        if source_type == "TIMESTAMP WITH TIME ZONE":
            return Conversion(f"timezone('UTC', {cell})", text)
        if source_type.startswith("TIMESTAMP"):
            value = f"CAST({cell} AS TIMESTAMP)" if is_utc else "CAST(NULL AS TIMESTAMP)"
            return Conversion(value, text)
        return None
    if kind in ("int", "long") and is_number:
        whole = f"{cell} % 1 = 0" if source_type not in _INTEGERS else "true"
        return Conversion(
            f"CASE WHEN {whole} THEN TRY_CAST({cell} AS {_SQL_TYPES[kind]}) END", text
        )
    if kind in ("real", "decimal") and is_number:
        return Conversion(f"TRY_CAST({cell} AS {_SQL_TYPES[kind]})", text)
    same = {"bool": "BOOLEAN", "guid": "UUID", "timespan": "INTERVAL"}
    if same.get(kind) == source_type or (kind, source_type) == ("string", "UUID"):
        return Conversion(text if kind == "string" else cell, text)
    return None
