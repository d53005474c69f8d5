"""The core entry point: everything but what is rendered once per plant."""

from dataclasses import dataclass

from generator import conventions
from generator.fleet import Fleet
from generator.kql import render_saved_query
from generator.models.environments import TableRetention
from generator.render.collector import Collector, PlantMonitors
from generator.render.types import EntryPoint
from generator.rules import ScheduledQueryRule, fleet_rules

_ACCESS_MODES = {"resource": "ResourceOrWorkspace", "workspace": "Workspace"}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by its name in YAML, in Bicep and in the environment."""

    name: str
    parameter: str
    variable: str


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A query that is saved in the workspace."""

    name: str
    display_name: str
    file: str


@dataclass(frozen=True, slots=True)
class _Core:
    """What the core entry point consists of."""

    rules: list[ScheduledQueryRule]
    saved_searches: int
    plants: list[PlantMonitors]
    """Plants with monitors; none with `layout: plant`."""
    secrets: list[Secret]


def core_entry_point(collector: Collector) -> EntryPoint:
    """Write the core entry point and everything it loads."""
    fleet = collector.fleet
    core = _write_families(collector)
    _write_main(collector, core)
    collector.write(
        "main.bicepparam",
        "main.bicepparam.j2",
        name=fleet.name,
        location=fleet.environment.location,
        tags=collector.tags(),
        rules=core.rules,
        secrets=core.secrets,
    )
    return EntryPoint(
        deployment_name=conventions.deployment_name(fleet.name),
        template="main.bicep",
        parameters="main.bicepparam",
        files=tuple(collector.files),
        resources=_count_resources(collector, core),
        secrets=tuple(s.variable for s in core.secrets),
    )


def _write_families(collector: Collector) -> _Core:
    """Write one file per family of resources."""
    fleet = collector.fleet
    queries = collector.sources.alert_queries
    rules = fleet_rules(fleet, queries)
    collector.rules(rules)
    plants = []
    if not collector.per_plant:
        plants = [collector.plant_monitors(p, fleet.of_plant(p.plant_id)) for p in fleet.plants]
    collector.write("action-groups.bicep", "action-groups.bicep.j2", groups=fleet.action_groups)
    for workbook in collector.workbooks:
        collector.files[f"workbooks/{workbook.key}.workbook.json"] = workbook.text
    names = sorted({s for g in fleet.action_groups for s in g.secrets})
    return _Core(
        rules=rules,
        saved_searches=_write_saved_searches(collector),
        plants=[p for p in plants if p.imports],
        secrets=[
            Secret(n, conventions.secret_parameter(n), conventions.secret_variable(n))
            for n in names
        ],
    )


def _write_saved_searches(collector: Collector) -> int:
    fleet = collector.fleet
    searches = []
    for file, query in sorted(collector.sources.saved_queries.items()):
        path = f"kql/queries/{file}"
        collector.files[path] = render_saved_query(file, query, fleet)
        searches.append(SavedSearch(file.removesuffix(".kql"), query.title, path))
    collector.write("saved-searches.bicep", "saved-searches.bicep.j2", searches=searches)
    return len(searches)


def _write_main(collector: Collector, core: _Core) -> None:
    fleet, environment = collector.fleet, collector.fleet.environment
    collector.write(
        "main.bicep",
        "main.bicep.j2",
        description=f"Circuits: {len(fleet.circuits)}, plants: {len(fleet.plants)}.",
        plants=core.plants,
        rules=core.rules,
        rules_depend_on=_rules_depend_on(collector),
        secrets=core.secrets,
        daily_quota=environment.daily_quota,
        access_mode=_ACCESS_MODES[environment.log_analytics.access_mode],
        tables=_tables(fleet),
        families=environment.families,
        failure_groups=_failure_groups(fleet),
        publishers=environment.roles.metrics_publishers,
        readers=environment.roles.log_readers,
        **collector.common(),
    )


def _tables(fleet: Fleet) -> list[tuple[str, TableRetention]]:
    return sorted(fleet.environment.log_analytics.tables.items())


def _rules_depend_on(collector: Collector) -> str:
    """Rules name groups, tables and a workbook that the same deployment creates."""
    environment = collector.fleet.environment
    symbols = ["workspace", "applicationInsights", "groups"]
    if environment.roles.log_readers and environment.rule_identity:
        symbols.append("roles")
    if collector.workbooks:
        symbols.append("workbooks")
    return "[" + ", ".join(symbols) + "]"


def _count_resources(collector: Collector, core: _Core) -> int:
    environment = collector.fleet.environment
    families, roles = environment.families, environment.roles
    workspace_and_component = 2
    return (
        workspace_and_component
        + len(_tables(collector.fleet))
        + core.saved_searches
        + len(collector.fleet.action_groups)
        + families.failure_anomalies
        + families.diagnostic_settings
        + len(roles.metrics_publishers + roles.log_readers)
        + len(collector.workbooks)
        + len(core.rules)
        + sum(p.count for p in core.plants)
    )


def _failure_groups(fleet: Fleet) -> tuple[str, ...]:
    """Action groups of the least severe rule: a failure anomaly is a hint, not a page."""
    rules = sorted(fleet.alert_rules, key=lambda r: (-r.severity, r.name))
    return tuple(rules[0].action_groups) if rules else ()
