"""Opens a Delta table or a folder of Parquet files and pins which files are read."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from monitoring.sources.errors import SourceError
from monitoring.sources.storage import ARROW_ERRORS, Storage

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from deltalake import DeltaTable

DATE: Final = "date"
_NULL_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One Parquet file and the columns that its place gives instead of its content."""

    path: str
    """Relative to the table's root."""
    partitions: Mapping[str, str | None]
    day: date | None
    """Value of the partition `date`; None if there is none, or it is no day."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """The files of one version; what is written later is not seen."""

    storage: Storage
    version: int | None
    """Version of the Delta table; None for a folder of Parquet files."""
    files: tuple[StoredFile, ...]
    schema: pa.Schema | None
    """Columns of the Delta table; None for a folder, where each file has its own."""
    partition_columns: frozenset[str]
    pinned: int | str
    """Version of the Delta table, or a digest of names, sizes and times of the folder's files."""

    @property
    def uri(self) -> str:
        """The address as the user wrote it."""
        return self.storage.uri

    @property
    def dated(self) -> bool:
        """Whether files are partitioned by date."""
        return DATE in self.partition_columns


def open_table(
    uri: str,
    *,
    version: int | None = None,
    may_be_empty: bool = False,
    storage_options: Mapping[str, str] | None = None,
    credential: "TokenCredential | None" = None,
) -> StoredTable:
    """Open a Delta table, or else a folder of Parquet files, partitioned as Hive does or not.

    Args:
        uri: A local folder or `abfss://<container>@<account>.dfs.core.windows.net/<path>`.
        version: Version of the Delta table, such as the one a killed run was on; the newest
            unless given. It stays the same for all that is read from the result.
        may_be_empty: Whether a Delta table without a row is a table like any other.
        storage_options: Options of delta-rs for Azure, such as an account key.
        credential: Who fetches tokens, which are renewed before they run out; without options,
            azure-identity's default chain.

    Raises:
        SourceError: there is no table, it is a file or empty, storage does not answer or refuses
            the credentials, or the table uses a feature of Delta that cannot be read.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    storage = Storage(uri, storage_options, credential)
    if not storage.remote and Path(storage.root).is_file():
        raise SourceError("the address is a file", uri, "give the folder that holds it")
    try:
        if DeltaTable.is_deltatable(storage.root, storage.options()):
            return _delta(storage, version, may_be_empty=may_be_empty)
        stamps = sorted([*_stamps(storage), *_broken_links(storage)])
    except (DeltaError, *ARROW_ERRORS) as error:
        raise storage.failure(error) from error
    if version is not None:
        raise SourceError(
            f"version {version} was asked for, and this is no Delta table",
            uri,
            "leave the version away, or give the table's own folder",
        )
    if not stamps:
        raise SourceError(
            "there is no Delta table and no Parquet file",
            uri,
            "check the address: it must hold `_delta_log` or files that end in .parquet",
        )
    files = tuple(_parquet_file(path) for path, _, _ in stamps)
    columns = frozenset().union(*(f.partitions for f in files))
    digest = hashlib.sha256(json.dumps(stamps).encode()).hexdigest()
    return StoredTable(storage, None, files, None, columns, digest)


def _delta(storage: Storage, version: int | None, *, may_be_empty: bool) -> StoredTable:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(storage.root, version=version, storage_options=storage.options())
    except DeltaError as error:
        if version is None:
            raise
        raise SourceError(
            f"version {version} of the Delta table cannot be opened ({_line(error)})",
            storage.uri,
            "its log may have been cleaned up; read the newest version, a drift run into another "
            "results folder",
        ) from error
    _require_readable(table, storage.uri)
    columns = frozenset(table.metadata().partition_columns)
    added = pa.table(table.get_add_actions(flatten=True))
    if not added.num_rows and not may_be_empty:
        raise SourceError(
            "the Delta table is empty", storage.uri, "load it, or give the address of another"
        )
    paths = [unquote(str(path)) for path in added["path"].to_pylist()]
    values = {c: added[f"partition.{c}"].to_pylist() for c in columns if paths}
    files = (_file(path, {c: values[c][row] for c in columns}) for row, path in enumerate(paths))
    schema = pa.schema(table.schema().to_arrow())  # type: ignore[arg-type]
    version = table.version()
    return StoredTable(storage, version, tuple(files), schema, columns, version)


def _require_readable(table: "DeltaTable", uri: str) -> None:
    features = set(table.protocol().reader_features or ())
    if "columnMapping" in features or table.metadata().configuration.get(
        "delta.columnMapping.mode", "none"
    ) not in ("none", ""):
        raise SourceError(
            "the Delta table maps column names, which is not supported",
            uri,
            "write it without `delta.columnMapping.mode`",
        )
    if "deletionVectors" in features and pa.table(table.deletion_vectors()).num_rows:
        raise SourceError(
            "the Delta table has deletion vectors, which are not supported",
            uri,
            "run `REORG TABLE ... APPLY (PURGE)` and set `delta.enableDeletionVectors` to false",
        )


_Stamp = tuple[str, int | None, int | None]
"""Path, size and time of a file."""


def _stamps(storage: Storage) -> Iterator[_Stamp]:
    selector = fs.FileSelector("", recursive=True, allow_not_found=True)
    for info in storage.filesystem().get_file_info(selector):
        if info.type is fs.FileType.File and _is_data(info.path):
            yield info.path, info.size, info.mtime_ns


def _broken_links(storage: Storage) -> Iterator[_Stamp]:
    """Yield local links to nothing, which Arrow lists as if they were not there."""
    if storage.remote:
        return
    root = Path(storage.root)
    for path in root.rglob("*.parquet"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() and not path.exists() and _is_data(name):
            yield name, None, None


def _is_data(path: str) -> bool:
    hidden = any(part.startswith(("_", ".")) for part in path.split("/"))
    return path.endswith(".parquet") and not hidden


def _parquet_file(path: str) -> StoredFile:
    """Take the columns that a file's folders give."""
    pairs = (part.partition("=") for part in path.split("/")[:-1] if "=" in part)
    return _file(path, {key: _partition(value) for key, _, value in pairs})


def _partition(text: str) -> str | None:
    return None if text == _NULL_PARTITION else unquote(text)


def _file(path: str, partitions: Mapping[str, object]) -> StoredFile:
    texts = {column: None if v is None else str(v) for column, v in partitions.items()}
    return StoredFile(path, texts, _day(partitions.get(DATE)))


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _line(error: Exception) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()[0][:300]
