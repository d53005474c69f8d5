"""Renders a resolved fleet into the files of one environment: paths and texts, nothing written."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import PurePosixPath
from typing import Any

from generator import conventions
from generator.fleet import Circuit, Fleet, Plant, Silence
from generator.kql import Query, render_query
from generator.monitors import Monitor, monitors, performance_monitors
from generator.render.layout import fit
from generator.render.templates import Templates
from generator.rules import ScheduledQueryRule, fleet_rules, plant_rules
from generator.workbook import Workbook, WorkbookSource, assemble


@dataclass(frozen=True, slots=True)
class Sources:
    """What is rendered besides the fleet: hand-written queries, workbooks and templates."""

    alert_queries: Mapping[str, Query]
    """By file name under kql/alerts."""
    saved_queries: Mapping[str, Query]
    """By file name under kql/queries."""
    workbooks: tuple[WorkbookSource, ...]
    templates: Templates
    library: str
    """Path of the folder `bicep` relative to an environment's folder, with forward slashes."""


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A Bicep file that is deployed by itself, in the order in which entry points are deployed."""

    deployment_name: str
    template: str
    """Relative to the environment's folder."""
    parameters: str
    files: tuple[str, ...]
    """Every file it is compiled from, its own included."""
    resources: int
    """Resources it creates or updates, nested deployments included."""
    secrets: tuple[str, ...]
    """Environment variables that must be set when deploying."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything of one environment."""

    fleet: Fleet
    files: Mapping[str, str]
    """Text by path relative to the environment's folder, with forward slashes."""
    entry_points: tuple[EntryPoint, ...]
    rules: tuple[ScheduledQueryRule, ...]
    workbooks: tuple[Workbook, ...]


@dataclass(frozen=True, slots=True)
class _ProcessingRule:
    name: str
    description: str
    start: str
    end: str
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _PlantFiles:
    plant_id: str
    symbol: str
    file: str
    monitors: list[Monitor]
    performance_monitors: list[Monitor]
    monitors_variable: str
    performance_variable: str

    @property
    def imports(self) -> str:
        pairs = [
            ("monitors", self.monitors_variable, self.monitors),
            ("performanceMonitors", self.performance_variable, self.performance_monitors),
        ]
        return ", ".join(n if n == v else f"{n} as {v}" for n, v, items in pairs if items)


class _Renderer:
    """Collects the files of one environment."""

    def __init__(self, fleet: Fleet, sources: Sources) -> None:
        self.fleet = fleet
        self.sources = sources
        self.files: dict[str, str] = {}
        families = fleet.environment.families
        used = sources.workbooks if families.workbooks else ()
        self.workbooks = tuple(assemble(w, fleet) for w in used)
        self.per_plant = fleet.environment.layout == "plant"
        self.all_rules: list[ScheduledQueryRule] = []

    def write(self, path: str, template: str, folder: str = "", **view: Any) -> None:
        """Render a template to a path; `library` leads from there to the hand-written Bicep."""
        library = "../" * len(PurePosixPath(folder).parts) + self.sources.library
        text = self.sources.templates.render(template, library=library, **view)
        self.files[folder + path] = fit(text)

    def common(self) -> dict[str, Any]:
        """What the templates of every entry point show."""
        fleet, environment = self.fleet, self.fleet.environment
        learning = environment.machine_learning
        identity = environment.rule_identity
        return {
            "name": fleet.name,
            "workspace": environment.log_analytics,
            "insights": environment.application_insights,
            "ml_workspace": learning.workspace,
            "ml_resource_group": learning.resource_group or environment.resource_group,
            "settings": learning.monitors,
            "workbooks": self.workbooks,
            "identity": identity,
            "identity_resource_group": (identity.resource_group if identity else None)
            or environment.resource_group,
        }

    def tags(self) -> dict[str, str]:
        """Tags of every resource of the environment."""
        own = {"environment": self.fleet.name, "managed-by": conventions.MANAGED_BY}
        return {**self.fleet.environment.tags, **own}

    def rules(self, rules: list[ScheduledQueryRule], folder: str = "") -> None:
        """Write a list of rules and their queries."""
        self.all_rules += rules
        if rules:
            self.write("alert-rules.bicep", "alert-rules.bicep.j2", folder, rules=rules)
        for rule in rules:
            self.files[folder + rule.query_file] = rule.query

    def processing_rules(self, outages: list[tuple[Plant, int, Silence]], folder: str = "") -> int:
        """Write processing rules of plants' outages; returns how many."""
        views = [_processing_rule(p, i, o, self.per_plant) for p, i, o in outages]
        if views:
            self.write(
                "alert-processing-rules.bicep",
                "alert-processing-rules.bicep.j2",
                folder,
                rules=views,
            )
        return len(views)

    def plant_files(
        self, plant: Plant, circuits: tuple[Circuit, ...], folder: str = ""
    ) -> _PlantFiles:
        """Write the monitors of one plant."""
        name = conventions.slug(plant.plant_id)
        pascal = "".join(word.capitalize() for word in name.split("-"))
        shared = not self.per_plant
        files = _PlantFiles(
            plant_id=plant.plant_id,
            symbol=f"monitorsOf{pascal}" if shared else "mlMonitors",
            file=f"ml-monitors/{name}.bicep" if shared else "ml-monitors.bicep",
            monitors=monitors(self.fleet, circuits),
            performance_monitors=performance_monitors(self.fleet, circuits),
            monitors_variable=f"monitors{pascal}" if shared else "monitors",
            performance_variable=f"performance{pascal}" if shared else "performanceMonitors",
        )
        settings = self.fleet.environment.machine_learning.monitors
        if files.imports and settings is not None:
            self.write(
                PurePosixPath(files.file).name,
                "ml-monitors.bicep.j2",
                folder + ("ml-monitors/" if shared else ""),
                plant_id=plant.plant_id,
                monitors=files.monitors,
                performance_monitors=files.performance_monitors,
                lookback=f"P{settings.lookback_days}D",
                week_day=settings.performance_signal.week_day,
            )
        return files


def render(fleet: Fleet, sources: Sources) -> Rendered:
    """Render one environment."""
    renderer = _Renderer(fleet, sources)
    entry_points = [_core(renderer)]
    if renderer.per_plant:
        by_plant: dict[str, list[Circuit]] = {}
        for circuit in fleet.circuits:
            by_plant.setdefault(circuit.plant_id, []).append(circuit)
        for plant in fleet.plants:
            entry_point = _plant(renderer, plant, tuple(by_plant[plant.plant_id]))
            if entry_point is not None:
                entry_points.append(entry_point)
    return Rendered(
        fleet=fleet,
        files=renderer.files,
        entry_points=tuple(entry_points),
        rules=tuple(renderer.all_rules),
        workbooks=renderer.workbooks,
    )


def _core(renderer: _Renderer) -> EntryPoint:
    fleet, environment = renderer.fleet, renderer.fleet.environment
    families = environment.families
    rules = fleet_rules(fleet, renderer.sources.alert_queries) if families.alert_rules else []
    outages = [] if renderer.per_plant else _outages(fleet.plants)
    renderer.rules(rules)
    processing_rules = renderer.processing_rules(outages)
    renderer.write("action-groups.bicep", "action-groups.bicep.j2", groups=fleet.action_groups)
    searches = _saved_searches(renderer)
    for workbook in renderer.workbooks:
        renderer.files[f"workbooks/{workbook.key}.workbook.json"] = workbook.text
    plants = []
    if not renderer.per_plant:
        plants = [renderer.plant_files(p, fleet.of_plant(p.plant_id)) for p in fleet.plants]
        plants = [p for p in plants if p.imports]
    secrets = sorted({s for g in fleet.action_groups for s in g.secrets})
    tables = environment.log_analytics.tables
    depends_on = ["workspace", "applicationInsights", "groups"]
    if environment.roles.log_readers and environment.rule_identity:
        depends_on.append("roles")
    if renderer.workbooks:
        depends_on.append("workbooks")
    renderer.write(
        "main.bicep",
        "main.bicep.j2",
        description=f"{len(fleet.circuits)} circuits of {len(fleet.plants)} plants.",
        plants=plants,
        rules=rules,
        rules_depend_on="[" + ", ".join(depends_on) + "]",
        processing_rules=processing_rules,
        secrets=[_secret(s) for s in secrets],
        daily_quota=environment.daily_quota,
        access_mode={"resource": "ResourceOrWorkspace", "workspace": "Workspace"}[
            environment.log_analytics.access_mode
        ],
        tables=[
            {"name": n, "days": t.days, "total_days": t.total_days}
            for n, t in sorted(tables.items())
        ],
        families=families,
        failure_groups=_failure_groups(fleet),
        publishers=environment.roles.metrics_publishers,
        readers=environment.roles.log_readers,
        **renderer.common(),
    )
    renderer.write(
        "main.bicepparam",
        "main.bicepparam.j2",
        name=fleet.name,
        location=environment.location,
        tags=renderer.tags(),
        rules=rules,
        secrets=[_secret(s) for s in secrets],
    )
    counts = [
        2,  # workspace and component
        len(tables),
        searches,
        len(fleet.action_groups),
        int(families.failure_anomalies),
        int(families.diagnostic_settings),
        len(environment.roles.metrics_publishers) + len(environment.roles.log_readers),
        len(renderer.workbooks),
        len(rules),
        processing_rules,
        *(len(p.monitors) + len(p.performance_monitors) for p in plants),
    ]
    return EntryPoint(
        deployment_name=conventions.deployment_name(fleet.name),
        template="main.bicep",
        parameters="main.bicepparam",
        files=tuple(renderer.files),
        resources=sum(counts),
        secrets=tuple(conventions.secret_variable(s) for s in secrets),
    )


def _plant(renderer: _Renderer, plant: Plant, circuits: tuple[Circuit, ...]) -> EntryPoint | None:
    fleet, environment = renderer.fleet, renderer.fleet.environment
    folder = f"plants/{conventions.slug(plant.plant_id)}/"
    before = len(renderer.files)
    queries = renderer.sources.alert_queries
    rules = plant_rules(fleet, plant, queries, circuits) if environment.families.alert_rules else []
    outages = _outages((plant,))
    files = renderer.plant_files(plant, circuits, folder)
    if not (rules or outages or files.imports):
        return None
    renderer.rules(rules, folder)
    processing_rules = renderer.processing_rules(outages, folder)
    renderer.write(
        "main.bicep",
        "plant.bicep.j2",
        folder,
        description=f"{len(circuits)} circuits of {plant.name}.",
        plant=files,
        rules=rules,
        processing_rules=processing_rules,
        **renderer.common(),
    )
    renderer.write(
        "main.bicepparam",
        "main.bicepparam.j2",
        folder,
        name=fleet.name,
        location=environment.location if rules else None,
        tags=renderer.tags() if rules or processing_rules else None,
        rules=rules,
        secrets=[],
    )
    count = len(rules) + processing_rules + len(files.monitors) + len(files.performance_monitors)
    return EntryPoint(
        deployment_name=conventions.deployment_name(fleet.name, plant.plant_id),
        template=folder + "main.bicep",
        parameters=folder + "main.bicepparam",
        files=tuple(itertools.islice(renderer.files, before, None)),
        resources=count,
        secrets=(),
    )


def _saved_searches(renderer: _Renderer) -> int:
    fleet = renderer.fleet
    views = []
    for file, query in sorted(renderer.sources.saved_queries.items()):
        path = f"kql/queries/{file}"
        notice = f"// Generated from kql/queries/{file}. Do not edit: run `make render`.\n"
        renderer.files[path] = render_query(query, fleet, fleet.circuits, notice)
        views.append({"name": file.removesuffix(".kql"), "display_name": query.title, "file": path})
    renderer.write("saved-searches.bicep", "saved-searches.bicep.j2", searches=views)
    return len(views)


def _secret(name: str) -> dict[str, str]:
    return {
        "name": name,
        "parameter": conventions.secret_parameter(name),
        "variable": conventions.secret_variable(name),
    }


def _failure_groups(fleet: Fleet) -> tuple[str, ...]:
    """Action groups of the least severe rule: a failure anomaly is a hint, not a page."""
    rules = sorted(fleet.alert_rules, key=lambda r: (-r.severity, r.name))
    return tuple(rules[0].action_groups) if rules else ()


def _outages(plants: tuple[Plant, ...]) -> list[tuple[Plant, int, Silence]]:
    return [(p, i, o) for p in plants for i, o in enumerate(p.outages, 1)]


def _processing_rule(
    plant: Plant, number: int, outage: Silence, per_plant: bool
) -> _ProcessingRule:
    slug = conventions.slug(plant.plant_id)
    return _ProcessingRule(
        name=f"outage-{slug}-{number}",
        description=f"Outage of {plant.plant_id}: {outage.reason}",
        # The type takes local times without an offset; the module names the zone, UTC.
        start=f"{outage.starts.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        end=f"{outage.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        # A fleet-wide alert tells its plant only in its context; a plant's rule has its own name.
        field="AlertRuleName" if per_plant else "AlertContext",
        values=(f"-{slug}" if per_plant else plant.plant_id,),
    )
