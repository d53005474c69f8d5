"""What rendering takes and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.fleet import Fleet
from generator.kql import Query
from generator.render.templates import Templates
from generator.rules import ScheduledQueryRule
from generator.workbook import Workbook, WorkbookSource


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
