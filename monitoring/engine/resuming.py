"""The part that runs of all jobs share: each circuit into the folder as it comes, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.fleet import Circuit
from monitoring.engine.task import Engine, Met, Task
from monitoring.results.folder import MET, ResultsError, ResultsFolder

Progress = Callable[[int, int], None]
"""Is told how many circuits are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was met in the data, as the folder keeps it."""

    issues: Mapping[str, Sequence[str]]
    """Parts that could not be read, each a sentence, with the circuits that they are about."""
    unknown: tuple[str, ...]
    """Circuits that are in the data and not in the configuration."""

    def about(self, key: str) -> list[str]:
        """Tell the issues that are about a circuit."""
        return [issue for issue, circuits in self.issues.items() if key in circuits]


def judge_left(
    circuits: Sequence[Circuit],
    folder: ResultsFolder,
    engine: Engine,
    task: Callable[[Sequence[Circuit]], Task],
    progress: Progress | None,
) -> Known:
    """Judge the circuits that have no result in the folder yet, and write each as it comes.

    Args:
        circuits: of the whole run.
        folder: open for writing.
        engine: what reads and judges.
        task: makes the task of the circuits that are left.
        progress: called after each portion of circuits.

    Raises:
        SourceError: storage fails, or delivers no file of the pinned version any more.
        EngineError: what computes does not work.
        ResultsError: the folder holds something else.
        OSError: results cannot be written.
    """
    done = folder.finished()
    left = [circuit for circuit in circuits if circuit.key not in done]
    met = Met()
    if not left and not folder.has(MET):
        left = list(circuits)  # it was killed behind its last circuit: nobody knows what was met
    if left:
        count = len(circuits) - len(left)
        for portion in engine.judge(task(left), met):
            for circuit, content in portion:
                folder.write_circuit(circuit.plant_id, circuit.circuit_id, content)
            count += len(portion)
            if progress:
                progress(count, len(circuits))
        _note(folder, circuits, left, met)
    kept: dict[str, Any] = folder.read(MET)
    if not kept.keys() >= {"issues", "unknown"}:
        raise ResultsError(f"{folder.path / MET} is not of this run; remove it and run again")
    return Known(kept["issues"], tuple(kept["unknown"]))


def _note(
    folder: ResultsFolder, circuits: Sequence[Circuit], left: Sequence[Circuit], met: Met
) -> None:
    """Keep what was met beside the circuits: a run that finds nothing left to do tells it again."""
    every = [circuit.key for circuit in circuits]
    asked = {circuit.key for circuit in left}
    issues = {}
    for issue in met.issues:
        about = {str(key) for key in issue.circuits}
        # What all circuits lack that were left, those that were judged before lack as well.
        issues[str(issue)] = every if about >= asked else sorted(about)
    unknown = sorted(met.unknown - set(every))
    folder.write(MET, {"issues": dict(sorted(issues.items())), "unknown": unknown})
