"""The engine on Spark: one pass over the files, circuits brought together, each judged at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from generator.fleet import Circuit
from monitoring.engine.content import Content
from monitoring.engine.spark.pieces import RESULTS, Judge
from monitoring.engine.spark.reading import file_in, pieces
from monitoring.engine.spark.session import prepared
from monitoring.engine.task import EngineError, Met, Task
from monitoring.sources import CircuitKey, Issue
from monitoring.sources.finding import FleetFiles, find_files
from monitoring.sources.flaws import Flaw, flaw_issues
from monitoring.sources.footers import require_delivery, unreadable

if TYPE_CHECKING:
    from pyspark.rdd import RDD
    from pyspark.sql import SparkSession

_TOGETHER: Final = 8
"""Circuits of a partition, about."""
_FOOTERS: Final = 16
"""Footers that are read at once, by the driver."""


class SparkEngine:
    """Judges in the tasks of a Spark session."""

    def __init__(self, session: "SparkSession") -> None:
        """Take a running session, of this machine or of a cluster."""
        self._session = prepared(session)

    def judge(self, task: Task, met: Met) -> Iterator[list[tuple[Circuit, Content]]]:
        """Judge circuits: the data are read once, then results come partition by partition.

        A file whose content is broken is left out as a whole, with an issue, and the others are
        read again.
        """
        tables = _find(task)
        circuits = task.by_key
        columns = [files.features for files in tables]
        judge = Judge(circuits, columns, [files.layout for files in tables], task.judge)
        broken: list[dict[str, Issue]] = [{} for _ in tables]
        flawed: list[list[tuple[int, Flaw]]] = [[] for _ in tables]
        left = dict(circuits)
        rows = self._rows(tables, judge, broken)
        for portion in rows:
            judged = []
            for row in portion:
                key = CircuitKey(row.plant_id, row.circuit_id)
                if row.flaw is not None:
                    about = None if row.plant_id is None else key
                    flawed[row.source].append((row.file, Flaw(row.flaw, row.rows, about)))
                elif row.content is not None:
                    judged.append((left.pop(key), json.loads(row.content)))
                elif row.present:
                    met.unknown.add(str(key))
            if judged:
                yield judged
        if left:
            yield [(circuit, judge.content(circuit, None)) for circuit in left.values()]
        for number, files in enumerate(tables):
            met.issues += [*files.issues, *broken[number].values()]
            read = [footer.file for footer in files.footers]
            met.issues += flaw_issues(files.table, files.layout, read, flawed[number])

    def _rows(
        self,
        tables: Sequence[FleetFiles],
        judge: Judge,
        broken: Sequence[dict[str, Issue]],
    ) -> Iterator[Sequence[Any]]:
        """Yield results, some partitions at once; files that break the reading are noted."""
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        context = self._session.sparkContext
        started = False
        while True:
            try:
                results = self._results(tables, judge, broken)
                if results is None:
                    return
                parts, together = results.getNumPartitions(), context.defaultParallelism
                for first in range(0, parts, together):
                    chosen = range(first, min(first + together, parts))
                    rows = context.runJob(results, list, chosen)
                    started = True
                    yield rows
            except (Py4JJavaError, PySparkException) as error:
                # All is read before the first result: later it cannot be a file's content.
                if started:
                    raise _failure(error) from error
                number, issue, path = _broken_file(tables, broken, error)
                broken[number][path] = issue
            else:
                return

    def _results(
        self,
        tables: Sequence[FleetFiles],
        judge: Judge,
        broken: Sequence[Mapping[str, Issue]],
    ) -> "RDD[Any] | None":
        context = self._session.sparkContext
        partitions = max(context.defaultParallelism, ceil(len(judge.circuits) / _TOGETHER))
        self._session.conf.set("spark.sql.shuffle.partitions", str(partitions))
        read = [
            pieces(self._session, files, number, frozenset(broken[number]))
            for number, files in enumerate(tables)
        ]
        frames = [frame for frame in read if frame is not None]
        if not frames:
            return None
        whole = frames[0].unionAll(frames[1]) if len(frames) == 2 else frames[0]
        shared = context.broadcast(judge)

        def judged(key: Any, frame: Any) -> Any:
            return shared.value(key, frame)

        return whole.groupBy("plant_id", "circuit_id").applyInPandas(judged, RESULTS).rdd


def _find(task: Task) -> list[FleetFiles]:
    circuits = task.by_key
    with ThreadPoolExecutor(_FOOTERS, thread_name_prefix="mlmon-read") as pool:
        return [
            find_files(
                each.table,
                each.by_key(circuits),
                task.window,
                pool,
                timestamp=each.timestamp,
                instants=each.instants,
                texts=each.texts,
                optional=each.optional,
            )
            for each in task.tables
        ]


def _broken_file(
    tables: Sequence[FleetFiles],
    broken: Sequence[Mapping[str, Issue]],
    error: Exception,
) -> tuple[int, Issue, str]:
    """Find the file that Spark could not read.

    Raises:
        SourceError: storage delivers none.
        EngineError: it is no file that the job failed for.
    """
    for number, files in enumerate(tables):
        file = file_in(str(error), files.table, [footer.file for footer in files.footers])
        if file is not None and file.path not in broken[number]:
            issue = unreadable(files.table, file, error)
            others = [
                f.file for f in files.footers if f.file.path not in {file.path, *broken[number]}
            ]
            require_delivery(files.table, [issue], others)
            about = (key for key in files.features if files.layout.may_hold(file.partitions, key))
            return number, replace(issue, circuits=tuple(about)), file.path
    raise _failure(error) from error


def _failure(error: Exception) -> EngineError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return EngineError(f"the Spark job failed: {causes[-1] if causes else ' '.join(lines)[:300]}")
