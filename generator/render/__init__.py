"""Renders a resolved fleet into the files of one environment: paths and texts, nothing written."""

from generator.fleet import Circuit, Fleet
from generator.render.collector import Collector
from generator.render.core import core_entry_point
from generator.render.plant import plant_entry_point
from generator.render.types import EntryPoint, Rendered, Sources

__all__ = ["EntryPoint", "Rendered", "Sources", "render"]


def render(fleet: Fleet, sources: Sources) -> Rendered:
    """Render one environment."""
    collector = Collector(fleet, sources)
    entry_points = [core_entry_point(collector)]
    if collector.per_plant:
        by_plant: dict[str, list[Circuit]] = {}
        for circuit in fleet.circuits:
            by_plant.setdefault(circuit.plant_id, []).append(circuit)
        for plant in fleet.plants:
            entry_point = plant_entry_point(collector, plant, tuple(by_plant[plant.plant_id]))
            if entry_point is not None:
                entry_points.append(entry_point)
    return Rendered(
        fleet=fleet,
        files=collector.files,
        entry_points=tuple(entry_points),
        rules=tuple(collector.all_rules),
        workbooks=collector.workbooks,
    )
