"""Collects the files of one environment, and what its entry points share."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from generator import conventions
from generator.fleet import Circuit, Fleet, Plant
from generator.monitors import Monitor, monitors, performance_monitors
from generator.render.layout import fit
from generator.render.types import Sources
from generator.rules import ScheduledQueryRule
from generator.workbook import assemble


@dataclass(frozen=True, slots=True)
class PlantMonitors:
    """The monitors of a plant, and by which names Bicep knows them."""

    plant_id: str
    symbol: str
    file: str
    monitors: list[Monitor]
    performance_monitors: list[Monitor]
    monitors_variable: str
    performance_variable: str

    @property
    def count(self) -> int:
        """How many monitors there are."""
        return len(self.monitors) + len(self.performance_monitors)

    @property
    def imports(self) -> str:
        """What an entry point imports from the file; empty if there is nothing."""
        pairs = [
            ("monitors", self.monitors_variable, self.monitors),
            ("performanceMonitors", self.performance_variable, self.performance_monitors),
        ]
        return ", ".join(n if n == v else f"{n} as {v}" for n, v, items in pairs if items)


class Collector:
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
            "ml_resource_group": environment.machine_learning_group,
            "settings": learning.monitors,
            "workbooks": self.workbooks,
            "identity": identity,
            "identity_resource_group": (identity.resource_group if identity else None)
            or environment.resource_group,
        }

    def tags(self) -> dict[str, str]:
        """Tags of every resource of the environment.

        Another team's environment may have the same name; the owner tells the two apart.
        """
        own = {
            "environment": self.fleet.name,
            "managed-by": conventions.MANAGED_BY,
            "owner": self.fleet.environment.owner,
        }
        return {**self.fleet.environment.tags, **own}

    def rules(self, rules: list[ScheduledQueryRule], folder: str = "") -> None:
        """Write a list of rules and their queries."""
        self.all_rules += rules
        if rules:
            self.write("alert-rules.bicep", "alert-rules.bicep.j2", folder, rules=rules)
        for rule in rules:
            self.files[folder + rule.query_file] = rule.query

    def plant_monitors(
        self, plant: Plant, circuits: tuple[Circuit, ...], folder: str = ""
    ) -> PlantMonitors:
        """Write the monitors of one plant."""
        name = conventions.slug(plant.plant_id)
        shared = not self.per_plant
        suffix = f"_{conventions.symbol(plant.plant_id)}" if shared else ""
        files = PlantMonitors(
            plant_id=plant.plant_id,
            symbol=f"mlMonitors{suffix}",
            file=f"ml-monitors/{name}.bicep" if shared else "ml-monitors.bicep",
            monitors=monitors(self.fleet, circuits),
            performance_monitors=performance_monitors(self.fleet, circuits),
            monitors_variable=f"monitors{suffix}",
            performance_variable=f"performanceMonitors{suffix}",
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
