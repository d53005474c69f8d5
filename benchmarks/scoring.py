"""Times the monitoring of batch scoring: what events, metrics and the collector add to scoring.

Run it with `python -m benchmarks.scoring [TREES]...`; 1000 trees unless given. The model is like
those that gradient boosting makes: trees of depth 8 in machine code, on six readings and their lags
of 1 to 4 rows, one thread. 100 files of 10,000 rows are scored in mini-batches of 10, as the
deployment has it, and telemetry goes to an endpoint of this machine, in a process of its own. Both
sides are of one run: scoring is what is told as latency, from opening a file to the last
prediction, and monitoring is all the rest of `run`. Only a temporary folder is written.

The share is that of the model: monitoring takes about as long whatever is scored, so a model that
answers at once pays more for it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
from scoring.forecasts import Forecast, Scorer
from scoring.mini_batches import MiniBatches

FILES: Final = 100
ROWS: Final = 10_000
MINI_BATCH: Final = 10
ROUNDS: Final = 3
TREES: Final = 1_000
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


class TimedCollector(Collector):
    """Knows how long it took."""

    seconds = 0.0

    def collect(self, forecasts: Sequence[Forecast]) -> list[int]:
        started = perf_counter()
        stored = super().collect(forecasts)
        self.seconds += perf_counter() - started
        return stored


@dataclass(frozen=True)
class Times:
    """Milliseconds a file."""

    scoring: float
    collecting: float
    rest: float
    delivery: str

    @property
    def share(self) -> float:
        return (self.collecting + self.rest) / self.scoring


def measure(scorer: Scorer, paths: Sequence[Path]) -> Times:
    sink = azure_monitor(circuits=1, role="scoring")
    collector = TimedCollector({})
    batches = MiniBatches(scorer, collector, sink)
    seconds = scoring_ms = 0.0
    for first in range(0, FILES, MINI_BATCH):
        started = perf_counter()
        lines = batches.score(paths[first : first + MINI_BATCH])
        output = [json.dumps(line) for line in lines]
        seconds += perf_counter() - started
        scoring_ms += sum(float(json.loads(line)["latency_ms"]) for line in output)
    collecting_ms = collector.seconds * 1000
    rest_ms = seconds * 1000 - scoring_ms - collecting_ms
    each = (value / FILES for value in (scoring_ms, collecting_ms, rest_ms))
    return Times(*each, str(sink.close()))


def circuit_in(folder: Path) -> Circuit:
    fleet = resolve(validate(ROOT / "config", date(2026, 11, 23)), "prod")
    return replace(
        fleet.circuits[0],
        predictions=str(folder / "predictions"),
        production=str(folder / "production"),
        production_outputs=str(folder / "outputs"),
    )


def main(sizes: Sequence[int]) -> int:
    print(f"{machine()}; {FILES} files of {ROWS:,} rows; ms a file")
    print("trees scoring collecting events_and_metrics share")
    is_slow = False
    with tempfile.TemporaryDirectory() as temporary, ingestion():
        for size in sizes:
            runs = [run(size, Path(temporary) / f"{size}-{number}") for number in range(ROUNDS)]
            middle = sorted(runs, key=lambda times: times.share)[ROUNDS // 2]
            print(
                f"{size:5} {middle.scoring:7.1f} {middle.collecting:10.2f} {middle.rest:18.2f} "
                f"{middle.share:5.2%} {middle.delivery}"
            )
            is_slow |= size >= TREES and middle.share > SHARE
    return int(is_slow)


def run(trees: int, folder: Path) -> Times:
    folder.mkdir()
    circuit = circuit_in(folder)
    model = BoostedTrees.grown(trees, len(circuit.features))
    scorer = Scorer(model, circuit.model_name, {CircuitKey.of(circuit): circuit}, 60)
    paths = write_files(folder, circuit)
    scorer.score(paths[0])  # loads machine code
    return measure(scorer, paths)


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or [TREES]))
