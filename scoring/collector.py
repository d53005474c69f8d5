"""Keeps what was forecast, and what it was forecast from, where monitoring reads them.

Predictions go to the Delta table that the performance job joins with actuals. Features and
predictions also go to the folders that the circuit's Azure ML monitors read, if it has any.

Azure ML scores a mini-batch again when one of its files failed or its worker was lost. What is
written is therefore named by a digest of the file's rows and the model: the same rows again change
nothing, also when two workers score them at once.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from scoring.files import TIMESTAMP
from scoring.forecasts import Forecast
from scoring.settings import DATASTORES

if TYPE_CHECKING:
    from deltalake import WriterProperties

_MINUTE_US: Final = 60_000_000
_KEEP_DIGESTS: Final = "interval 30 days"
"""How long the table's log remembers what was written; Azure ML scores again within hours."""
_ATTEMPTS: Final = 8
_WRITERS: Final = 8
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
        self._writers = ThreadPoolExecutor(_WRITERS, "collector")
        self._tables: dict[str, Storage] = {}

    def check(self, circuit: Circuit) -> None:
        """Check that it is known where a circuit's predictions go.

        Raises:
            SourceError: a path is missing in the configuration, or cannot be written from here.
        """
        self._address(circuit, "predictions")
        for key in ("production", "production_outputs"):
            if getattr(circuit, key) is not None:
                self._address(circuit, key)

    def collect(self, forecasts: Sequence[Forecast]) -> list[int]:
        """Write forecasts, each to its circuit's places; the table of predictions last.

        Returns:
            How many predictions of each were not in the table before.

        Raises:
            SourceError: a path is missing in the configuration or cannot be used, or storage does
                not answer or refuses the credentials. What was written then stays, and is not
                written twice when the mini-batch is scored again.
        """
        names = [_digest(forecast) for forecast in forecasts]
        tables: dict[str, dict[str, Forecast]] = defaultdict(dict)
        for name, forecast in zip(names, forecasts, strict=True):
            circuit = forecast.rows.circuit
            tables[self._address(circuit, "predictions")].setdefault(name, forecast)
        list(self._writers.map(self._keep_for_monitors, names, forecasts))
        stored = {name for uri, named in tables.items() for name in self._append(uri, named)}
        sizes = []
        for name, forecast in zip(names, forecasts, strict=True):
            sizes.append(int(forecast.finite.sum()) if name in stored else 0)
            stored.discard(name)  # the same rows in two files of a mini-batch are stored once
        return sizes

    def _keep_for_monitors(self, name: str, forecast: Forecast) -> None:
        circuit, rows = forecast.rows.circuit, forecast.rows
        if circuit.production is not None:
            features = np.ascontiguousarray(rows.features.T)
            columns = dict(zip(circuit.features, features, strict=True))
            self._keep(self._address(circuit, "production"), name, rows.timestamps, columns)
        if circuit.production_outputs is not None:
            known = forecast.finite
            columns = {"predicted_value": forecast.predictions[known]}
            address = self._address(circuit, "production_outputs")
            self._keep(address, name, rows.timestamps[known], columns)

    def _keep(
        self, uri: str, name: str, times: MicrosecondArray, columns: Mapping[str, FloatArray]
    ) -> None:
        store = self._stores.setdefault(uri, Store(uri, self._options))
        store.write(f"{name}.parquet", _parquet(times, columns))

    def _append(self, uri: str, named: Mapping[str, Forecast]) -> Sequence[str]:
        """Append what the table does not have, and return its names."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        storage = self._tables.setdefault(uri, Storage(uri, self._options))
        # Another worker committed first: look again at what is there.
        attempts = Retrying(
            retry=retry_if_exception_type(CommitFailedError),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            reraise=True,
        )
        try:
            return attempts(_append_once, storage, named)
        except (DeltaError, OSError) as error:
            raise storage.failure(error, writing=True) from error

    def _address(self, circuit: Circuit, key: str) -> str:
        uri: str | None = getattr(circuit, key)
        if uri is None:
            raise SourceError(
                f"no path `data.{key}` is configured", circuit.key, "name it in the environment"
            )
        return address_of(uri, self._datastores, f"{circuit.key}, data.{key}", DATASTORES)


def _append_once(storage: Storage, named: Mapping[str, Forecast]) -> Sequence[str]:
    from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake

    options = storage.options()
    if not DeltaTable.is_deltatable(storage.root, options):
        DeltaTable.create(
            storage.root,
            Schema.from_arrow(PREDICTIONS),
            mode="ignore",
            configuration={"delta.setTransactionRetentionDuration": _KEEP_DIGESTS},
            storage_options=options,
        )
    table = DeltaTable(storage.root, storage_options=options)
    new = [name for name in named if table.transaction_version(_transaction(name)) is None]
    if new:
        now = int(time.time() * 1000)
        write_deltalake(
            table,
            pa.concat_tables([_predictions(named[name]) for name in new]),
            mode="append",
            writer_properties=_encoding(),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(_transaction(name), 1, now) for name in new]
            ),
        )
    return new


def _encoding() -> "WriterProperties":
    """Store times as their steps: a third of the file and half of the work of the default."""
    from deltalake import ColumnProperties, WriterProperties

    steps = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    return WriterProperties(
        compression="SNAPPY",
        column_properties={
            "issued_at": steps,
            "target_time": steps,
            "predicted_value": ColumnProperties(dictionary_enabled=False),
        },
    )


def _transaction(name: str) -> str:
    return f"mlmon-scoring-{name}"


def _digest(forecast: Forecast) -> str:
    """Name the rows and the model, and not what the model said: it may be random."""
    rows, circuit = forecast.rows, forecast.rows.circuit
    model = (circuit.plant_id, circuit.circuit_id, circuit.model_name, circuit.model_version or "")
    digest = hashlib.sha256(repr((model, circuit.features, rows.features.shape)).encode())
    for array in (rows.timestamps, rows.horizons, rows.features):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


def _predictions(forecast: Forecast) -> pa.Table:
    """Return the rows that have a prediction: a missing one is no row."""
    rows, circuit, known = forecast.rows, forecast.rows.circuit, forecast.finite
    issued, horizons = rows.timestamps[known], rows.horizons[known]
    texts = (circuit.plant_id, circuit.circuit_id, circuit.model_name, circuit.model_version)
    columns: list[Any] = [
        *(pa.repeat(pa.scalar(text, pa.string()), issued.size) for text in texts),
        pa.array(issued).cast(INSTANT),
        pa.array(issued + horizons * _MINUTE_US).cast(INSTANT),
        pa.array(horizons),
        pa.array(forecast.predictions[known]),
    ]
    return pa.Table.from_arrays(columns, schema=PREDICTIONS)


def _parquet(times: MicrosecondArray, columns: Mapping[str, FloatArray]) -> bytes:
    arrays: list[Any] = [pa.array(times).cast(INSTANT)]
    arrays += [pa.array(values, from_pandas=True) for values in columns.values()]
    sink = pa.BufferOutputStream()
    table = pa.Table.from_arrays(arrays, names=[TIMESTAMP, *columns])
    pq.write_table(table, sink, use_dictionary=False)
    return sink.getvalue().to_pybytes()
