"""Reads a configuration folder: four kinds of files in, models and every problem out.

Bytes become data (`source`), data becomes models (`models`); nothing behind this module knows
YAML. An entry that is wrong is reported and set aside, so that the rest is still checked.
"""

import difflib
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from generator.diagnostics import Location, Problem, Span
from generator.models.alerts import AlertsFile
from generator.models.base import StrictModel
from generator.models.circuits import CircuitsFile
from generator.models.environments import Environment
from generator.models.thresholds import ThresholdsFile
from generator.source import Path_, Source, SourceError, Value, parse, read_text

ModelT = TypeVar("ModelT", bound=StrictModel)

# Collections whose entries stand alone: a wrong one is set aside, the others are still checked.
_ENTRIES: dict[type[StrictModel], tuple[str, ...]] = {
    CircuitsFile: ("circuits", "plants", "classes"),
    ThresholdsFile: ("classes", "plants", "circuits"),
    AlertsFile: ("alert_rules", "action_groups"),
}


@dataclass(frozen=True, slots=True)
class Document(Generic[ModelT]):
    """A file's model beside its text, so that a finding can be placed."""

    source: Source
    model: ModelT

    def problem(
        self, path: Path_, problem_id: str, message: str, fix: str, *, key: bool = False
    ) -> Problem:
        """Make a problem at `path` of this file."""
        return Problem(problem_id, message, self.source.locate(path, key=key), fix)

    def names(self, collection: str, key: str | None = None) -> set[str]:
        """Names of a collection as written, also of entries that were set aside as wrong."""
        data = self.source.data
        entries = data.get(collection) if isinstance(data, dict) else None
        if isinstance(entries, dict):
            return set(entries)
        if isinstance(entries, list) and key is not None:
            return {str(e[key]) for e in entries if isinstance(e, dict) and key in e}
        return set()


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration folder, parsed and typed; cross-file rules are not yet checked."""

    circuits: Document[CircuitsFile]
    thresholds: Document[ThresholdsFile]
    alerts: Document[AlertsFile]
    environments: dict[str, Document[Environment]] = field(default_factory=dict)


def load(folder: Path) -> tuple[Configuration | None, list[Problem]]:
    """Read `circuits.yaml`, `thresholds.yaml`, `alerts.yaml` and `environments/*.yaml`.

    Returns the configuration, None if a whole file is unusable, and every problem found.
    """
    problems: list[Problem] = []
    circuits = _read(folder / "circuits.yaml", CircuitsFile, problems)
    thresholds = _read(folder / "thresholds.yaml", ThresholdsFile, problems)
    alerts = _read(folder / "alerts.yaml", AlertsFile, problems)
    paths = sorted((folder / "environments").glob("*.yaml"))
    environments = {p.stem: _read(p, Environment, problems) for p in paths}
    if not paths:
        location = Location(str(folder / "environments"), Span(1, 1, 1, 2), "")
        problems.append(
            Problem(
                "environments/none",
                "there is no environment",
                location,
                "add environments/NAME.yaml; see config/schemas/environment.schema.json",
            )
        )
    if circuits is None or thresholds is None or alerts is None:
        return None, problems
    known = {name: document for name, document in environments.items() if document is not None}
    return Configuration(circuits, thresholds, alerts, known), problems


def _read(path: Path, model: type[ModelT], problems: list[Problem]) -> Document[ModelT] | None:
    file = path.as_posix()
    try:
        source = parse(read_text(path, file), file)
    except SourceError as error:
        problems += error.problems
        return None
    return validate(source, model, problems)


def validate(
    source: Source, model: type[ModelT], problems: list[Problem]
) -> Document[ModelT] | None:
    """Make a model of a source; problems are added, wrong entries set aside."""
    data: Value = source.data
    try:
        return Document(source, _placed(model.model_validate(data), {}))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        problems += [_problem(source, model, d) for d in details]
    wrong = {tuple(d["loc"][:2]) for d in details}
    kept, places = _without(data, wrong, _ENTRIES.get(model, ()))
    try:
        return Document(source, _placed(model.model_validate(kept), places))
    except ValidationError:
        return None


def _without(
    data: Value, wrong: set[tuple[int | str, ...]], collections: tuple[str, ...]
) -> tuple[Value, dict[str, list[int]]]:
    """Leave the wrong entries out; for lists, tell where each kept one stood."""
    places: dict[str, list[int]] = {}
    if not isinstance(data, dict):
        return data, places
    kept = dict(data)
    for name in collections:
        entries = data.get(name)
        if isinstance(entries, list):
            places[name] = [i for i in range(len(entries)) if (name, i) not in wrong]
            kept[name] = [entries[i] for i in places[name]]
        elif isinstance(entries, dict):
            kept[name] = {k: v for k, v in entries.items() if (name, k) not in wrong}
    return kept, places


def _placed(model: ModelT, places: dict[str, list[int]]) -> ModelT:
    """Tell each entry of the model's collections where it stood in the file."""
    for name in _ENTRIES.get(type(model), ()):
        entries = getattr(model, name)
        if isinstance(entries, dict):
            for key, entry in entries.items():
                entry._path = (name, key)
        else:
            for index, entry in zip(places.get(name, range(len(entries))), entries, strict=True):
                entry._path = (name, index)
    return model


_IDS = {
    "extra_forbidden": "config/unknown-key",
    "missing": "config/missing-key",
    "literal_error": "config/wrong-value",
    "greater_than": "config/out-of-range",
    "greater_than_equal": "config/out-of-range",
    "less_than": "config/out-of-range",
    "less_than_equal": "config/out-of-range",
    "too_short": "config/too-long",
    "too_long": "config/too-long",
}


def _problem(source: Source, model: type[StrictModel], details: ErrorDetails) -> Problem:
    path: Path_ = tuple(details["loc"])
    kind = details["type"]
    context = details.get("ctx", {})
    location = source.locate(path, key=kind == "extra_forbidden")
    if kind == "mlmon":
        return Problem(context["id"], details["msg"], location, context["fix"])
    problem_id = _IDS.get(kind, "config/wrong-type")
    name = path[-1] if path else "file"
    if kind == "extra_forbidden":
        keys = _keys(model, path[:-1])
        close = difflib.get_close_matches(str(name), keys, 1)
        fix = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(keys)}"
        return Problem(problem_id, f"unknown key `{name}`", location, fix)
    if kind == "missing":
        return Problem(problem_id, f"the key `{name}` is missing", location, f"add `{name}`")
    message = f"`{name}`: {details['msg'][0].lower()}{details['msg'][1:]}"
    fix = _TYPE_FIXES.get(kind, "see config/schemas for what is allowed")
    if kind == "literal_error":
        fix = f"write {context['expected']}"
    return Problem(problem_id, message, location, fix)


_TYPE_FIXES = {
    "string_type": "write a text; put quotes around it if it looks like a number or true/false",
    "int_type": "write a whole number without quotes",
    "bool_type": "write true or false",
    "list_type": "write a list",
    "dict_type": "write a mapping",
    "model_type": "write a mapping of keys and values",
    "is_instance_of": "write a number without quotes",
    "greater_than": "write a larger number",
    "greater_than_equal": "write a larger number",
    "less_than": "write a smaller number",
    "less_than_equal": "write a smaller number",
}


def _keys(model: type[BaseModel], path: Path_) -> list[str]:
    """Tell the keys a mapping at `path` may have, by walking the models' annotations."""
    candidates: list[object] = [model]
    for step in path:
        following: list[object] = []
        for candidate in candidates:
            following += _step(candidate, step)
        # A step that is no key is pydantic's name for a union's member.
        candidates = following or candidates
    return sorted(
        {
            info.alias or name
            for candidate in _flat(candidates)
            if isinstance(candidate, type) and issubclass(candidate, BaseModel)
            for name, info in candidate.model_fields.items()
        }
    )


def _flat(annotations: list[object]) -> list[object]:
    """Open unions and Annotated until models and containers are left."""
    flat: list[object] = []
    for annotation in annotations:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            flat += _flat([typing.get_args(annotation)[0]])
        elif origin is typing.Union or type(annotation).__name__ == "UnionType":
            flat += _flat(list(typing.get_args(annotation)))
        else:
            flat.append(annotation)
    return flat


def _step(annotation: object, step: str | int) -> list[object]:
    following: list[object] = []
    for candidate in _flat([annotation]):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            following += [
                info.annotation
                for name, info in candidate.model_fields.items()
                if step in (name, info.alias)
            ]
        elif typing.get_origin(candidate) is list and isinstance(step, int):
            following += typing.get_args(candidate)
        elif typing.get_origin(candidate) is dict and isinstance(step, str):
            following.append(typing.get_args(candidate)[1])
    return following
