"""The folder of one run: what it was asked for, each circuit as it comes, then the whole.

    manifest.json                     what the run was asked for; it names the run
    circuits/PLANT001/CIRCUIT01.json  a circuit's result, as soon as it is there
    drift_results_20261126.json       written at the end, like every other file beside it

A file is there whole or not at all, and nothing in it tells when or on what machine it was written:
a run that was killed and goes on ends with the same bytes as one that was not.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic_core import from_json, to_json

from monitoring.files import remove_asides, write_atomically

MANIFEST: Final = "manifest.json"
MET: Final = "met.json"
"""File of what was met in the data beside the circuits."""

_CIRCUITS: Final = "circuits"
_FORMAT: Final = 1
_JSON_NAMES: Final[dict[type, str]] = {dict: "object", list: "list"}
_OWN: Final = (MANIFEST, MET, "drift_results_*.json", "quality_results_*.json")
"""What only a run writes into its folder, by name."""
T = TypeVar("T", dict[str, Any], list[Any])
_PARTS: Final = {"drift": {"rows", "result", "records"}}
"""What a job keeps of a circuit, where it is not rows and result alone."""
PERFORMANCE: Final = "performance"
"""The performance job's own folder in that of a day; what it writes there begins with this."""
REPORT: Final = "daily_monitoring_report.html"
"""The page on the day; there may be one of a night in which no run could begin."""
NOTIFICATIONS: Final = "notifications"
"""Folder of messages about the day; there may be some before a run has begun, if it cannot."""


class ResultsError(Exception):
    """A results folder that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What decides a run's results: the same inputs have the same results."""

    job: str
    """`drift` or `performance`."""
    environment: str
    as_of: str
    """The exclusive midnight that ends the last day looked at, ISO 8601."""
    data: str
    """Address of the sensors' table; the performance job has that of the actuals."""
    data_version: int | str | None
    """Version of the Delta table that is read; of a folder of Parquet files a digest of their
    names, sizes and times of writing."""
    predictions: str | None
    """Address of the predictions' table, where predictions are judged."""
    predictions_version: int | str | None
    """None where there are none, or those that were named could not be read."""
    rule: str
    calibration: str | None
    """Digest of the limits that circuits are held to."""
    configuration: str
    """Digest of what the configuration says of the circuits."""
    baselines: str | None = None
    """Digest of the training snapshots that are compared with; None without any."""

    @property
    def run_id(self) -> str:
        """Name of the run: the same inputs have the same name."""
        return digest(asdict(self))[:16]

    @property
    def lacks_predictions(self) -> bool:
        """Whether predictions were named and could not be read, so that they were not judged."""
        return self.predictions is not None and self.predictions_version is None

    def is_completed_by(self, inputs: "RunInputs") -> bool:
        """Tell whether inputs are these and the predictions that these lack."""
        return self.lacks_predictions and inputs == replace(
            self,
            predictions=inputs.predictions,
            predictions_version=inputs.predictions_version,
        )


def digest(content: object) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class ResultsFolder:
    """The folder of one run, open for writing by one process at a time."""

    def __init__(self, path: Path, inputs: RunInputs) -> None:
        self.path = path
        self.inputs = inputs

    def finished(self) -> set[str]:
        """Tell which circuits, as `PLANT/CIRCUIT`, have a whole result of this run."""
        found = set()
        for file in (self.path / _CIRCUITS).glob("*/*.json"):
            key = f"{file.parent.name}/{file.stem}"
            with suppress(ResultsError):  # damaged, or of another run: it is judged again
                self.read_circuit(key)
                found.add(key)
        return found

    def write_circuit(self, plant_id: str, circuit_id: str, result: Mapping[str, object]) -> None:
        """Write the result of a circuit."""
        path = self.path / _CIRCUITS / plant_id / f"{circuit_id}.json"
        whose = {"run_id": self.inputs.run_id, "circuit": f"{plant_id}/{circuit_id}"}
        write_atomically(path, as_json({**whose, **result}))

    def read_circuit(self, key: str) -> dict[str, Any]:
        """Read the result of a circuit.

        Raises:
            ResultsError: the file cannot be read, or is of another circuit or run.
        """
        path = self.path / _CIRCUITS / f"{key}.json"
        content: dict[str, Any] = read_json(path, dict)
        whose = (content.get("run_id"), content.get("circuit"))
        parts = _PARTS.get(self.inputs.job, {"rows", "result"})
        if whose != (self.inputs.run_id, key) or not content.keys() >= parts:
            raise ResultsError(
                f"{path} is no result of this circuit in this run; remove it, it is judged again"
            )
        return content

    def has(self, name: str) -> bool:
        """Tell whether a file of the whole run is there."""
        return (self.path / name).is_file()

    def read(self, name: str) -> dict[str, Any]:
        """Read a file of the whole run.

        Raises:
            ResultsError: the file cannot be read.
        """
        return read_json(self.path / name, dict)

    def write(self, name: str, content: object) -> Path:
        """Write a file of the whole run and tell where it is."""
        write_atomically(self.path / name, as_json(content))
        return self.path / name


@contextmanager
def open_results(path: Path, inputs: RunInputs, *, anew: bool = False) -> Iterator[ResultsFolder]:
    """Begin a run in a folder, or go on with it.

    A run that lacked its predictions is begun anew once they can be read.

    Args:
        path: the folder; it is made.
        inputs: what the run is asked for.
        anew: remove the run that the folder has; messages about the day stay.

    Raises:
        ResultsError: the folder has the results of another run, or another process writes there.
        OSError: the folder cannot be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    with locked(path, ResultsError(f"another run writes to {path}; wait for its end")):
        if anew and (path / MANIFEST).exists():
            _remove_run(path)
        found = read_manifest(path)
        if found is None and any(_of_run(path)):
            raise ResultsError(f"{path} holds files and no {MANIFEST}; name an empty or new folder")
        if found is None or found.is_completed_by(inputs):
            manifest = {"format": _FORMAT, "run_id": inputs.run_id, **asdict(inputs)}
            write_atomically(path / MANIFEST, as_json(manifest))
        elif found != inputs:
            raise ResultsError(
                f"{path} holds another run, which differs in {_difference(found, inputs)}; "
                "name another folder, or remove this one"
            )
        for name in _OWN:
            remove_asides(path, name)
        for plant in (path / _CIRCUITS).glob("*"):
            remove_asides(plant, "*.json")
        yield ResultsFolder(path, inputs)


def _of_run(path: Path) -> Iterator[Path]:
    """List what a run writes, or somebody else: all but what others have beside it."""
    beside = (".", PERFORMANCE, NOTIFICATIONS, REPORT)
    return (file for file in path.iterdir() if not file.name.startswith(beside))


def _remove_run(path: Path) -> None:
    """Remove a run, its manifest last: if this is interrupted, the run goes on."""
    for file in sorted(_of_run(path), key=lambda each: each.name == MANIFEST):
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()


def read_manifest(path: Path) -> RunInputs | None:
    """Read what the run of a folder was asked for; None where no run has begun.

    Raises:
        ResultsError: the manifest cannot be read.
    """
    file = path / MANIFEST
    if not file.exists():
        return None
    content = read_json(file, dict, f"remove {path} and run again")
    if content.pop("format", None) != _FORMAT:
        raise ResultsError(f"{file} is of another version of mlmon; name another folder")
    run_id = content.pop("run_id", None)
    try:
        inputs = RunInputs(**content)
    except TypeError:
        raise ResultsError(f"{file} is no manifest of a run; name another folder") from None
    if inputs.run_id != run_id:
        raise ResultsError(f"{file} was changed by hand: it does not have its own name {run_id}")
    return inputs


def key_of(content: Mapping[str, Any]) -> str:
    """Return the circuit that a result or a record is of, as `PLANT/CIRCUIT`."""
    return f"{content['plant_id']}/{content['circuit_id']}"


def as_json(content: object) -> str:
    """Write JSON that people can read.

    Raises:
        ValueError: a number is NaN or infinite, which JSON has not.
    """
    written = to_json(content, indent=2, inf_nan_mode="constants")
    from_json(written, allow_inf_nan=False)
    return written.decode() + "\n"


def _difference(found: RunInputs, inputs: RunInputs) -> str:
    mine, other = asdict(inputs), asdict(found)
    return "; ".join(
        f"{name}: {other[name]} there, {value} here"
        for name, value in mine.items()
        if other[name] != value
    )


def read_json(file: Path, kind: type[T], fix: str = "remove it and run again") -> T:
    """Read a file that `as_json` wrote, an object or a list; else say what to do.

    Raises:
        ResultsError: the file is not there, cannot be read, or holds something else.
    """
    try:
        content = from_json(file.read_bytes(), allow_inf_nan=False)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{file} cannot be read: {error}; {fix}") from None
    if not isinstance(content, kind):
        raise ResultsError(f"{file} holds no JSON {_JSON_NAMES[kind]}; {fix}")
    return content


@contextmanager
def locked(path: Path, busy: Exception) -> Iterator[None]:
    """Let one process at a time work in a folder; the lock goes with it, however it ends.

    Args:
        path: an existing folder.
        busy: raised if another process works there.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise busy from None
    try:
        yield
    finally:
        os.close(descriptor)
