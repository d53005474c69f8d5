"""A plant's entry point, with `layout: plant`: its rules, outages and monitors."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from generator import conventions
from generator.azure import MAX_CONDITION_VALUES
from generator.fleet import Circuit, Plant
from generator.render.collector import Collector
from generator.render.types import EntryPoint
from generator.rules import ScheduledQueryRule, plant_rules


@dataclass(frozen=True, slots=True)
class ProcessingRule:
    """An outage of a plant as its template shows it."""

    name: str
    description: str
    start: str
    end: str
    alert_rules: tuple[str, ...]


def plant_entry_point(
    collector: Collector, plant: Plant, circuits: tuple[Circuit, ...]
) -> EntryPoint | None:
    """Write one plant's entry point; None if it would deploy nothing."""
    fleet, environment = collector.fleet, collector.fleet.environment
    folder = f"plants/{conventions.slug(plant.plant_id)}/"
    before = len(collector.files)
    queries = collector.sources.alert_queries
    rules = plant_rules(fleet, plant, queries, circuits)
    files = collector.plant_monitors(plant, circuits, folder)
    if not (rules or files.imports):
        return None
    collector.rules(rules, folder)
    processing_rules = _processing_rules(plant, rules)
    if processing_rules:
        template = "alert-processing-rules.bicep.j2"
        collector.write("alert-processing-rules.bicep", template, folder, rules=processing_rules)
    collector.write(
        "main.bicep",
        "plant.bicep.j2",
        folder,
        description=f"{plant.name}, circuits: {len(circuits)}.",
        plant=files,
        rules=rules,
        rules_depend_on="",  # the core was deployed before
        processing_rules=processing_rules,
        **collector.common(),
    )
    collector.write(
        "main.bicepparam",
        "main.bicepparam.j2",
        folder,
        name=fleet.name,
        location=environment.location if rules else None,
        tags=collector.tags() if rules or processing_rules else None,
        rules=rules,
        secrets=[],
    )
    return EntryPoint(
        deployment_name=conventions.deployment_name(fleet.name, plant.plant_id),
        template=folder + "main.bicep",
        parameters=folder + "main.bicepparam",
        files=tuple(itertools.islice(collector.files, before, None)),
        resources=len(rules) + len(processing_rules) + files.count,
        secrets=(),
    )


def _processing_rules(plant: Plant, rules: Sequence[ScheduledQueryRule]) -> list[ProcessingRule]:
    """Silence the plant's rules in its outages, five rules a processing rule."""
    chunks = [
        rules[i : i + MAX_CONDITION_VALUES] for i in range(0, len(rules), MAX_CONDITION_VALUES)
    ]
    return [
        ProcessingRule(
            name=f"outage-{conventions.slug(plant.plant_id)}-{number}"
            + (f"-{part}" if len(chunks) > 1 else ""),
            description=f"Outage of {plant.plant_id}: {outage.reason}",
            # The type takes local times without an offset; the module names the zone, UTC.
            start=f"{outage.starts.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            end=f"{outage.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            alert_rules=tuple(rule.name for rule in chunk),
        )
        for number, outage in enumerate(plant.outages, 1)
        for part, chunk in enumerate(chunks, 1)
    ]
