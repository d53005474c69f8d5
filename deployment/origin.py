"""Where a resource comes from: the place in the configuration that made it, and its Bicep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployment import resource_id
from deployment.resource_id import ResourceId
from generator import conventions
from generator.diagnostics import Location
from generator.loader import Configuration
from generator.render import Rendered
from generator.source import Path_

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reader opens to change a resource."""

    place: str
    """`config/circuits.yaml:12:5`, as the configuration's folder was named."""
    rendered: str
    """The file it is rendered to, relative to the environment's folder; empty if none any more."""


class Origins:
    """The origins of an environment's resources.

    Also resources that are no longer rendered are found, if what made them is still configured:
    the schedule of a circuit that was disabled comes from the circuit's line.
    """

    def __init__(self, configuration: Configuration, rendered: Rendered) -> None:
        self._configuration = configuration
        self._rendered = rendered
        self._environment = configuration.environments[rendered.fleet.name].source
        self._circuits = _circuits(configuration)
        self._rules = {rule.name.lower(): rule for rule in rendered.rules}
        self._kinds: dict[str, Callable[[ResourceId, Json], Origin | None]] = {
            "microsoft.machinelearningservices/workspaces/schedules": self._schedule,
            "microsoft.insights/scheduledqueryrules": self._rule,
            "microsoft.insights/actiongroups": self._action_group,
            "microsoft.insights/workbooks": self._workbook,
            "microsoft.operationalinsights/workspaces/savedsearches": self._saved_search,
            "microsoft.operationalinsights/workspaces/tables": self._table,
            "microsoft.authorization/roleassignments": self._role,
            "microsoft.alertsmanagement/actionrules": self._outage,
            "microsoft.operationalinsights/workspaces": self._workspace,
            "microsoft.insights/components": self._component,
            "microsoft.insights/diagnosticsettings": self._diagnostics,
            "microsoft.alertsmanagement/smartdetectoralertrules": self._failure_anomalies,
            "microsoft.resources/deployments": self._deployment,
        }

    def of(self, identifier: str, body: Json | None = None) -> Origin | None:
        """Tell where a resource comes from; None if nothing in the configuration made it.

        Args:
            identifier: its id, in any case.
            body: what is sent or found; tells workbooks and role assignments apart, whose names
                are computed.
        """
        parsed = resource_id.parse(identifier)
        find = self._kinds.get(parsed.type)
        return find(parsed, body or {}) if find else None

    def _schedule(self, parsed: ResourceId, _: Json) -> Origin | None:
        found = self._circuits.get(parsed.name.lower())
        if found is None:
            return None
        plant_id, path = found
        name = conventions.slug(plant_id)
        files = (f"ml-monitors/{name}.bicep", f"plants/{name}/ml-monitors.bicep")
        location = self._configuration.circuits.source.locate(path)
        return self._origin(location, *files)

    def _rule(self, parsed: ResourceId, _: Json) -> Origin | None:
        rule = self._rules.get(parsed.name.lower())
        if rule is None:
            return None
        folder = ""
        if plant := rule.tags.get("plant"):
            folder = f"plants/{conventions.slug(plant)}/"
        location = self._configuration.alerts.source.locate(rule.rule.path)
        return self._origin(location, f"{folder}alert-rules.bicep")

    def _action_group(self, parsed: ResourceId, _: Json) -> Origin | None:
        for group in self._rendered.fleet.action_groups:
            if group.name.lower() == parsed.name.lower():
                # Receivers that an environment replaces are what there is to change.
                own: Path_ = ("action_groups", group.name)
                location = (
                    self._environment.locate(own, key=True)
                    if self._environment.has(own)
                    else self._configuration.alerts.source.locate(group.path)
                )
                return self._origin(location, "action-groups.bicep")
        return None

    def _workbook(self, _: ResourceId, body: Json) -> Origin | None:
        title = body.get("properties", {}).get("displayName")
        workbooks = self._rendered.workbooks
        if title is not None:
            workbooks = tuple(w for w in workbooks if w.display_name == title)
        if len(workbooks) != 1:
            return None
        key = workbooks[0].key
        return Origin(f"workbooks/{key}/workbook.yaml:1:1", f"workbooks/{key}.workbook.json")

    def _saved_search(self, parsed: ResourceId, _: Json) -> Origin | None:
        path = f"kql/queries/{parsed.name.lower()}.kql"
        return Origin(f"{path}:1:1", path) if path in self._rendered.files else None

    def _table(self, parsed: ResourceId, _: Json) -> Origin | None:
        tables = self._rendered.fleet.environment.log_analytics.tables
        name = next((t for t in tables if t.lower() == parsed.name.lower()), None)
        return self._setting("log_analytics", "tables", name) if name else None

    def _role(self, parsed: ResourceId, body: Json) -> Origin | None:
        on_component = "/microsoft.insights/components/" in parsed.scope.lower()
        role = "metrics_publishers" if on_component else "log_readers"
        principal = body.get("properties", {}).get("principalId")
        principals = getattr(self._rendered.fleet.environment.roles, role)
        path: Path_ = ("roles", role)
        for index, configured in enumerate(principals):
            if configured.principal_id == principal:
                path = (*path, index)
        return self._setting(*path) if principals else None

    def _workspace(self, parsed: ResourceId, _: Json) -> Origin | None:
        ours = self._rendered.fleet.environment.log_analytics.name
        return self._setting("log_analytics") if _same(parsed.name, ours) else None

    def _component(self, parsed: ResourceId, _: Json) -> Origin | None:
        ours = self._rendered.fleet.environment.application_insights.name
        return self._setting("application_insights") if _same(parsed.name, ours) else None

    def _failure_anomalies(self, parsed: ResourceId, _: Json) -> Origin | None:
        ours = self._rendered.fleet.environment.application_insights.name
        if not _same(parsed.name, f"Failure Anomalies - {ours}"):
            return None
        return self._setting("application_insights")

    def _diagnostics(self, parsed: ResourceId, _: Json) -> Origin | None:
        ours = conventions.MANAGED_BY
        return self._setting("machine_learning") if _same(parsed.name, ours) else None

    def _outage(self, parsed: ResourceId, _: Json) -> Origin | None:
        for plant in self._rendered.fleet.plants:
            slug = conventions.slug(plant.plant_id)
            for number in range(1, len(plant.outages) + 1):
                name = f"outage-{slug}-{number}"
                if parsed.name.lower() == name or parsed.name.lower().startswith(f"{name}-"):
                    source = self._configuration.circuits.source
                    path: Path_ = ("plants", plant.plant_id, "outages", number - 1)
                    file = f"plants/{slug}/alert-processing-rules.bicep"
                    return self._origin(source.locate(path), file)
        return None

    def _deployment(self, parsed: ResourceId, _: Json) -> Origin | None:
        for entry_point in self._rendered.entry_points:
            if entry_point.deployment_name == parsed.name.lower():
                return self._origin(self._environment.locate(()), entry_point.template)
        return None

    def _setting(self, *path: str | int) -> Origin:
        """Point at a part of the environment's file; it is deployed by the core."""
        by_key = isinstance(path[-1], str)
        return self._origin(self._environment.locate(path, key=by_key), "main.bicep")

    def _origin(self, location: Location, *files: str) -> Origin:
        rendered = next((f for f in files if f in self._rendered.files), "")
        return Origin(f"{location.file}:{location.span.line}:{location.span.column}", rendered)


def _same(name: str, ours: str) -> bool:
    return name.lower() == ours.lower()


def _circuits(configuration: Configuration) -> dict[str, tuple[str, Path_]]:
    """Find each circuit's plant and place by the names of its schedules."""
    places: dict[str, tuple[str, Path_]] = {}
    for circuit in configuration.circuits.model.circuits:
        for name in (conventions.monitor_name, conventions.performance_monitor_name):
            key = name(circuit.plant_id, circuit.circuit_id)
            places[key] = (circuit.plant_id, circuit.path)
    return places
