"""Puts another baseline in force after a retraining, keeps the old one, and writes down why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from generator.fleet import Circuit
from monitoring.baselines.creating import Creation, Outcome, put_first, read_role
from monitoring.baselines.description import Description, Source
from monitoring.baselines.errors import BaselineError, MissingBaselineError
from monitoring.baselines.folder import Baseline, BaselineFolder
from monitoring.baselines.places import Places, Role
from monitoring.baselines.taking import Taking, take
from monitoring.sources import CircuitKey, SourceError, StoredTable


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who says that a new model is in force, and why."""

    model_version: str
    reason: str
    by: str
    at: datetime
    """In UTC."""

    def __post_init__(self) -> None:
        """Refuse what would leave a hole in the log.

        Raises:
            BaselineError: a field is empty.
        """
        for name, text in (
            ("--model-version", self.model_version),
            ("--reason", self.reason),
            ("--by", self.by),
        ):
            if not text.strip() or not text.isprintable():
                raise BaselineError(
                    f"{text!r} does not say anything", name, "give it as a line of text"
                )


def accept(
    circuit: Circuit,
    tables: Mapping[Role, StoredTable],
    places: Places,
    taking: Taking,
    acceptance: Acceptance,
    *,
    storage_options: Mapping[str, str] | None = None,
) -> list[Creation]:
    """Put new baselines in force, of predictions first where their table is given.

    The log is written before the baseline is changed, so that no change is without an entry. If the
    process ends in between, the old one stays in force, and the same command goes on.

    Args:
        circuit: as configured; its model version is the accepted one's.
        tables: of sensors (`inputs`), and perhaps of predictions (`outputs`).
        places: where baselines lie.
        taking: window, and whether data may fail the quality gate.
        acceptance: who, when and why.
        storage_options: of delta-rs, for the places.

    Raises:
        BaselineError: there is no baseline yet, it is undamaged and of the accepted model version,
            or the data are not good enough.
        SourceError: a table cannot be read, or storage refuses to write.
    """
    accepted = replace(circuit, model_version=acceptance.model_version)
    folder = BaselineFolder(places.folder(circuit, "inputs"), storage_options)
    _require_replaceable(folder, acceptance)
    order: tuple[Role, ...] = ("outputs", "inputs")
    taken = [
        (role, _taken(accepted, role, tables[role], taking)) for role in order if role in tables
    ]
    done = []
    for role, baseline in taken:
        place = BaselineFolder(places.folder(circuit, role), storage_options)
        done.append(_replace(place, baseline, taking, acceptance))
    return done


@dataclass(frozen=True, slots=True)
class _Current:
    """What is in force, which may be damaged: a new one is then the way out."""

    version: str
    description: Description | None
    problem: str


def _current(folder: BaselineFolder) -> _Current | None:
    version = folder.version_in_force()
    if version is None:
        return None
    description = None
    try:
        description = folder.describe(version)
        folder.load(description)
    except BaselineError as error:
        return _Current(version, description, str(error))
    return _Current(version, description, "")


def _require_replaceable(folder: BaselineFolder, acceptance: Acceptance) -> None:
    current = _current(folder)
    if current is None:
        raise MissingBaselineError(
            "there is no baseline to replace", folder.uri, "write one with `mlmon baseline create`"
        )
    found = current.description
    if not current.problem and found and found.model_version == acceptance.model_version:
        raise BaselineError(
            f"{current.version} is of model version {found.model_version} already",
            folder.uri,
            "give the version of the retrained model with --model-version",
        )


def _taken(circuit: Circuit, role: Role, table: StoredTable, taking: Taking) -> Baseline:
    key = CircuitKey.of(circuit)
    reading = read_role({key: circuit}, role, table, taking)
    found = [readings for batch in reading for readings in batch]
    if reading.issues:
        issue = reading.issues[0]
        raise SourceError(issue.what, issue.where, issue.fix)
    if not found:
        raise BaselineError(
            f"there is no row of {key} from {taking.windows.whole.start:%Y-%m-%d} to before "
            f"{taking.as_of}",
            table.uri,
            "choose another --as-of",
        )
    source = Source(address=table.uri, delta_version=table.version)
    return take(circuit, role, found[0], source, taking)


def _replace(
    folder: BaselineFolder, baseline: Baseline, taking: Taking, acceptance: Acceptance
) -> Creation:
    wanted = baseline.description
    with folder.locked():
        current = _current(folder)
        if current is not None:
            before = current.description
            if before is not None and not current.problem and before.content == wanted.content:
                # Where this command was killed between predictions and features.
                return Creation(wanted.key, wanted.role, Outcome.UNCHANGED, folder.uri, before, "")
            is_same_model = before is not None and before.model_version == wanted.model_version
            starts = before.streak_starts if before and is_same_model else taking.as_of
            wanted = wanted.renamed(supersedes=current.version, streak_starts=starts)
            stored = folder.write(Baseline(wanted, baseline.values))
            folder.log(_entry(current, stored, acceptance))
            folder.put_in_force(stored.baseline)
            return Creation(wanted.key, wanted.role, Outcome.WRITTEN, folder.uri, stored, "")
    return put_first(folder, baseline)


def _entry(current: _Current, accepted: Description, acceptance: Acceptance) -> dict[str, object]:
    before, quality = current.description, accepted.quality
    return {
        "at": acceptance.at.astimezone(UTC).isoformat(timespec="seconds"),
        "by": acceptance.by,
        "reason": acceptance.reason,
        "plant_id": accepted.plant_id,
        "circuit_id": accepted.circuit_id,
        "role": accepted.role,
        "from": current.version,
        "from_model_version": None if before is None else before.model_version,
        "from_problem": current.problem,
        "to": accepted.baseline,
        "to_model_version": accepted.model_version,
        "as_of": accepted.end.date().isoformat(),
        "data": accepted.source.address,
        "delta_version": accepted.source.delta_version,
        "quality": None if quality is None else quality.model_dump(mode="json"),
    }
