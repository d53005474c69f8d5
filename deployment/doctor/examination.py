"""Examines an environment: its tables, its rules, and the way of one event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from deployment.doctor.firing import Firing, firing_now
from deployment.doctor.probe import ProbeResult, probe
from deployment.doctor.rules import RuleStates, rule_states
from deployment.doctor.tables import TableState, table_states, tables_of
from deployment.doctor.workspace import Workspace
from deployment.errors import DeploymentError
from deployment.places import component_id, log_analytics_id
from deployment.resource_manager import ResourceManager
from evaluator.analysis.language_service import LanguageService
from evaluator.rules import LogAlertRule
from generator.fleet import Fleet

_WORKSPACE_API: Final = "2025-07-01"
_COMPONENT_API: Final = "2020-02-02"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found."""

    environment: str
    at: datetime
    tables: tuple[TableState, ...]
    rules: tuple[LogAlertRule, ...]
    states: RuleStates
    firing: dict[str, Firing]
    probe: ProbeResult | None
    """None if none was asked for."""

    def problems(self) -> list[str]:
        """Say everything that is wrong, a sentence for each cause; empty if nothing is."""
        found = [(f"table {t.name}", t.problem) for t in self.tables]
        for rule in self.rules:
            told = [*self.states.states[rule.id].problems, self.firing[rule.id].problem]
            found += [(f"rule {rule.id}", problem) for problem in told]
        found += [("not read", problem) for problem in self.states.unreadable]
        found.append(("probe", self.probe.problem if self.probe is not None else ""))
        subjects: dict[str, list[str]] = {}
        for subject, problem in found:
            subjects.setdefault(problem, []).append(subject)
        subjects.pop("", None)
        return [f"{', '.join(named)}: {problem}" for problem, named in subjects.items()]


def examine(
    manager: ResourceManager,
    fleet: Fleet,
    rules: list[LogAlertRule],
    service: LanguageService,
    *,
    now: datetime,
    wait: timedelta | None,
    note: Callable[[str], None],
) -> Diagnosis:
    """Look at everything that a working environment needs; what fails does not end it.

    Args:
        manager: the environment's subscription.
        fleet: the environment.
        rules: its rendered rules.
        service: knows the tables that they read.
        now: the moment at which rules are judged.
        wait: how long the probe is looked for; None sends none.
        note: told what is about to be done.

    Raises:
        DeploymentError: the workspace or the component is not there, or cannot be read.
    """
    workspace_id = log_analytics_id(fleet, manager.subscription)
    customer_id = _existing(manager, workspace_id, _WORKSPACE_API)["properties"]["customerId"]
    component = _existing(manager, component_id(fleet, manager.subscription), _COMPONENT_API)
    note("reading the rules")
    states = rule_states(manager, fleet, rules, now)
    with Workspace(manager.credential, customer_id) as workspace:
        note("asking the tables")
        tables = table_states(workspace, tables_of(rules, service))
        note("running the queries of the rules")
        firing = firing_now(workspace, rules, now)
        result = None
        if wait is not None:
            note("sending a probe, and looking for it")
            result = probe(component, workspace, wait)
    return Diagnosis(fleet.name, now, tuple(tables), tuple(rules), states, firing, result)


def _existing(manager: ResourceManager, resource_id: str, api_version: str) -> dict[str, Any]:
    found = manager.get(resource_id, api_version)
    if found is None:
        raise DeploymentError(f"{resource_id} is not there; was the environment deployed?")
    return found
