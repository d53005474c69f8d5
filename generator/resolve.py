"""Resolves a configuration for one environment: the most specific value wins.

The order is circuit, plant, class; then environment or default; then built-in. It tolerates what
validation reports, so that all can be reported.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TypeVar
from zoneinfo import ZoneInfo

from generator import conventions
from generator.fleet import CIRCUIT_LIMITS, Circuit, Fleet, Level, Limit, Origin, Plant, Silence
from generator.loader import Configuration
from generator.models import circuits as models
from generator.models.action_groups import ActionGroup
from generator.models.base import StrictModel, to_utc
from generator.models.environments import Environment
from generator.models.thresholds import LimitOverrides, Override
from generator.source import Path_

T = TypeVar("T")

ALL_SIGNALS = ("data_drift", "prediction_drift", "data_quality", "model_performance")
_COLLECTIONS: dict[Level, str] = {
    "default": "defaults",
    "class": "classes",
    "plant": "plants",
    "circuit": "circuits",
}
_NO_PLANT, _NO_CLASS = models.Plant(), models.CircuitClass()
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def resolve(configuration: Configuration, environment_name: str) -> Fleet:
    """Resolve the fleet of one environment."""
    environment = configuration.environments[environment_name].model
    file = configuration.circuits.model
    limits = LimitResolver(configuration)
    chosen = [c for c in file.circuits if _selected(c, environment)]
    chosen.sort(key=lambda c: (c.plant_id, c.circuit_id))
    circuits = [_circuit(c, file, environment, limits) for c in chosen]
    plants = [
        _plant(plant_id, file.plants.get(plant_id, _NO_PLANT), environment)
        for plant_id, _ in groupby(c.plant_id for c in circuits if c.enabled)
    ]
    return Fleet(
        name=environment_name,
        environment=environment,
        plants=tuple(plants),
        circuits=tuple(c for c in circuits if c.enabled),
        disabled=tuple(c for c in circuits if not c.enabled),
        alert_rules=tuple(
            sorted(
                configuration.alerts.model.alert_rules, key=lambda r: conventions.rule_id(r.name)
            )
        ),
        action_groups=tuple(_action_groups(configuration, environment)),
        limits=limits.defaults,
    )


def _selected(circuit: models.Circuit, environment: Environment) -> bool:
    selection = environment.circuits
    return (
        selection == "all"
        or circuit.plant_id in selection.plants
        or circuit.circuit_class in selection.classes
        or circuit.key in selection.circuits
    )


def _action_groups(configuration: Configuration, environment: Environment) -> list[ActionGroup]:
    groups = []
    for group in sorted(configuration.alerts.model.action_groups, key=lambda g: g.name):
        receivers = environment.action_groups.get(group.name)
        own = (
            {}
            if receivers is None
            else {k: getattr(receivers, k) for k in type(receivers).model_fields}
        )
        groups.append(group.model_copy(update=own))
    return groups


def _plant(plant_id: str, plant: models.Plant, environment: Environment) -> Plant:
    zone = ZoneInfo(plant.timezone)
    return Plant(
        plant_id=plant_id,
        name=plant.name or plant_id,
        owner=plant.owner or environment.owner,
        action_groups=tuple(plant.action_groups),
        outages=tuple(_silence(w, zone) for w in plant.outages),
    )


def _silence(window: models.Window, zone: ZoneInfo) -> Silence:
    return Silence(to_utc(window.start, zone), to_utc(window.end, zone), window.reason)


def _circuit(
    circuit: models.Circuit,
    file: models.CircuitsFile,
    environment: Environment,
    limits: "LimitResolver",
) -> Circuit:
    plant = file.plants.get(circuit.plant_id, _NO_PLANT)
    of_class = file.classes.get(circuit.circuit_class or "", _NO_CLASS)
    levels: tuple[models.CircuitSettings, ...] = (circuit, plant, of_class)

    def setting(name: str, default: T) -> T:
        return next((v for v in (getattr(s, name) for s in levels) if v is not None), default)

    monitor_settings = environment.machine_learning.monitors
    monitors = setting("monitors", monitor_settings.signals if monitor_settings else "none")
    return Circuit(
        plant_id=circuit.plant_id,
        circuit_id=circuit.circuit_id,
        model_name=circuit.model_name,
        model_version=circuit.model_version,
        training_mae=circuit.training_mae,
        circuit_class=circuit.circuit_class,
        enabled=circuit.enabled,
        owner=setting("owner", environment.owner),
        features=tuple(setting("features", list(models.DEFAULT_FEATURES))),
        physical_limits={
            **of_class.physical_limits,
            **plant.physical_limits,
            **circuit.physical_limits,
        },
        **_paths(circuit, levels, environment),
        batch_endpoint=setting("batch_endpoint", conventions.batch_endpoint(circuit.plant_id)),
        batch_deployment=setting("batch_deployment", circuit.circuit_id),
        expected_every=setting("expected_every", _DAY),
        sample_every=setting("sample_every", timedelta(minutes=1)),
        signals=_signals(monitors, monitor_settings is not None),
        tags={**of_class.tags, **plant.tags, **circuit.tags},
        silences=_silences(circuit, plant, environment),
        limits=limits.of_circuit(circuit),
    )


def _paths(
    circuit: models.Circuit, levels: tuple[models.CircuitSettings, ...], environment: Environment
) -> dict[str, str | None]:
    """Fill in the most specific pattern of each data path."""
    patterns = [s.data for s in levels if s.data is not None]
    patterns.append(environment.machine_learning.data)
    fields = {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
    }
    paths: dict[str, str | None] = {}
    for name in models.DataPaths.model_fields:
        pattern = next((p for p in (getattr(d, name) for d in patterns) if p is not None), None)
        paths[name] = None if pattern is None else pattern.format_map(fields)
    return paths


def _silences(
    circuit: models.Circuit, plant: models.Plant, environment: Environment
) -> tuple[Silence, ...]:
    zone = ZoneInfo(plant.timezone)
    silences = [_silence(w, zone) for w in circuit.maintenance]
    if environment.layout == "single":
        # A fleet-wide rule has no processing rule of its own for one plant.
        silences += [_silence(w, zone) for w in plant.outages]
    if circuit.snooze is not None:
        snooze = circuit.snooze
        silences.append(Silence(_EPOCH, to_utc(snooze.until, zone), snooze.reason))
    return tuple(sorted(silences, key=lambda s: (s.starts, s.ends)))


def _signals(monitors: models.Monitors, has_settings: bool) -> tuple[str, ...]:
    if not has_settings or monitors == "none":
        return ()
    return ALL_SIGNALS if monitors == "all" else tuple(s for s in ALL_SIGNALS if s in monitors)


def limit_values(model: LimitOverrides) -> dict[str, Decimal]:
    """Flatten a model's limits: `drift_ladder.calibrated.immediate` joined by underscores."""
    return {"_".join(path): value for path, value in _flatten((), model)}


def _flatten(
    path: tuple[str, ...], model: StrictModel
) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Decimal):
            yield (*path, name), value
        elif isinstance(value, StrictModel):
            yield from _flatten((*path, name), value)


class LimitResolver:
    """Resolves the limits of circuits; circuits without own overrides share one mapping."""

    def __init__(self, configuration: Configuration) -> None:
        self._file = configuration.thresholds.model
        self._source = configuration.thresholds.source
        self._shared: dict[tuple[str, str], Mapping[str, Limit]] = {}
        self.defaults: Mapping[str, Limit] = self._limits("default", "", self._file.defaults)

    def of_circuit(self, circuit: models.Circuit) -> Mapping[str, Limit]:
        """Tell the effective limits of one circuit."""
        levels = (circuit.circuit_class or "", circuit.plant_id)
        if levels not in self._shared:
            shared = {n: v for n, v in self.defaults.items() if n in CIRCUIT_LIMITS}
            shared |= self._limits("class", levels[0], self._file.classes.get(levels[0]))
            shared |= self._limits("plant", levels[1], self._file.plants.get(levels[1]))
            self._shared[levels] = shared
        own = self._limits("circuit", circuit.key, self._file.circuits.get(circuit.key))
        return {**self._shared[levels], **own} if own else self._shared[levels]

    def _limits(self, level: Level, key: str, limits: LimitOverrides | None) -> dict[str, Limit]:
        if limits is None:
            return {}
        entry: Path_ = (_COLLECTIONS[level], key) if key else (_COLLECTIONS[level],)
        return {
            "_".join(path): Limit(value, self._origin(level, key, limits, (*entry, *path)))
            for path, value in _flatten((), limits)
        }

    def _origin(self, level: Level, key: str, limits: LimitOverrides, path: Path_) -> Origin:
        if not self._source.has(path):
            return Origin("built-in", key, "")
        location = self._source.locate(path)
        place = f"{location.file}:{location.span.line}"
        if isinstance(limits, Override):
            return Origin(level, key, place, limits.reason, limits.expires)
        return Origin(level, key, place)
