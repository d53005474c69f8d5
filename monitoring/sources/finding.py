"""Which files hold the rows of a fleet and a window, whatever reads them then."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from monitoring.prediction_table import PREDICTED
from monitoring.sources.errors import Issue, SourceError
from monitoring.sources.footers import Footer, read_footers
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.passes import missing_columns
from monitoring.sources.tables import StoredTable
from monitoring.windows import Window

TARGET_TIME: Final = "target_time"
"""The column of time of predictions."""


@dataclass(frozen=True, slots=True)
class FleetFiles:
    """The files of a table that can hold rows of a window, in the order in which rows are read."""

    table: StoredTable
    layout: Layout
    window: Window
    features: Mapping[CircuitKey, tuple[str, ...]]
    """Columns of numbers, by circuit that is asked for."""
    footers: Sequence[Footer]
    issues: Sequence[Issue]
    """Files and columns that cannot be read."""


def find_files(
    table: StoredTable,
    features: Mapping[CircuitKey, Sequence[str]],
    window: Window,
    pool: Executor,
    *,
    timestamp: str = "timestamp",
    instants: frozenset[str] = frozenset(),
    texts: frozenset[str] = frozenset(),
    optional: frozenset[str] = frozenset(),
) -> FleetFiles:
    """Find the files that can hold rows of the window, and read their footers.

    Raises:
        SourceError: columns are missing or of a wrong type, no file can be read, or storage fails.
    """
    wanted = {CircuitKey(*key): tuple(names) for key, names in features.items()}
    names = tuple(sorted({name for group in wanted.values() for name in group}))
    if not names:
        raise SourceError(
            "no circuit or no feature was asked for", table.uri, "select at least one circuit"
        )
    layout = Layout(names, timestamp, instants=instants, texts=texts, optional=optional)
    _require_columns(table, layout)
    footers, issues = read_footers(table, layout, window, wanted, pool)
    issues += missing_columns(table, layout, footers, wanted)
    return FleetFiles(table, layout, window, wanted, footers, issues)


def require_predictions(
    table: StoredTable, circuits: Iterable[CircuitKey], window: Window, threads: int
) -> None:
    """Make sure that predictions can be read, before anything rests on them.

    A Delta table tells its columns; of a folder the footers are read.

    Raises:
        SourceError: columns are missing or of a wrong type, no file can be read, or storage fails.
    """
    if table.schema is not None:
        _require_columns(table, Layout((PREDICTED,), TARGET_TIME))
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="mlmon-read") as pool:
        features = dict.fromkeys(circuits, (PREDICTED,))
        find_files(table, features, window, pool, timestamp=TARGET_TIME)


def _require_columns(table: StoredTable, layout: Layout) -> None:
    if table.schema is None:
        return
    problem = layout.problem(table.schema, table.partition_columns)
    if problem is not None:
        raise SourceError(problem[0], table.uri, problem[1])
