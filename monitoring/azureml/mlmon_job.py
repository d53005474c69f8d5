"""A command of mlmon as a job of Azure ML, with its results in storage.

    mlmon_job.py --results ADDRESS [--as-of DAY] COMMAND... -- [OPTIONS]

ADDRESS is a folder or abfss:// address that holds a folder a day. The job works on the disk of its
machine, where a run can be locked, and copies to ADDRESS at the end, however it ends; what is there
before is fetched first, so that a job that is submitted again goes on, and decisions know of
earlier days. Of those, results of single circuits are left where they are.

`--results` of the command is then the folder of all days for `daily`, else the folder of the day.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Run, and exit as `mlmon` does: 3 if some circuits could not be judged."""
    from cli.main import app
    from monitoring.results.remote import copied
    from monitoring.sources.errors import SourceError
    from monitoring.sources.storage import Storage

    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--results", required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("command", nargs="+")
    before, options = _split(arguments)
    known = parser.parse_args(before)
    # Results say in which file a limit stands: by the same name wherever the job runs.
    os.chdir(Path(__file__).resolve().parent)

    def is_wanted(path: str) -> bool:
        return "circuits" not in path.split("/") or path.startswith(f"{known.as_of}/")

    try:
        with copied(Storage(known.results), is_wanted) as folder:
            results = folder if known.command == ["daily"] else folder / str(known.as_of)
            day = ["--as-of", str(known.as_of), "--results", str(results)]
            app([*known.command, *day, *options])
    except SourceError as error:
        print(f"mlmon: {error}", file=sys.stderr)  # noqa: T201 - the job is a command itself
        sys.exit(2)


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Divide the job's own arguments from those of the command at the first `--`."""
    if "--" not in arguments:
        return arguments, []
    place = list(arguments).index("--")
    return arguments[:place], arguments[place + 1 :]


if __name__ == "__main__":
    main(sys.argv[1:])
