"""The daily drift run as a Spark job: `mlmon drift run` on the session that the job has.

    drift_job.py --results ADDRESS [options of `mlmon drift run`]

ADDRESS is a folder or abfss:// address. Results are written on the driver's disk, where a run can
be locked, and copied to ADDRESS at the end, however it ends; what is there before is fetched first,
so a job that is submitted again goes on. The configuration is `config/` beside this file.
`make drift-job` puts together what the job needs: the packages as files for the driver, which reads
the configuration with `kql/` beside it, and zipped for the executors.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Run, and exit as `mlmon` does: 3 if some circuits could not be judged."""
    from pyspark.sql import SparkSession

    from cli.main import app
    from monitoring.results.remote import copied
    from monitoring.sources.storage import Storage

    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--results", required=True)
    known, options = parser.parse_known_args(arguments)
    # Results say in which file a limit stands: by the same name wherever the job runs.
    os.chdir(Path(__file__).resolve().parent)
    SparkSession.builder.appName("mlmon drift").getOrCreate()
    with copied(Storage(known.results)) as folder:
        app(["drift", "run", "--engine", "spark", "--results", str(folder), *options])


if __name__ == "__main__":
    main(sys.argv[1:])
