"""What runs in Spark's Python workers: rows become pieces of circuits, pieces become results.

A piece is some rows of one circuit and file as arrays, one row of Spark's. So what Spark sorts and
sends between machines are a few thousand rows of bytes and not millions of readings. The numbers
are made of the columns by the same functions that the local engine uses.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from generator.fleet import Circuit
from monitoring.engine.content import Content, without_rows
from monitoring.sensors import CircuitReadings
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.rows import Piece, divide, join
from monitoring.sources.tables import StoredFile
from monitoring.windows import Window

if TYPE_CHECKING:
    import pandas as pd

FILE: Final = " file"
ROW: Final = " row"
"""Columns of a row's place; a blank in front keeps them apart from the data's."""

PIECES: Final = (
    "plant_id string, circuit_id string, source int, file int, row long, rows long, "
    "timestamps binary, numbers binary, errors array<long>, late long, "
    "texts array<array<string>>, flaw string"
)
RESULTS: Final = (
    "plant_id string, circuit_id string, source int, content string, present boolean, "
    "flaw string, rows long, file int"
)
_FIELDS: Final[list[tuple[str, pa.DataType]]] = [
    ("plant_id", pa.string()),
    ("circuit_id", pa.string()),
    ("source", pa.int32()),
    ("file", pa.int32()),
    ("row", pa.int64()),
    ("rows", pa.int64()),
    ("timestamps", pa.binary()),
    ("numbers", pa.binary()),
    ("errors", pa.list_(pa.int64())),
    ("late", pa.int64()),
    ("texts", pa.list_(pa.list_(pa.string()))),
    ("flaw", pa.string()),
]
_PIECES: Final = pa.schema(_FIELDS)


@dataclass(frozen=True, slots=True)
class Source:
    """A table as workers have to know it."""

    number: int
    """Position in the task's tables."""
    layout: Layout
    window: Window
    files: Sequence[StoredFile]
    """In the order in which their rows follow each other."""
    places: Mapping[int, int]
    """Position of a file in `files`, by what Spark calls it."""
    wanted: frozenset[CircuitKey]


def packing(source: Source) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function that makes pieces of the rows of a table, for `mapInArrow`."""

    def pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [row for part in _files(batch) for row in _packed(part, source)]
            if rows:
                yield pa.RecordBatch.from_pylist(rows, _PIECES)

    return pack


def _files(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Divide a batch by file."""
    names = batch.column(batch.schema.get_field_index(FILE)).to_numpy()
    cuts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), names.size]
    for start, end in pairwise(cuts):
        if end > start:
            yield batch.slice(start, end - start)


def _packed(rows: pa.RecordBatch, source: Source) -> Iterator[dict[str, object]]:
    arrays: dict[str, Any] = dict(zip(rows.schema.names, rows.columns, strict=True))
    file = source.places[arrays.pop(FILE)[0].as_py()]
    place = {"source": source.number, "file": file, "row": arrays.pop(ROW)[0].as_py()}
    found = divide(arrays, source.files[file], source.layout, source.window)
    for flaw in found.flaws:
        if flaw.key is None or flaw.key in source.wanted:
            ids = {} if flaw.key is None else flaw.key._asdict()
            yield {**ids, **place, "rows": flaw.rows, "flaw": flaw.kind}
    strangers = set()
    for key, piece in found.pieces:
        ids = key._asdict()
        if key in source.wanted:
            yield {
                **ids,
                **place,
                "rows": piece.timestamps.size,
                "timestamps": piece.timestamps.tobytes(),
                "numbers": np.stack(piece.values).tobytes(),
                "errors": list(piece.errors),
                "late": piece.late,
                "texts": piece.texts,
            }
        elif key not in strangers:
            strangers.add(key)
            yield {**ids, **place, "rows": 0}


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges a circuit of which it is given all pieces, for `applyInPandas`."""

    circuits: Mapping[CircuitKey, Circuit]
    columns: Sequence[Mapping[CircuitKey, tuple[str, ...]]]
    """Of each table, as the layouts are."""
    layouts: Sequence[Layout]
    judge: Callable[[Circuit, Sequence[CircuitReadings]], Content]

    def __call__(
        self, key: tuple[str | None, str | None], pieces: "pd.DataFrame"
    ) -> "pd.DataFrame":
        """Return a row of the circuit, if it is one, and one for each table and kind of flaw."""
        import pandas as pd

        rows = list(self._rows(key, pieces))
        return pd.DataFrame(rows, columns=[field.split()[0] for field in RESULTS.split(", ")])

    def _rows(
        self, key: tuple[str | None, str | None], pieces: "pd.DataFrame"
    ) -> Iterator[tuple[object, ...]]:
        plant, circuit = (None if _is_null(each) else each for each in key)
        for (number, flaw), members in pieces.groupby(["source", "flaw"]):
            total, first = int(members["rows"].sum()), int(members["file"].min())
            yield plant, circuit, int(number), None, False, flaw, total, first
        if plant is None or circuit is None:
            return
        sound = pieces[pieces["flaw"].isna()]
        present = bool((sound["source"] == 0).any())
        found = self.circuits.get(CircuitKey(plant, circuit))
        content = None if found is None else json.dumps(self.content(found, sound))
        yield plant, circuit, 0, content, present, None, 0, 0

    def content(self, circuit: Circuit, pieces: "pd.DataFrame | None") -> dict[str, Any]:
        """Judge a circuit; without pieces it is not in the data."""
        tables = range(len(self.layouts))
        return self.judge(circuit, [self._readings(circuit, pieces, n) for n in tables])

    def _readings(
        self, circuit: Circuit, pieces: "pd.DataFrame | None", number: int
    ) -> CircuitReadings:
        key = CircuitKey.of(circuit)
        columns = self.columns[number][key]
        if pieces is None:
            return without_rows(circuit, columns)
        chosen = pieces[pieces["source"] == number].sort_values(["file", "row"], kind="stable")
        if chosen.empty:
            return without_rows(circuit, columns)
        read = [_piece(row) for row in chosen.itertuples(index=False)]
        return join(key, read, columns, self.layouts[number])


def _piece(row: Any) -> Piece:
    timestamps = np.frombuffer(row.timestamps, np.int64)
    numbers = np.frombuffer(row.numbers, np.float64).reshape(-1, timestamps.size)
    errors = tuple(int(number) for number in row.errors)
    texts = tuple(tuple(map(str, found)) for found in row.texts)
    return Piece(timestamps, tuple(numbers), errors, int(row.late), texts)


def _is_null(value: object) -> bool:
    return value is None or value != value  # NaN is what pandas makes of a null
