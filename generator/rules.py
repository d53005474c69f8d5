"""The scheduled-query rules of an environment, as Azure takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator import conventions
from generator.escape import comment
from generator.fleet import Circuit, Fleet, Plant
from generator.kql import Query, render_query
from generator.models.alerts import AlertRule, Dimension
from generator.models.environments import Environment


@dataclass(frozen=True, slots=True)
class ScheduledQueryRule:
    """One Microsoft.Insights/scheduledQueryRules resource."""

    name: str
    rule: AlertRule
    """The configured rule it comes from."""
    display_name: str
    query: str
    query_file: str
    """Where the query is rendered, relative to the entry point's folder."""
    dimensions: tuple[Dimension, ...]
    action_groups: tuple[str, ...]
    custom_properties: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def size_bytes(self) -> int:
        """Bytes of all its texts together, what Azure limits to 64 KB."""
        texts = [
            self.name,
            self.display_name,
            self.query,
            self.rule.description,
            *self.action_groups,
            *(f"{k}{v}" for k, v in self.custom_properties.items()),
            *(f"{d.name}{''.join(d.values)}" for d in self.dimensions),
        ]
        return sum(len(t.encode()) for t in texts)


def fleet_rules(fleet: Fleet, queries: Mapping[str, Query]) -> list[ScheduledQueryRule]:
    """Make the rules of the core entry point: all of them, or those not split by plant."""
    if not fleet.environment.families.alert_rules:
        return []
    per_plant = fleet.environment.layout == "plant"
    rules = [r for r in fleet.alert_rules if not (per_plant and r.split)]
    return [_rule(r, fleet, queries, fleet.circuits, None) for r in rules]


def plant_rules(
    fleet: Fleet, plant: Plant, queries: Mapping[str, Query], circuits: Sequence[Circuit]
) -> list[ScheduledQueryRule]:
    """Make one plant's copies of the rules that are split by plant."""
    if not fleet.environment.families.alert_rules:
        return []
    return [
        _rule(r, fleet, queries, circuits, plant)
        for r in fleet.alert_rules
        if r.split and _concerns(r, plant)
    ]


def environment_rules(fleet: Fleet, queries: Mapping[str, Query]) -> list[ScheduledQueryRule]:
    """Make every rule of an environment: the core's, and with `layout: plant` each plant's."""
    rules = fleet_rules(fleet, queries)
    if fleet.environment.layout == "plant":
        for plant in fleet.plants:
            rules += plant_rules(fleet, plant, queries, fleet.of_plant(plant.plant_id))
    return rules


def _concerns(rule: AlertRule, plant: Plant) -> bool:
    """Tell whether the rule's own list of plants has this one."""
    return all(
        ("*" in d.values or plant.plant_id in d.values) == (d.operator == "Include")
        for d in rule.dimensions
        if d.name == "plant_id"
    )


def _dimensions(rule: AlertRule, plant: Plant | None) -> tuple[Dimension, ...]:
    """Narrow a plant's copy to the plant, whatever its query returns."""
    if plant is None:
        return tuple(rule.dimensions)
    own = Dimension(name="plant_id", values=[plant.plant_id])
    return tuple(own if d.name == "plant_id" else d for d in rule.dimensions)


def runbook_of(rule: AlertRule, environment: Environment) -> str | None:
    """Tell the address of the page that says what to do; None where nobody said one."""
    if rule.runbook is not None or environment.runbooks is None:
        return rule.runbook
    return f"{environment.runbooks.rstrip('/')}/{conventions.rule_id(rule.name)}.md"


def _rule(
    rule: AlertRule,
    fleet: Fleet,
    queries: Mapping[str, Query],
    circuits: Sequence[Circuit],
    plant: Plant | None,
) -> ScheduledQueryRule:
    identifier = conventions.rule_id(rule.name)
    environment = fleet.environment
    properties = {
        "environment": fleet.name,
        "owner": plant.owner if plant else environment.owner,
        "rule": identifier,
    }
    if plant is not None:
        properties["plant"] = plant.plant_id
    runbook = runbook_of(rule, environment)
    if runbook is not None:
        properties["runbook"] = runbook
    groups = (*rule.action_groups, *(plant.action_groups if plant else ()))
    return ScheduledQueryRule(
        name=conventions.plant_rule_name(identifier, plant.plant_id) if plant else identifier,
        rule=rule,
        display_name=f"{rule.name} - {plant.plant_id}" if plant else rule.name,
        query=_query(rule, fleet, queries, circuits),
        query_file=f"kql/alerts/{identifier}.kql",
        dimensions=_dimensions(rule, plant),
        action_groups=tuple(dict.fromkeys(groups)),
        custom_properties={**properties, **rule.custom_properties},
        tags={"plant": plant.plant_id} if plant else {},
    )


def _query(
    rule: AlertRule, fleet: Fleet, queries: Mapping[str, Query], circuits: Sequence[Circuit]
) -> str:
    notice = f"// Generated for the rule `{comment(rule.name)}`. Do not edit: run `make render`.\n"
    if rule.query is not None:
        return notice + rule.query.rstrip("\n") + "\n"
    query = queries[rule.query_file or ""]
    return render_query(query, fleet, circuits, notice)
