"""Times the monitoring of batch scoring: what events, metrics and the collector add to scoring.

Run it with `python -m benchmarks.scoring [TREES]`; 1500 trees unless given. The model is like those
that gradient boosting makes: trees of depth 8 in machine code, on six readings and their lags of 1
to 4 rows, one thread. 100 files of 10,000 rows are scored in mini-batches of 10, as the deployment
has it. Each mini-batch is scored twice in a row, with and without monitoring, and the order
changes. Without: the file is read, the model asked, statistics taken and the line of the output
made. With: also everything that `run` does besides, with telemetry that goes to an endpoint of this
machine, in a process of its own, and tables and folders on a disk. Only a temporary folder is
written.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet as pq

from benchmarks.render import machine
from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.compiling import compiled
from monitoring.prediction_table import INSTANT
from monitoring.sensors import FloatArray
from monitoring.sources.keys import CircuitKey
from monitoring.telemetry.azure_monitor import CONNECTION_STRING, azure_monitor
from scoring.collector import Collector
from scoring.forecasts import Scorer
from scoring.mini_batches import MiniBatches, line_of

FILES: Final = 100
ROWS: Final = 10_000
MINI_BATCH: Final = 10
ROUNDS: Final = 3
TREES: Final = 1_500
DEPTH: Final = 8
LAGS: Final = 4
SHARE: Final = 0.02
_MINUTE_US: Final = 60_000_000


@dataclass(frozen=True)
class BoostedTrees:
    """Complete trees, each split a feature and a threshold."""

    features: NDArray[np.int32]
    thresholds: FloatArray
    leaves: FloatArray

    @classmethod
    def grown(cls, trees: int, features: int) -> "BoostedTrees":
        random = np.random.default_rng(7)
        splits = (trees, 2**DEPTH - 1)
        return cls(
            random.integers(0, features * (LAGS + 1), splits, np.int32),
            random.normal(50, 10, splits),
            random.normal(0, 0.01, (trees, 2**DEPTH)),
        )

    def predict(self, features: FloatArray, /) -> FloatArray:
        lagged = [np.roll(features, lag, axis=0) for lag in range(LAGS + 1)]
        return boosted(np.hstack(lagged), self.features, self.thresholds, self.leaves)


@compiled
def boosted(
    rows: FloatArray, features: NDArray[np.int32], thresholds: FloatArray, leaves: FloatArray
) -> FloatArray:
    """Add up the leaves that each row falls into."""
    sums = np.zeros(rows.shape[0])
    splits = features.shape[1]
    for tree in range(features.shape[0]):
        for row in range(rows.shape[0]):
            node = 0
            while node < splits:
                is_right = rows[row, features[tree, node]] > thresholds[tree, node]
                node = 2 * node + 1 + is_right
            sums[row] += leaves[tree, node - splits]
    return sums


def write_files(folder: Path, circuit: Circuit) -> list[Path]:
    random = np.random.default_rng(11)
    paths = []
    for number in range(FILES):
        start = (20_000 * 1440 + number * ROWS) * _MINUTE_US
        columns = {
            "plant_id": pa.repeat(circuit.plant_id, ROWS),
            "circuit_id": pa.repeat(circuit.circuit_id, ROWS),
            "timestamp": pa.array(start + np.arange(ROWS) * _MINUTE_US).cast(INSTANT),
            **{name: pa.array(random.normal(50, 10, ROWS)) for name in circuit.features},
        }
        paths.append(folder / f"{number:03}.parquet")
        pq.write_table(pa.table(columns), paths[-1])
    return paths


_SERVER: Final = """
import gzip, http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        items = json.loads(gzip.decompress(raw) if raw[:2] == b"\\x1f\\x8b" else raw)
        taken = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
        body = json.dumps(taken).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *about): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def ingestion() -> Iterator[None]:
    """Let telemetry go to an endpoint of this machine."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip() if server.stdout else ""
        os.environ[CONNECTION_STRING] = (
            "InstrumentationKey=11111111-2222-4333-8444-555555555555;"
            f"IngestionEndpoint=http://127.0.0.1:{port}/"
        )
        try:
            yield
        finally:
            server.kill()


def timed(work: Callable[[Sequence[Path]], object], paths: Sequence[Path]) -> float:
    started = perf_counter()
    work(paths)
    return perf_counter() - started


def compare(scorer: Scorer, folder: Path, paths: Sequence[Path]) -> tuple[float, float, str]:
    """Return the seconds without and with monitoring, and what became of telemetry."""
    sink = azure_monitor(circuits=1, role="scoring")
    batches = MiniBatches(scorer, Collector({}), sink)

    def plain(some: Sequence[Path]) -> list[str]:
        return [json.dumps(line_of(scorer.score(path))) for path in some]

    def monitored(some: Sequence[Path]) -> list[str]:
        return [json.dumps(line) for line in batches.score(some)]

    without = with_monitoring = 0.0
    for number, first in enumerate(range(0, FILES, MINI_BATCH)):
        part = paths[first : first + MINI_BATCH]
        if number % 2:
            without += timed(plain, part)
            with_monitoring += timed(monitored, part)
        else:
            with_monitoring += timed(monitored, part)
            without += timed(plain, part)
    return without, with_monitoring, str(sink.close())


def circuit_in(folder: Path) -> Circuit:
    fleet = resolve(validate(ROOT / "config", date(2026, 11, 23)), "prod")
    return replace(
        fleet.circuits[0],
        predictions=str(folder / "predictions"),
        production=str(folder / "production"),
        production_outputs=str(folder / "outputs"),
    )


def main(trees: int) -> int:
    print(f"{machine()}; {FILES} files of {ROWS:,} rows; {trees:,} trees of depth {DEPTH}")
    shares = []
    with tempfile.TemporaryDirectory() as temporary, ingestion():
        for number in range(ROUNDS):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            circuit = circuit_in(folder)
            model = BoostedTrees.grown(trees, len(circuit.features))
            scorer = Scorer(model, circuit.model_name, {CircuitKey.of(circuit): circuit}, 60)
            paths = write_files(folder, circuit)
            scorer.score(paths[0])  # loads machine code
            without, with_monitoring, delivery = compare(scorer, folder, paths)
            shares.append(with_monitoring / without - 1)
            print(
                f"without {without / FILES * 1000:.1f} ms a file, with "
                f"{with_monitoring / FILES * 1000:.1f}: {shares[-1]:+.2%}. {delivery}"
            )
    share = statistics.median(shares)
    print(f"median {share:+.2%}, limit {SHARE:.0%}")
    return int(share > SHARE)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TREES))
