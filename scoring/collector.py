"""Keeps what was forecast, and what it was forecast from, where monitoring reads them.

Predictions go to the Delta table that the performance job joins with actuals. Features and
predictions also go to the folders that the circuit's Azure ML monitors read, if it has any.

Azure ML scores a mini-batch again when one of its files failed or its worker was lost. A file that
is written is therefore named by what was forecast: what is scored again is written over itself,
whichever files it is scored with, and also by two workers at once. The table's log may name a file
twice, which Delta takes for one (https://github.com/delta-io/delta/blob/master/PROTOCOL.md,
"Action Reconciliation").
"""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from generator.fleet import Circuit
from monitoring.prediction_table import INSTANT, PREDICTIONS
from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.sources.datastores import address_of
from monitoring.sources.errors import SourceError
from monitoring.sources.storage import Storage
from monitoring.sources.store import Store
from scoring.files import IDS, TIMESTAMP
from scoring.forecasts import Forecast
from scoring.settings import DATASTORES

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction

_MINUTE_US: Final = 60_000_000
_ATTEMPTS: Final = 8
_WRITERS: Final = 4
"""Files that are written at once: of each, storage is waited for most of the time."""


class Collector:
    """Writes the forecasts of mini-batches."""

    def __init__(
        self, datastores: Mapping[str, str], storage_options: Mapping[str, str] | None = None
    ) -> None:
        """Take what is the same for every mini-batch; nothing is opened yet.

        Args:
            datastores: address of each datastore that a configured path names, by its name in
                lower case.
            storage_options: as of `open_table`.
        """
        self._datastores, self._options = datastores, storage_options
        self._stores: dict[str, Store] = {}
        self._tables: dict[str, _PredictionTable] = {}
        self._writers = ThreadPoolExecutor(_WRITERS, "collector")

    def check(self, circuit: Circuit) -> None:
        """Check that it is known where a circuit's predictions go.

        Raises:
            SourceError: a path is missing in the configuration, or cannot be written from here.
        """
        self._address(circuit, "predictions")
        for key in ("production", "production_outputs"):
            if getattr(circuit, key) is not None:
                self._address(circuit, key)

    def keep(self, forecast: Forecast) -> Future["StoredFile"]:
        """Begin to write a forecast to its circuit's places, beside what is scored meanwhile.

        It is not in the table before it is committed.
        """
        return self._writers.submit(self._keep, forecast)

    def commit(self, kept: Sequence[Future["StoredFile"]]) -> list[int]:
        """Put the forecasts of a mini-batch into their tables, when all of them are written.

        Returns:
            How many predictions of each were not there before.

        Raises:
            SourceError: a path is missing in the configuration or cannot be used, or storage does
                not answer or refuses the credentials. What was written then stays, and is
                written over itself when the mini-batch is scored again.
        """
        files = [each.result() for each in kept]
        tables: dict[str, dict[str, StoredFile]] = defaultdict(dict)
        new = {(file.table, file.name) for file in files if file.is_new}
        sizes = []
        for file in files:
            tables[file.table][file.name] = file
            sizes.append(file.rows if (file.table, file.name) in new else 0)
            new.discard((file.table, file.name))  # the same rows twice in a mini-batch count once
        for uri, named in tables.items():
            table = self._tables.setdefault(uri, _PredictionTable(Storage(uri, self._options)))
            table.commit(list(named.values()))
        return sizes

    def _keep(self, forecast: Forecast) -> "StoredFile":
        circuit, rows = forecast.rows.circuit, forecast.rows
        issued, horizons, values = _made(forecast)
        name = f"{_digest(forecast)}.parquet"
        if circuit.production is not None:
            columns = dict(zip(circuit.features, rows.features, strict=True))
            content = _parquet(_monitored(rows.timestamps, columns))
            self._store(circuit, "production").write(name, content)
        if circuit.production_outputs is not None:
            content = _parquet(_monitored(issued, {"predicted_value": values}))
            self._store(circuit, "production_outputs").write(name, content)
        store = self._store(circuit, "predictions")
        size = store.size(name)
        is_new = size is None
        if size is None:
            content = _parquet(_predictions(circuit, issued, horizons, values))
            store.write(name, content)
            size = len(content)
        return StoredFile(store.uri, name, size, values.size, is_new)

    def _store(self, circuit: Circuit, key: str) -> Store:
        uri = self._address(circuit, key)
        return self._stores.setdefault(uri, Store(uri, self._options))

    def _address(self, circuit: Circuit, key: str) -> str:
        uri: str | None = getattr(circuit, key)
        if uri is None:
            raise SourceError(
                f"no path `data.{key}` is configured", circuit.key, "name it in the environment"
            )
        return address_of(uri, self._datastores, f"{circuit.key}, data.{key}", DATASTORES)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the table of predictions, which its log may not know yet."""

    table: str
    name: str
    size: int
    rows: int
    is_new: bool

    def action(self) -> "AddAction":
        """Return the entry of the log."""
        from deltalake.transaction import AddAction

        counted = json.dumps({"numRecords": self.rows})
        return AddAction(self.name, self.size, {}, int(time.time() * 1000), True, counted)


class _PredictionTable:
    """The log of the table of predictions, which is opened once and then followed."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._opened: tuple[dict[str, str], DeltaTable] | None = None

    def commit(self, files: Sequence[StoredFile]) -> None:
        """Name files in the log."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        attempts = Retrying(
            retry=retry_if_exception_type(CommitFailedError),  # another worker was first
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            reraise=True,
        )
        try:
            attempts(self._commit, files)
        except (DeltaError, OSError) as error:
            raise self._storage.failure(error, writing=True) from error

    def _commit(self, files: Sequence[StoredFile]) -> None:
        table = self._newest()
        actions: list[Any] = [file.action() for file in files]
        table.create_write_transaction(actions, "append", table.schema())

    def _newest(self) -> "DeltaTable":
        options = self._storage.options()
        if self._opened is not None and self._opened[0] == options:
            table = self._opened[1]
            table.update_incremental()
        else:  # for the first time, or with a token that was renewed
            table = self._open(options)
            self._opened = options, table
        return table

    def _open(self, options: dict[str, str]) -> "DeltaTable":
        from deltalake import DeltaTable, Schema

        root = self._storage.root
        if not DeltaTable.is_deltatable(root, options):
            schema = Schema.from_arrow(PREDICTIONS)
            DeltaTable.create(root, schema, mode="ignore", storage_options=options)
        return DeltaTable(root, storage_options=options)


def _digest(forecast: Forecast) -> str:
    """Name what was forecast of which circuit by which model.

    Readings that were corrected, and of which the model says the same, take the old ones' place.
    """
    rows, circuit = forecast.rows, forecast.rows.circuit
    model = (circuit.plant_id, circuit.circuit_id, circuit.model_name, circuit.model_version or "")
    digest = hashlib.sha256(repr((model, circuit.features, rows.timestamps.size)).encode())
    for array in (rows.timestamps, rows.horizons, forecast.predictions):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


def _made(forecast: Forecast) -> tuple[MicrosecondArray, MicrosecondArray, FloatArray]:
    """Return when, how far ahead and what was forecast: a missing prediction is no row."""
    rows, known = forecast.rows, forecast.finite
    if known.all():
        return rows.timestamps, rows.horizons, forecast.predictions
    return rows.timestamps[known], rows.horizons[known], forecast.predictions[known]


def _predictions(
    circuit: Circuit, issued: MicrosecondArray, horizons: MicrosecondArray, values: FloatArray
) -> pa.Table:
    texts = (circuit.plant_id, circuit.circuit_id, circuit.model_name, circuit.model_version)
    columns: list[Any] = [
        *(_repeated(text or "", issued.size) for text in texts),
        pa.array(issued).view(INSTANT),
        pa.array(issued + horizons * _MINUTE_US).view(INSTANT),
        pa.array(horizons),
        pa.array(values),
    ]
    return _table(PREDICTIONS.names, columns)


def _repeated(text: str, size: int) -> "pa.DictionaryArray[Any, Any]":
    return pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), pa.array([text]))


def _monitored(times: MicrosecondArray, columns: Mapping[str, FloatArray]) -> pa.Table:
    arrays: list[Any] = [pa.array(times).view(INSTANT)]
    # Looking for NaN takes less than making a mask.
    arrays += [pa.array(each, from_pandas=bool(np.isnan(each).any())) for each in columns.values()]
    return _table([TIMESTAMP, *columns], arrays)


def _table(names: Sequence[str], columns: Sequence[Any]) -> pa.Table:
    """Say of columns without nulls that they have none, so that Parquet does not note it a row."""
    fields: list[Any] = [
        pa.field(name, column.type, nullable=column.null_count > 0)
        for name, column in zip(names, columns, strict=True)
    ]
    return pa.Table.from_arrays(list(columns), schema=pa.schema(fields))


def _parquet(table: pa.Table) -> memoryview:
    """Store ids as a dictionary, times as their steps, and numbers as they are."""
    sink = pa.BufferOutputStream()
    kinds = {field.name: field.type for field in table.schema}
    texts: Any = [name for name, kind in kinds.items() if pa.types.is_dictionary(kind)]
    times = {name: "DELTA_BINARY_PACKED" for name, kind in kinds.items() if kind == INSTANT}
    searched: Any = [name for name in kinds if name in IDS or name in times]
    pq.write_table(
        table,
        sink,
        use_dictionary=texts,
        column_encoding=times,
        write_statistics=searched,
        store_schema=False,  # with Arrow's own schema an id is read as a dictionary
    )
    return memoryview(sink.getvalue())
