"""Parquet files of a pinned version as Spark's rows, with the place of each row.

Spark gives rows no order, so each row comes with its file and its number in it: with them a
circuit's rows are put into the order in which they were stored, the same that the local engine
reads them in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa

from monitoring.engine.spark.pieces import FILE, PIECES, ROW, Source, packing
from monitoring.engine.task import EngineError
from monitoring.sources.finding import FleetFiles
from monitoring.sources.footers import Footer
from monitoring.sources.tables import StoredFile, StoredTable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_NAMES: Final = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "int",
    "uint32": "bigint",
    "uint64": "decimal(20,0)",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "string_view": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}
"""Spark's types by Arrow's, as Parquet's are read by both."""

_OPTIONS: Final = {"parquet.page.verify-checksum.enabled": "true"}
"""As the local engine reads."""


def pieces(
    session: "SparkSession",
    files: FleetFiles,
    number: int,
    left_out: frozenset[str],
) -> "DataFrame | None":
    """Return the rows of the wanted circuits as pieces; None if there is no file to read.

    Args:
        session: a prepared one.
        files: what is read.
        number: of the source.
        left_out: paths of files that turned out unreadable.
    """
    footers = [f for f in files.footers if f.groups and f.file.path not in left_out]
    frames = []
    for columns, members in _alike(footers, files):
        paths = [_pattern(_address(files.table, footer.file)) for footer in members]
        schema = ", ".join(f"`{name}` {kind}" for name, kind, _ in columns)
        read = session.read.schema(schema).options(**_OPTIONS).parquet(*paths)
        places = _places(session, read, files)
        frame = read.select(*_selected(columns))
        source = Source(
            number,
            files.layout,
            files.window,
            [footer.file for footer in files.footers],
            places,
            frozenset(files.features),
        )
        frames.append(frame.mapInArrow(packing(source), PIECES))
    if not frames:
        return None
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionAll(frame)
    return whole


_Columns = tuple[tuple[str, str, bool], ...]
"""Name, type of Spark, and whether it is an instant in nanoseconds, read as a mere count."""


def _alike(footers: Iterable[Footer], files: FleetFiles) -> Iterator[tuple[_Columns, list[Footer]]]:
    """Group files whose columns have the same types: Spark reads others in one go wrongly."""
    typed = [(_columns(footer, files), footer) for footer in footers]
    typed.sort(key=lambda pair: pair[0])
    for columns, members in groupby(typed, key=lambda pair: pair[0]):
        yield columns, [footer for _, footer in members]


def _columns(footer: Footer, files: FleetFiles) -> _Columns:
    stored = footer.metadata.schema
    physical = {stored.column(n).path: stored.column(n).physical_type for n in range(len(stored))}
    schema = stored.to_arrow_schema()
    columns = []
    for name in files.layout.wanted:
        if name not in footer.columns:
            continue
        kind = schema.field(name).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_null(kind):
            continue  # nothing but nulls, as a column that is not there
        if pa.types.is_timestamp(kind):
            counted = kind.unit == "ns" and physical[name] != "INT96"
            plain = "timestamp" if kind.tz or physical[name] == "INT96" else "timestamp_ntz"
            columns.append((name, "bigint" if counted else plain, counted))
        elif pa.types.is_decimal(kind):
            columns.append((name, f"decimal({kind.precision},{kind.scale})", False))
        elif str(kind) in _NAMES:
            columns.append((name, _NAMES[str(kind)], False))
        else:
            raise EngineError(
                f"Spark cannot read the column `{name}` of type {kind} @ {files.table.uri}, file "
                f"{footer.file.path}; use the local engine, or write it as double"
            )
    return tuple(columns)


def _selected(columns: _Columns) -> "Iterator[Column]":
    from pyspark.sql import functions

    for name, _, counted in columns:
        quoted = f"`{name}`"
        if counted:
            yield functions.expr(f"timestamp_micros({quoted} div 1000)").alias(name)
        else:
            yield functions.col(quoted)
    yield functions.xxhash64("_metadata.file_path").alias(FILE)
    yield functions.col("_metadata.row_index").alias(ROW)


def _places(session: "SparkSession", read: "DataFrame", files: FleetFiles) -> Mapping[int, int]:
    """Tell the position of each file by the hash of its path in the rows.

    Whether Spark escapes that path, and how many slashes it writes after `file:`, depends on its
    version; every way is expected.
    """
    from pyspark.sql import functions

    position = {
        _bare(_address(files.table, footer.file)): n for n, footer in enumerate(files.footers)
    }
    found: dict[str, int] = {}
    for address in read.inputFiles():
        for spelt in (address, unquote(address)):
            place = position.get(_bare(unquote(address)))
            if place is None:
                raise EngineError(f"Spark reads {address}, which was not asked for")
            found[spelt] = found["file:" + _bare(spelt)] = place
    texts = list(found)
    hashes = functions.array(*[functions.xxhash64(functions.lit(text)) for text in texts])
    row = session.sql("select 1").select(hashes.alias("hashes")).first()
    return dict(zip(row["hashes"], found.values(), strict=True))


def _address(table: StoredTable, file: StoredFile) -> str:
    root = table.storage.root.rstrip("/")
    return f"{root}/{file.path}" if table.storage.remote else f"file://{root}/{file.path}"


def _pattern(address: str) -> str:
    """Write an address so that Spark, which takes it for a pattern, finds just that file.

    Source: https://hadoop.apache.org/docs/r3.3.6/api/org/apache/hadoop/fs/FileSystem.html#globStatus-org.apache.hadoop.fs.Path-
    """
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", address)


def _bare(address: str) -> str:
    """Take the scheme away from a local path."""
    return "/" + address[5:].lstrip("/") if address.startswith("file:") else address


def file_in(message: str, table: StoredTable, files: Sequence[StoredFile]) -> StoredFile | None:
    """Find the file that a message of Spark is about, which has it escaped, or as it was asked."""
    texts = (message, unquote(message))

    def is_named(file: StoredFile) -> bool:
        path = _bare(_address(table, file))
        return any(spelt in text for spelt in (path, _pattern(path)) for text in texts)

    return max(filter(is_named, files), key=lambda f: len(f.path), default=None)
