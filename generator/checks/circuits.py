"""Rules of `circuits.yaml` that concern several entries."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from generator import conventions
from generator.diagnostics import Problem
from generator.loader import Configuration, Document
from generator.models.base import to_utc
from generator.models.circuits import Circuit, CircuitsFile


def check_circuits(configuration: Configuration) -> Iterator[Problem]:
    """Check identity, references and names of circuits, plants and classes."""
    document = configuration.circuits
    yield from _identities(document)
    yield from _references(document)
    yield from _plants(configuration)
    yield from _windows(document)


def _identities(document: Document[CircuitsFile]) -> Iterator[Problem]:
    seen: dict[str, Circuit] = {}
    by_name: dict[str, Circuit] = {}
    for circuit in document.model.circuits:
        first = seen.setdefault(circuit.key, circuit)
        if first is not circuit:
            line = document.source.locate(first.path).span.line
            yield document.problem(
                (*circuit.path, "circuit_id"),
                "circuits/duplicate",
                f"the circuit {circuit.key} is defined twice, first on line {line}",
                "remove one of them",
            )
            continue
        ids = (circuit.plant_id, circuit.circuit_id)
        names = (conventions.monitor_name(*ids), conventions.performance_monitor_name(*ids))
        clash = next((n for n in names if by_name.setdefault(n, circuit) is not circuit), None)
        if clash is not None:
            other = by_name[clash]
            yield document.problem(
                (*circuit.path, "circuit_id"),
                "circuits/name-collision",
                f"{circuit.key} and {other.key} both become `{clash}` in Azure",
                "choose ids that differ in more than case and punctuation",
            )
    plants = dict.fromkeys(c.plant_id for c in document.model.circuits)
    shared = conventions.collisions((p, conventions.slug(p)) for p in plants)
    for name, keys in shared.items():
        second = next(c for c in document.model.circuits if c.plant_id == keys[1])
        yield document.problem(
            (*second.path, "plant_id"),
            "circuits/name-collision",
            f"the plants {' and '.join(keys)} both become `{name}` in Azure",
            "choose plant ids that differ in more than case and punctuation",
        )


def _references(document: Document[CircuitsFile]) -> Iterator[Problem]:
    classes = document.names("classes")
    plants = document.names("circuits", "plant_id")
    for circuit in document.model.circuits:
        if circuit.circuit_class is not None and circuit.circuit_class not in classes:
            yield document.problem(
                (*circuit.path, "class"),
                "circuits/unknown-class",
                f"the class `{circuit.circuit_class}` is not defined",
                f"define it under `classes`; known are {', '.join(sorted(classes)) or '(none)'}",
            )
        of_class = document.model.classes.get(circuit.circuit_class or "")
        plant = document.model.plants.get(circuit.plant_id)
        features = next(
            (s.features for s in (circuit, plant, of_class) if s is not None and s.features), None
        )
        for name in circuit.physical_limits:
            if features is not None and name not in features:
                yield document.problem(
                    (*circuit.path, "physical_limits", name),
                    "circuits/unknown-feature",
                    f"`{name}` is not a feature of {circuit.key}",
                    f"its features are {', '.join(features)}",
                    key=True,
                )
    for plant_id in document.model.plants:
        if plant_id not in plants:
            yield document.problem(
                ("plants", plant_id),
                "circuits/unknown-plant",
                f"no circuit belongs to the plant `{plant_id}`",
                "remove it, or correct its id",
                key=True,
            )


def _plants(configuration: Configuration) -> Iterator[Problem]:
    document = configuration.circuits
    groups = configuration.alerts.names("action_groups", "name")
    for plant_id, plant in document.model.plants.items():
        for index, name in enumerate(plant.action_groups):
            if name not in groups:
                yield document.problem(
                    ("plants", plant_id, "action_groups", index),
                    "alerts/unknown-action-group",
                    f"the action group `{name}` is not defined",
                    f"define it in alerts.yaml; known are {', '.join(sorted(groups)) or '(none)'}",
                )


def _windows(document: Document[CircuitsFile]) -> Iterator[Problem]:
    """Times without an offset are local to the plant: only with its zone is their order known."""
    model = document.model
    windows = [
        ((*c.path, "maintenance", i), c.plant_id, w)
        for c in model.circuits
        for i, w in enumerate(c.maintenance)
    ]
    windows += [
        (("plants", plant_id, "outages", i), plant_id, w)
        for plant_id, plant in model.plants.items()
        for i, w in enumerate(plant.outages)
    ]
    for path, plant_id, window in windows:
        plant = model.plants.get(plant_id)
        zone = ZoneInfo(plant.timezone if plant is not None else "UTC")
        if to_utc(window.end, zone) <= to_utc(window.start, zone):
            yield document.problem(
                (*path, "end"),
                "circuits/window",
                "the window ends before or when it begins",
                "write an end after the start",
            )
