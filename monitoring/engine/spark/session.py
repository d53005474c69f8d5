"""Spark sessions: one for this machine, and the settings that reading depends on."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from monitoring.engine.task import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROWS_OF_A_BATCH: Final = 131_072
"""Rows that go to Python at once: some ten megabytes."""
_SETTINGS: Final = {
    # Days and instants are in UTC, as everywhere here.
    "spark.sql.session.timeZone": "UTC",
    # Arrow, which the other engine reads with, tells `Voltage` from `voltage`.
    "spark.sql.caseSensitive": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS_OF_A_BATCH),
    # Timestamps of nanoseconds, which Spark has no type for.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    # No rows may be left out unseen.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # Dates are of this century: nothing has to be moved from the Julian calendar.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # Partitions are counted by circuits; merging them by bytes would leave cores without work.
    "spark.sql.adaptive.enabled": "false",
}


@contextmanager
def running_session(threads: int, memory: str = "2g") -> "Iterator[SparkSession]":
    """Give the session that there is, as in a submitted job; else start one here, and end it.

    Args:
        threads: tasks that run at once, of a session that is started.
        memory: of its Java process; Python's comes on top.

    Raises:
        EngineError: pyspark or Java is missing, or does not start.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            f"the Spark engine needs pyspark ({error}): `make spark` installs it, or "
            "`pip install mlmon[spark]`"
        ) from None
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EngineError(
            "the Spark engine needs Java 8, 11 or 17, and there is none on PATH and no JAVA_HOME; "
            "on Debian: apt-get install openjdk-17-jre-headless"
        )
    # Without it workers run the system's Python, which has none of the packages.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{threads}]").appName("mlmon")
    for name, value in {
        "spark.driver.memory": memory,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": os.devnull,
    }.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise EngineError(f"Spark does not start: {error}") from error
    try:
        yield session
    finally:
        session.stop()


def prepared(session: "SparkSession") -> "SparkSession":
    """Return a session beside the given one, in the same Spark, with the settings of the engine."""
    own = session.newSession()
    for name, value in _SETTINGS.items():
        own.conf.set(name, value)
    return own
