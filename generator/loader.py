"""Reads a configuration folder: four kinds of files in, models and every problem out.

Bytes become data (`source`), data becomes models (`models`); nothing behind this module knows
YAML. An entry that is wrong is reported and set aside, so that the rest is still checked.
"""

import difflib
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from generator.diagnostics import Location, Problem, Span
from generator.fleet import FLEET_LIMITS
from generator.models.alerts import AlertsFile
from generator.models.base import StrictModel
from generator.models.circuits import CircuitsFile
from generator.models.environments import Environment
from generator.models.notifications import CLEAR_SECRET
from generator.models.thresholds import ThresholdsFile
from generator.source import Path_, Source, SourceError, Value, parse, read_text

ModelT = TypeVar("ModelT", bound=StrictModel)

_ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

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
        return {str(e[key]) for _, e in self.entries(collection) if key is not None and key in e}

    def entries(self, collection: str) -> list[tuple[int, dict[str, Value]]]:
        """Mappings of a list with their indexes, also those that were set aside as wrong."""
        data = self.source.data
        entries = data.get(collection) if isinstance(data, dict) else None
        if not isinstance(entries, list):
            return []
        return [(i, e) for i, e in enumerate(entries) if isinstance(e, dict)]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration folder, parsed and typed; cross-file rules are not yet checked."""

    circuits: Document[CircuitsFile]
    thresholds: Document[ThresholdsFile]
    alerts: Document[AlertsFile]
    environments: dict[str, Document[Environment]] = field(default_factory=dict)


def load(folder: Path, base: Path | None = None) -> tuple[Configuration | None, list[Problem]]:
    """Read `circuits.yaml`, `thresholds.yaml`, `alerts.yaml` and `environments/*.yaml`.

    What `folder` lacks is read from `base`: rule tests bring a fleet of their own, and try the
    rules of the project on it.

    Returns the configuration, None if a whole file is unusable, and every problem found.
    """

    def find(name: str) -> Path:
        own = folder / name
        return own if base is None or own.exists() else base / name

    problems: list[Problem] = []
    circuits = _read(find("circuits.yaml"), CircuitsFile, problems)
    thresholds = _read(find("thresholds.yaml"), ThresholdsFile, problems)
    alerts = _read(find("alerts.yaml"), AlertsFile, problems)
    files = sorted(find("environments").glob("*"))
    paths = [p for p in files if p.suffix == ".yaml"]
    problems += [
        Problem(
            "config/bad-format",
            f"`{p.name}` is not read",
            Location(p.as_posix(), Span(1, 1, 1, 2), ""),
            "an environment is a file NAME.yaml: rename it, or move it away",
        )
        for p in files
        if p.suffix != ".yaml" and not p.name.startswith(".")
    ]
    environments = {
        p.stem: _read(p, Environment, problems) for p in paths if _is_named(p, problems)
    }
    if not paths:
        location = Location(str(find("environments")), Span(1, 1, 1, 2), "")
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


def _is_named(path: Path, problems: list[Problem]) -> bool:
    """Check an environment's name: it becomes folders, tags and deployment names."""
    if len(path.stem) <= 40 and _ENVIRONMENT_NAME.fullmatch(path.stem):
        return True
    problems.append(
        Problem(
            "config/bad-format",
            f"`{path.stem}` is not the name of an environment",
            Location(path.as_posix(), Span(1, 1, 1, 2), ""),
            "name the file with lower-case letters, digits and hyphens, such as prod.yaml",
        )
    )
    return False


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
        problems += _problems(source, model, details)
    wrong = {tuple(d["loc"][:2]) for d in details}
    collections = _ENTRIES.get(model, ())
    kept, places = _without(data, wrong, collections)
    if isinstance(kept, dict):
        # A wrong part that may be left out is set aside, too, and with it unknown keys.
        wrong_keys = {str(w[0]) for w in wrong if w and w[0] not in collections}
        required = {i.alias or n for n, i in model.model_fields.items() if i.is_required()}
        kept = {k: v for k, v in kept.items() if k not in wrong_keys or k in required}
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


def _problems(
    source: Source, model: type[StrictModel], details: list[ErrorDetails]
) -> Iterator[Problem]:
    """Report the first hundred; a file with more has one mistake, many times."""
    for detail in details[:_MOST_PROBLEMS]:
        if not _misspelt(detail, details[:_MOST_PROBLEMS]):
            yield _problem(source, model, detail)
    if len(details) > _MOST_PROBLEMS:
        rest = details[_MOST_PROBLEMS:]
        yield Problem(
            "config/more",
            f"{len(rest)} more problems in this file",
            source.locate(tuple(rest[0]["loc"])),
            "mend those above first",
        )


_MOST_PROBLEMS = 100

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
        if context["id"] in {"alerts/clear-url", CLEAR_SECRET}:
            location = replace(location, source_line="")  # the line holds the secret
        return Problem(context["id"], context["message"], location, context["fix"])
    problem_id = _IDS.get(kind, "config/wrong-type")
    name = path[-1] if path else "file"
    if kind == "extra_forbidden":
        return _unknown_key(source, model, path)
    if kind == "missing":
        return Problem(problem_id, f"the key `{name}` is missing", location, f"add `{name}`")
    if kind == "literal_error":
        fix = f"write {context['expected']}"
        return Problem(problem_id, f"`{name}` has a value that is not allowed", location, fix)
    if kind in _TYPES:
        what, fix = _TYPES[kind]
        subject = f"`{name}`" if path else "the file"
        return Problem(problem_id, f"{subject} must be {what}", location, fix)
    message = f"`{name}`: {details['msg'][0].lower()}{details['msg'][1:]}"
    direction = "larger" if kind.startswith("greater") else "smaller"
    bound = kind.startswith(("greater", "less"))
    fix = f"write a {direction} number" if bound else "see config/schemas for what is allowed"
    return Problem(problem_id, message, location, fix)


def _misspelt(missing: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Tell whether a missing key stands beside an unknown one that is close to it."""
    if missing["type"] != "missing":
        return False
    *parent, name = missing["loc"]
    unknown = [
        str(d["loc"][-1])
        for d in details
        if d["type"] == "extra_forbidden" and list(d["loc"][:-1]) == parent
    ]
    return bool(difflib.get_close_matches(str(name), unknown, 1))


def _unknown_key(source: Source, model: type[StrictModel], path: Path_) -> Problem:
    name, location = str(path[-1]), source.locate(path, key=True)
    if model is ThresholdsFile and name in FLEET_LIMITS:
        return Problem(
            "thresholds/fleet-only",
            f"`{name}` is a limit of the whole fleet",
            location,
            "write it under `defaults`",
        )
    keys = _keys(model, path[:-1])
    close = difflib.get_close_matches(name, keys, 1)
    fix = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(keys)}"
    return Problem("config/unknown-key", f"unknown key `{name}`", location, fix)


_TYPES = {
    "string_type": ("a text", "put quotes around it if it looks like a number or true/false"),
    "int_type": ("a whole number", "write digits without quotes"),
    "bool_type": ("true or false", "write true or false without quotes"),
    "list_type": ("a list", "write its entries in brackets or behind hyphens"),
    "dict_type": ("a mapping", "write `key: value`"),
    "model_type": ("a mapping of keys and values", "write `key: value`"),
    "is_instance_of": ("a number", "write digits without quotes or leading zeros"),
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
