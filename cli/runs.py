"""What the commands share that judge a fleet: inputs, engines, and notes on what they met."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Literal

from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.engine.local import LocalEngine
from monitoring.engine.task import Engine
from monitoring.record_tables import RecordKind
from monitoring.results.folder import RunInputs, digest, read_manifest
from monitoring.results.records_table import merge_records
from monitoring.sources import SourceError, StoredTable, open_table

EngineName = Literal["local", "spark"]


def delta_version(pinned: int | str | None) -> int | None:
    """Tell the version of a Delta table; a folder of Parquet files has none to go back to."""
    return pinned if isinstance(pinned, int) else None


@contextmanager
def running_engine(name: EngineName, threads: int) -> Iterator[Engine]:
    """Start an engine, and end it.

    Raises:
        EngineError: pyspark or Java is missing.
    """
    if name == "local":
        yield LocalEngine(threads)
        return
    from monitoring.engine.spark import SparkEngine, running_session

    with running_session(threads) as session:
        yield SparkEngine(session)


def configuration_digest(circuits: Sequence[Circuit]) -> str:
    """Return the digest of what the configuration says of circuits."""
    plain = [json.loads(json.dumps(asdict(c), default=str, sort_keys=True)) for c in circuits]
    return digest(plain)


def pinned_before(folder: Path, *, anew: bool = False) -> RunInputs | None:
    """Tell what the run of a folder was asked for, if it is gone on with.

    Raises:
        ResultsError: the manifest cannot be read.
    """
    return None if anew or not folder.is_dir() else read_manifest(folder)


def note_on_newer(table: StoredTable) -> list[str]:
    """Say that a run that goes on does not look at what a table has by now.

    Raises:
        SourceError: storage fails.
    """
    newest = open_table(table.uri, may_be_empty=True)
    if newest.pinned == table.pinned:
        return []
    return [
        f"mlmon: the run goes on with version {table.version} of {printable(table.uri)}, which is "
        f"at version {newest.version} by now; --anew judges that"
    ]


def keep_records(
    uri: str | None, kind: RecordKind, run_date: date, records: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Keep a run's records, where that is asked for; return what kept them from it.

    Results are there and people wait for them, so a table that cannot be written is told only.
    """
    if uri is None:
        return []
    try:
        merge_records(uri, kind, run_date, list(records))
    except SourceError as error:
        return [f"the records are not kept, run it again to keep them: {error}"]
    return []


def notes_on(
    issues: Sequence[str], failed: Sequence[str], absent: Sequence[str], unknown: Sequence[str]
) -> list[str]:
    """Tell what a run met that somebody should know beside its result."""
    notes = [f"mlmon: {issue}" for issue in issues]
    if failed:
        notes.append(f"mlmon: could not be judged: {_some(failed)}")
    if absent:
        notes.append(f"mlmon: without any row in the windows: {_some(absent)}")
    if unknown:
        notes.append(
            f"mlmon: in the data and not in the configuration, so not judged: {_some(unknown)}"
        )
    return [printable(text) for text in notes]


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - 10} more" if len(keys) > 10 else ""
    return ", ".join(keys[:10]) + more
