"""A plant's entry point, with `layout: plant`: its rules, outages and monitors."""

import itertools

from generator import conventions
from generator.fleet import Circuit, Plant
from generator.render.collector import Collector
from generator.render.types import EntryPoint
from generator.rules import plant_rules


def plant_entry_point(
    collector: Collector, plant: Plant, circuits: tuple[Circuit, ...]
) -> EntryPoint | None:
    """Write one plant's entry point; None if it would deploy nothing."""
    fleet, environment = collector.fleet, collector.fleet.environment
    folder = f"plants/{conventions.slug(plant.plant_id)}/"
    before = len(collector.files)
    queries = collector.sources.alert_queries
    rules = plant_rules(fleet, plant, queries, circuits) if environment.families.alert_rules else []
    files = collector.plant_monitors(plant, circuits, folder)
    if not (rules or plant.outages or files.imports):
        return None
    collector.rules(rules, folder)
    processing_rules = collector.processing_rules((plant,), folder)
    collector.write(
        "main.bicep",
        "plant.bicep.j2",
        folder,
        description=f"{len(circuits)} circuits of {plant.name}.",
        plant=files,
        rules=rules,
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
        resources=len(rules) + processing_rules + files.count,
        secrets=(),
    )
