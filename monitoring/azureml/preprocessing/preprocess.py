"""Turns the production data of a circuit into what its Azure ML monitor compares.

It stands alone: Azure ML uploads this folder only, and runs it in the Python of its Spark runtime.
A Delta table is read by its log, with delta-rs, and Parquet files that the log names; Delta's jar
is not needed. A folder without a log is read as Parquet files.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.types import NumericType, TimestampNTZType, TimestampType

UTC = timezone.utc  # noqa: UP017 - the runtime's Python may be 3.10
TIMES = ("timestamp", "issued_at", "target_time")
"""Columns that say when a row is of; the first that is there counts."""
NO_FEATURES = frozenset(
    {"plant_id", "circuit_id", "model_name", "model_version", "date", "horizon", *TIMES}
)
"""Columns of the data contract that are no features: a monitor takes every column for one."""
MLTABLE = """\
$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json
type: mltable
paths:
  - pattern: ./data/*.parquet
transformations:
  - read_parquet:
      include_path_column: false
"""


class PreprocessingError(Exception):
    """The data cannot be turned into a table."""


def main(arguments: Sequence[str]) -> None:
    """Write the same table to each output."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--data_window_start", required=True)
    parser.add_argument("--data_window_end", required=True)
    parser.add_argument("--input_data", required=True)
    parser.add_argument("--preprocessed_data", required=True)
    parser.add_argument("--preprocessed_input_data", required=True)
    given = parser.parse_args(arguments)
    spark = SparkSession.builder.appName("mlmon preprocessing").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")  # of times that name no zone
    outputs = (given.preprocessed_data, given.preprocessed_input_data)
    try:
        window = instant(given.data_window_start), instant(given.data_window_end)
        preprocess(spark, given.input_data, window, outputs)
    except (PreprocessingError, AnalysisException) as error:
        sys.exit(f"{given.input_data}: {str(error).splitlines()[0]}")


def preprocess(
    spark: SparkSession, folder: str, window: "tuple[datetime, datetime]", outputs: Sequence[str]
) -> None:
    """Write the features of a folder within a window to each output.

    Raises:
        PreprocessingError: the folder has none.
    """
    start, end = window
    rows = features_within(read(spark, folder), start, end).cache()
    if rows.isEmpty():
        raise PreprocessingError(
            f"no row of the data is of {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC; "
            "see whether the circuit was scored"
        )
    for output in outputs:
        write(spark, rows, output)


def instant(text: str) -> datetime:
    """Read a moment in ISO 8601 as Azure ML gives it; without a time zone it is in UTC."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise PreprocessingError(f"{text!r} is no moment in ISO 8601") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def read(spark: SparkSession, folder: str) -> DataFrame:
    """Read the newest version of a Delta table, or every Parquet file of a folder."""
    root = folder.rstrip("/")
    files = _delta_files(spark, root)
    if files is None:
        return spark.read.option("recursiveFileLookup", "true").parquet(root)
    if not files:
        raise PreprocessingError("the Delta table is empty")
    return spark.read.option("basePath", root).parquet(*(f"{root}/{name}" for name in files))


def features_within(rows: DataFrame, start: datetime, end: datetime) -> DataFrame:
    """Keep the numbers of the rows from a start up to an end, which is excluded."""
    time = next((name for name in TIMES if name in rows.columns), None)
    kinds = (TimestampType, TimestampNTZType)
    if time is None or not isinstance(rows.schema[time].dataType, kinds):
        raise PreprocessingError(f"no column {' or '.join(TIMES)} says when a row is of")
    features = [
        field.name
        for field in rows.schema.fields
        if field.name not in NO_FEATURES and isinstance(field.dataType, NumericType)
    ]
    if not features:
        raise PreprocessingError("no column is a feature")
    first, last = (sql.lit(moment.isoformat()).cast("timestamp") for moment in (start, end))
    moment = sql.col(time).cast("timestamp")
    within = rows.where((moment >= first) & (moment < last))
    return within.select(*(sql.col(f"`{name}`").cast("double").alias(name) for name in features))


def write(spark: SparkSession, rows: DataFrame, folder: str) -> None:
    """Write rows as Parquet, and beside them the file that tells Azure ML how to read them."""
    root = folder.rstrip("/")
    rows.coalesce(1).write.mode("overwrite").parquet(f"{root}/data")
    files, path = _hadoop(spark, f"{root}/MLTable")
    stream = files.create(path, True)
    try:
        stream.write(bytearray(MLTABLE.encode()))
    finally:
        stream.close()


def _delta_files(spark: SparkSession, root: str) -> "list[str] | None":
    """Return the paths that the log of a Delta table names; None if there is no log.

    delta-rs reads the log from a copy, as it does not know the addresses that Spark is given.

    Raises:
        PreprocessingError: the log cannot be read.
    """
    files, path = _hadoop(spark, f"{root}/_delta_log")
    if not files.exists(path):
        return None
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    with tempfile.TemporaryDirectory() as copy:
        _, local = _hadoop(spark, f"file://{copy}/_delta_log")
        files.copyToLocalFile(False, path, local, True)
        try:
            added: Any = DeltaTable(copy).get_add_actions()
        except DeltaError as error:
            first = str(error).splitlines()[0]
            raise PreprocessingError(
                f"the log of the Delta table cannot be read: {first}"
            ) from None
        return [unquote(str(name)) for name in added["path"].to_pylist()]


def _hadoop(spark: SparkSession, address: str) -> "tuple[Any, Any]":
    """Return the file system that Spark has for an address, and its path there."""
    session: Any = spark
    path = session._jvm.org.apache.hadoop.fs.Path(address)
    return path.getFileSystem(session._jsc.hadoopConfiguration()), path


if __name__ == "__main__":
    main(sys.argv[1:])
