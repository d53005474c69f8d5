"""The daily drift run as a Spark job: `mlmon drift run` on the session that the job has.

    drift_job.py --results ADDRESS [--calibration FILE] [options of `mlmon drift run`]

ADDRESS is a folder or abfss:// address. Results are written on the driver's disk, where a run can
be locked, and copied to ADDRESS at the end, however it ends; what is there before is fetched first,
so a job that is submitted again goes on. FILE is the path or abfss:// address of the limits, and is
fetched as well. The configuration is `config/` beside this file.
`make drift-job` puts together what the job needs: the packages as files for the driver, which reads
the configuration with `kql/` beside it, and zipped for the executors.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Run, and exit as `mlmon` does: 3 if some circuits could not be judged."""
    from pyspark.sql import SparkSession

    from cli.main import app
    from monitoring.results.remote import copied
    from monitoring.sources.errors import SourceError
    from monitoring.sources.storage import Storage

    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--results", required=True)
    parser.add_argument("--calibration", default="")
    known, options = parser.parse_known_args(arguments)
    # Results say in which file a limit stands: by the same name wherever the job runs.
    os.chdir(Path(__file__).resolve().parent)
    SparkSession.builder.appName("mlmon drift").getOrCreate()
    try:
        with copied(Storage(known.results)) as folder, tempfile.TemporaryDirectory() as temporary:
            if known.calibration:
                limits = Path(temporary) / "limits.json"
                limits.write_bytes(fetched(known.calibration))
                options += ["--calibration", str(limits)]
            app(["drift", "run", "--engine", "spark", "--results", str(folder), *options])
    except SourceError as error:
        print(f"mlmon: {error}", file=sys.stderr)  # noqa: T201 - the job is a command itself
        sys.exit(2)


def fetched(address: str) -> bytes:
    """Return what a file at a path or abfss:// address holds.

    Raises:
        SourceError: it is not there, or storage does not answer or refuses the credentials.
    """
    from monitoring.sources.errors import SourceError
    from monitoring.sources.storage import ARROW_ERRORS, Storage

    folder, _, name = address.rpartition("/")
    storage = Storage(folder or ".")
    try:
        with storage.filesystem().open_input_stream(name) as stream:
            return bytes(stream.read())
    except FileNotFoundError as error:
        fix = "put there what `mlmon drift calibrate` writes"
        raise SourceError("the limits are not there", address, fix) from error
    except ARROW_ERRORS as error:
        raise storage.failure(error, name) from error


if __name__ == "__main__":
    main(sys.argv[1:])
