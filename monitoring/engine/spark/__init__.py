"""The Spark engine: rows are read and sorted by Spark 3.5, and judged by the same code.

It needs the extra `spark` (pyspark 3.5) and Java 8, 11 or 17. No jar of Delta is needed, and none
is used where it is there: the files of the pinned version are read by their paths.
"""

from monitoring.engine.spark.engine import SparkEngine
from monitoring.engine.spark.session import running_session

__all__ = ["SparkEngine", "running_session"]
