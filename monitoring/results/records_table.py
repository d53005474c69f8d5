"""The Delta table that keeps the records of every run; a rerun of a day replaces its own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow.fs import FileSelector

from generator.diagnostics import printable
from monitoring.record_tables import RecordKind
from monitoring.results.folder import key_of
from monitoring.sources.errors import SourceError
from monitoring.sources.storage import Storage

if TYPE_CHECKING:
    from deltalake import DeltaTable


def merge_records(
    uri: str,
    kind: RecordKind,
    run_date: date,
    records: Sequence[Mapping[str, Any]],
    *,
    storage_options: Mapping[str, str] | None = None,
) -> None:
    """Put the records of a day in place of those that the table has of it.

    Args:
        uri: a local folder or an `abfss://` address; made if there is no table.
        kind: what records they are.
        run_date: day that all the records are of.
        records: of one run, with days and times as text.
        storage_options: as of `open_table`.

    Raises:
        SourceError: the table is none of such records, what is there is no table, or storage does
            not answer or refuses.
    """
    from deltalake import DeltaTable, write_deltalake
    from deltalake.exceptions import DeltaError

    storage = Storage(uri, storage_options)
    found = kind.table(records)
    try:
        options = storage.options()
        if not DeltaTable.is_deltatable(storage.root, options):
            _require_empty(storage)
            write_deltalake(storage.root, found, partition_by=["run_date"], storage_options=options)
            return
        stored = DeltaTable(storage.root, storage_options=options)
        _require_records(stored, kind, uri)
        same = " AND ".join(f"target.{name} = source.{name}" for name in kind.key)
        of_day = f"target.run_date = DATE '{run_date.isoformat()}'"
        keys = sorted({key_of(record) for record in records})
        known = ", ".join("'" + key.replace("'", "''") + "'" for key in keys)
        # What another fleet's run of the day wrote of its own circuits stays.
        own = f"{of_day} AND concat(target.plant_id, '/', target.circuit_id) IN ({known})"
        (
            stored.merge(
                found, f"{of_day} AND {same}", source_alias="source", target_alias="target"
            )
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .when_not_matched_by_source_delete(own)
            .execute()
        )
    except (DeltaError, OSError) as error:
        raise storage.failure(error, writing=True) from error


def _require_empty(storage: Storage) -> None:
    """Make sure that a new table is not laid over files of something else, such as source data."""
    place = FileSelector("", allow_not_found=True)
    names = sorted(each.base_name for each in storage.filesystem().get_file_info(place))
    # A first run that was killed leaves its partition without a log.
    foreign = [name for name in names if not name.startswith(("run_date=", "_delta_log"))]
    if foreign:
        raise SourceError(
            f"records cannot be kept there: it holds files and is no Delta table; the first is "
            f"{printable(foreign[0])}",
            storage.uri,
            "give the address of a table of them, or of a new one",
        )


def _require_records(stored: "DeltaTable", kind: RecordKind, uri: str) -> None:
    """Make sure that a table is one of records, whatever other columns it has."""
    schema = pa.schema(stored.schema().to_arrow())  # type: ignore[arg-type]
    types = {field.name: field.type for field in schema}
    for field in kind.schema:
        if types.get(field.name) != field.type:
            has = f"has type {types[field.name]}" if field.name in types else "is missing"
            raise SourceError(
                f"the Delta table has other columns than these records: `{field.name}` {has}",
                uri,
                "give the address of a table of them, or of a new one",
            )
