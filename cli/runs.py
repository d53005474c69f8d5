"""What the commands share that judge a fleet: inputs, engines, and notes on what they met."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Literal

from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.engine.local import LocalEngine
from monitoring.engine.task import Engine
from monitoring.results.folder import digest

EngineName = Literal["local", "spark"]


def delta_version(pinned: int | str | None) -> int | None:
    """Tell the version of a Delta table; a folder of Parquet files has none to go back to."""
    return pinned if isinstance(pinned, int) else None


@contextmanager
def running_engine(name: EngineName, threads: int) -> Iterator[Engine]:
    """Start an engine, and end it.

    Raises:
        EngineError: pyspark or Java is missing.
    """
    if name == "local":
        yield LocalEngine(threads)
        return
    from monitoring.engine.spark import SparkEngine, running_session

    with running_session(threads) as session:
        yield SparkEngine(session)


def configuration_digest(circuits: Sequence[Circuit]) -> str:
    """Return the digest of what the configuration says of circuits."""
    plain = [json.loads(json.dumps(asdict(c), default=str, sort_keys=True)) for c in circuits]
    return digest(plain)


def notes_on(
    issues: Sequence[str], failed: Sequence[str], absent: Sequence[str], unknown: Sequence[str]
) -> list[str]:
    """Tell what a run met that somebody should know beside its result."""
    notes = [f"mlmon: {issue}" for issue in issues]
    if failed:
        notes.append(f"mlmon: could not be judged: {_some(failed)}")
    if absent:
        notes.append(f"mlmon: without any row in the windows: {_some(absent)}")
    if unknown:
        notes.append(
            f"mlmon: in the data and not in the configuration, so not judged: {_some(unknown)}"
        )
    return [printable(text) for text in notes]


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - 10} more" if len(keys) > 10 else ""
    return ", ".join(keys[:10]) + more
