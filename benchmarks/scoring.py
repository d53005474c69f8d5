"""Times the monitoring of batch scoring: what events, metrics and the collector add to scoring.

Run it with `python -m benchmarks.scoring [TREES]...`; 1000 trees unless given. The model is like
those that gradient boosting makes: trees of depth 8 in machine code, on six readings and their lags
of 1 to 4 rows, one thread. 100 files of 10,000 rows are scored in mini-batches of 10, as the
deployment has it, and telemetry goes to an endpoint of this machine, in a process of its own. Each
mini-batch is scored without and with monitoring, one after the other and the other way round in
the next round, and the least time of each counts, of three rounds. Without: files are read, the
model asked, statistics taken and lines made. With: all that `run` does. Only a temporary folder is
written, in memory where there is one: a disk that is waited for, or a network, is not the
program's, and it is waited for beside scoring. Readings have a resolution, as those of sensors do:
to compress mere noise takes half as long.

Processor time is of all threads. It is what monitoring takes where no core is idle, and what else
runs on the machine disturbs it less than the time that passes, in which a core may also be idle.
The share of processor time is what is judged.

The share is that of the model: monitoring takes about as long whatever is scored, so a model that
answers at once pays more for it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from math import inf
from pathlib import Path
from time import perf_counter, process_time
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
from scoring.mini_batches import MiniBatches
from scoring.telling import ScoredFile

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
            **{name: pa.array(random.normal(50, 10, ROWS).round(1)) for name in circuit.features},
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


@dataclass(frozen=True)
class Seconds:
    processor: float = inf
    passed: float = inf

    @classmethod
    def of(cls, work: Callable[[], object]) -> "Seconds":
        processor, passed = process_time(), perf_counter()
        work()
        return cls(process_time() - processor, perf_counter() - passed)

    def least(self, other: "Seconds") -> "Seconds":
        return Seconds(min(self.processor, other.processor), min(self.passed, other.passed))


@dataclass
class Sides:
    """The least seconds that each mini-batch took, without and with monitoring."""

    without: list[Seconds]
    monitored: list[Seconds]

    def lines(self) -> Iterator[str]:
        for clock in ("processor", "passed"):
            plain, all_of_it = self._means(clock)
            share = all_of_it / plain - 1
            numbers = f"{plain:7.1f} {all_of_it:9.1f} {all_of_it - plain:+10.2f} {share:+6.2%}"
            yield f"{clock:9} {numbers}"

    @property
    def share(self) -> float:
        """Of processor time."""
        plain, all_of_it = self._means("processor")
        return all_of_it / plain - 1

    def _means(self, clock: str) -> tuple[float, float]:
        """Return milliseconds a file."""
        both = (self.without, self.monitored)
        plain, all_of_it = (sum(getattr(each, clock) for each in side) for side in both)
        return plain / FILES * 1000, all_of_it / FILES * 1000


def compare(scorer: Scorer, paths: Sequence[Path], sides: Sides, *, backwards: bool) -> str:
    """Score every mini-batch without and with monitoring; return what became of telemetry."""
    sink = azure_monitor(circuits=1, role="scoring")
    batches = MiniBatches(scorer, Collector({}), sink)

    def plain(part: Sequence[Path]) -> list[str]:
        return [json.dumps(ScoredFile.of(scorer.score(path)).line) for path in part]

    def monitored(part: Sequence[Path]) -> list[str]:
        return [json.dumps(line) for line in batches.score(part)]

    for number in range(FILES // MINI_BATCH):
        part = paths[number * MINI_BATCH : (number + 1) * MINI_BATCH]
        order = [(sides.without, plain), (sides.monitored, monitored)]
        for least, work in reversed(order) if backwards else order:
            least[number] = least[number].least(Seconds.of(partial(work, part)))
    return str(sink.close())


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
    print("trees time      without monitored difference share")
    is_slow = False
    with tempfile.TemporaryDirectory(dir=memory()) as temporary, ingestion():
        for size in sizes:
            sides = Sides(*([Seconds()] * (FILES // MINI_BATCH) for _ in range(2)))
            for number in range(ROUNDS):
                folder = Path(temporary) / f"{size}-{number}"
                delivery = run(size, folder, sides, backwards=number % 2 == 1)
            print(*(f"{size:5} {line}" for line in sides.lines()), delivery, sep="\n")
            is_slow |= size >= TREES and sides.share > SHARE
    return int(is_slow)


def memory() -> str | None:
    """Return a folder in memory; None if there is none."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def run(trees: int, folder: Path, sides: Sides, *, backwards: bool) -> str:
    folder.mkdir()
    circuit = circuit_in(folder)
    model = BoostedTrees.grown(trees, len(circuit.features))
    scorer = Scorer(model, circuit.model_name, {CircuitKey.of(circuit): circuit}, 60)
    paths = write_files(folder, circuit)
    scorer.score(paths[0])  # loads machine code
    return compare(scorer, paths, sides, backwards=backwards)


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or [TREES]))
