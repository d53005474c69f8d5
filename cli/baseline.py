"""Where baselines are looked for, what is said of them, and the work of `mlmon baseline`."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cli.progress import counted
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.baselines import (
    Acceptance,
    Creation,
    Outcome,
    PinnedBaselines,
    Places,
    Role,
    accept,
    create,
    datastore,
    pin,
)
from monitoring.baselines.taking import Taking
from monitoring.results.folder import ResultsFolder
from monitoring.sources import StoredTable, open_table

CONFIGURED: Final = "configured"
"""Instead of a folder: the paths that the configuration gives each circuit."""
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Baselines:
    """Where baselines are, as options say it."""

    folder: str
    """A folder, an `abfss://` address, or CONFIGURED."""
    datastores: Sequence[str] = ()

    def places(self) -> Places:
        """Read the options.

        Raises:
            BaselineError: a datastore's option has another form.
        """
        if self.folder == CONFIGURED:
            return Places.configured(dict(datastore(each) for each in self.datastores))
        return Places.under(self.folder)


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """What `mlmon baseline create` is asked for."""

    data: str
    predictions: str | None
    places: Places
    taking: Taking
    circuits: Sequence[Circuit]
    style: Literal["text", "json"]


def pinned(
    baselines: Baselines, circuits: Sequence[Circuit], roles: Sequence[Role]
) -> PinnedBaselines:
    """Tell which baselines are in force.

    Raises:
        BaselineError: an option has another form.
        SourceError: storage fails.
    """
    return pin(circuits, baselines.places(), roles)


def baseline_notes(folder: ResultsFolder, circuits: Sequence[Circuit]) -> tuple[list[str], bool]:
    """Say which circuits could not be compared with a baseline, and whether one is damaged."""
    missing, unusable = [], []
    for circuit in circuits:
        result = folder.read_circuit(circuit.key)["result"]
        for name in ("drift", "prediction_drift"):
            found: dict[str, Any] = (result[name] or {}).get("training") or {}
            if found.get("status") == "missing":
                missing.append(f"{circuit.key} ({name})")
            elif found.get("status") == "unusable":
                unusable.append((f"{circuit.key} ({name})", found["problem"]))
    return notes_of(missing, unusable), bool(unusable)


def notes_of(missing: Sequence[str], unusable: Sequence[tuple[str, str]]) -> list[str]:
    """Say who has no baseline yet, and each problem of the others once.

    Args:
        missing: circuits without a baseline.
        unusable: circuits whose baseline cannot be used, each with why.
    """
    problems = defaultdict(list)
    for circuit, problem in unusable:
        problems[problem].append(circuit)
    notes = []
    for problem, circuits in problems.items():
        more = f" and {len(circuits) - 1} more" if len(circuits) > 1 else ""
        notes.append(f"{circuits[0]}{more}: {problem}")
    told = shortened(notes, "problems of baselines that cannot be used")
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        told.append(printable(f"mlmon: without a baseline: {', '.join(missing[:_SHOWN])}{more}"))
    return told


def shortened(notes: Sequence[str], what: str) -> list[str]:
    """Say the first so many, and how many more of what there are."""
    told = [printable(f"mlmon: {note}") for note in notes[:_SHOWN]]
    if len(notes) > _SHOWN:
        told.append(f"mlmon: and {len(notes) - _SHOWN} more {what}")
    return told


def run_create(request: CreateRequest) -> tuple[str, list[str], bool]:
    """Write baselines; tell what came of it, what to say beside it, and whether all have one.

    Raises:
        BaselineError: two circuits share a folder.
        SourceError: data cannot be read, or storage refuses to write.
    """
    passes: list[tuple[Role, str]] = [("inputs", request.data)]
    if request.predictions is not None:
        passes.append(("outputs", request.predictions))
    creations: list[Creation] = []
    notes: list[str] = []
    for role, address in passes:
        with counted(f"baselines of {role}", len(request.circuits)) as progress:
            created = create(
                request.circuits,
                role,
                open_table(address),
                request.places,
                request.taking,
                progress=progress,
            )
        creations += created.creations
        notes += [f"mlmon: {issue}" for issue in created.issues]
    is_whole = not notes
    refused = [c for c in creations if c.outcome is Outcome.REFUSED]
    told = [f"{c.key} ({c.role}): {c.reason}" for c in refused]
    notes += shortened(told, "that were refused")
    text = creations_text(creations) if request.style == "text" else creations_json(creations)
    return text, notes, is_whole and not refused


def run_accept(
    circuit: Circuit,
    data: str,
    predictions: str | None,
    places: Places,
    taking: Taking,
    acceptance: Acceptance,
) -> list[Creation]:
    """Put a circuit's new baseline in force.

    Raises:
        BaselineError: it is refused.
        SourceError: data cannot be read, or storage refuses to write.
    """
    tables: dict[Role, StoredTable] = {"inputs": open_table(data)}
    if predictions is not None:
        tables["outputs"] = open_table(predictions)
    return accept(circuit, tables, places, taking, acceptance)


def creations_text(creations: Sequence[Creation]) -> str:
    """Tell how many baselines there are now, and where those are that are new."""
    counts = {outcome: sum(c.outcome is outcome for c in creations) for outcome in Outcome}
    head = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
    written = [c for c in creations if c.outcome is Outcome.WRITTEN and c.description]
    lines = [
        f"  {c.key} {c.role}: {c.description.rows:,} rows, {c.folder}/{c.description.baseline}"
        for c in written[:_SHOWN]
        if c.description
    ]
    if len(written) > _SHOWN:
        lines.append(f"  ... and {len(written) - _SHOWN} more")
    return "\n".join(printable(line) for line in (f"baselines: {head}", *lines))


def creations_json(creations: Sequence[Creation]) -> str:
    """Write what became of each baseline."""
    content = [
        {
            "circuit": c.key,
            "role": c.role,
            "outcome": c.outcome.value,
            "folder": c.folder or None,
            "baseline": None if c.description is None else c.description.baseline,
            "rows": None if c.description is None else c.description.rows,
            "reason": c.reason,
        }
        for c in creations
    ]
    return json.dumps(content, indent=2, ensure_ascii=False)
