"""Deletes what a plan says, one after the other, past what fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import Any, Final

from deployment.errors import DeploymentError
from deployment.places import group_id
from deployment.prune.ownership import Leaving
from deployment.prune.plan import Leftover, Plan
from deployment.resource_id import key, parse
from deployment.resource_manager import ResourceManager
from deployment.schedules import disable_schedule, schedule_api
from deployment.stacks import STACKS_API, Stack
from generator.fleet import Fleet

Json = dict[str, Any]

_GROUPS: Final = "Microsoft.Insights/actionGroups"
_NAMING: Final = {
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.Insights/metricAlerts": "2018-03-01",
    "Microsoft.Insights/activityLogAlerts": "2020-10-01",
    "Microsoft.AlertsManagement/smartDetectorAlertRules": "2021-04-01",
    "Microsoft.AlertsManagement/actionRules": "2021-08-08",
    "Microsoft.AlertsManagement/prometheusRuleGroups": "2023-03-01",
}
"""Types that name action groups, rendered or not, with the API version they are read at."""

# Its resources are deleted one by one afterwards: a stack would neither disable a schedule before
# it deletes it, nor keep a workspace with data.
_DETACH: Final = {
    f"unmanageAction.{kind}": "detach"
    for kind in ("Resources", "ResourceGroups", "ManagementGroups")
}


class Result(StrEnum):
    """What became of a resource."""

    DELETED = "deleted"
    FAILED = "failed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A resource, and what became of it."""

    id: str
    result: Result
    reason: str = ""


def carry_out(
    plan: Plan, fleet: Fleet, manager: ResourceManager, told: Callable[[Outcome], None]
) -> list[Outcome]:
    """Delete what is leaving. What fails is told, and the next one is tried.

    Run again, it goes on with what is left.

    Args:
        plan: what goes; its `refusal` was asked before.
        fleet: the environment.
        manager: its subscription.
        told: called after each resource.
    """
    outcomes = []
    for outcome in _outcomes(plan, fleet, manager):
        outcomes.append(outcome)
        told(outcome)
    return outcomes


def _outcomes(plan: Plan, fleet: Fleet, manager: ResourceManager) -> Iterator[Outcome]:
    for stack in plan.stacks:
        yield _attempt(stack.id, partial(_detach, stack, manager))
    groups = [item for item in plan.leaving if item.ownership.type == _GROUPS]
    for item in plan.leaving:
        if item not in groups:
            yield _attempt(item.id, partial(_delete, item, manager))
    if groups:
        yield from _delete_groups(groups, fleet, manager)


def _attempt(resource_id: str, work: Callable[[], None]) -> Outcome:
    try:
        work()
    except DeploymentError as error:
        return Outcome(resource_id, Result.FAILED, str(error))
    return Outcome(resource_id, Result.DELETED)


def _detach(stack: Stack, manager: ResourceManager) -> None:
    manager.delete(stack.id, STACKS_API, **_DETACH)


def _delete(item: Leftover, manager: ResourceManager) -> None:
    api_version = item.ownership.api_version
    if item.ownership.leaving is Leaving.DISABLED_THEN_DELETED:
        disable_schedule(manager, item.id)
        api_version = schedule_api(item.id)
    manager.delete(item.id, api_version)


def _delete_groups(
    groups: list[Leftover], fleet: Fleet, manager: ResourceManager
) -> Iterator[Outcome]:
    try:
        named_by = _rules_by_group(fleet, manager)
    except DeploymentError as error:
        for item in groups:
            reason = f"whether a rule names it is not known: {error}"
            yield Outcome(item.id, Result.FAILED, reason)
        return
    for item in groups:
        rules = named_by.get(key(item.id), [])
        if rules:
            names = ", ".join(sorted(rules))
            yield Outcome(item.id, Result.KEPT, f"still named by {names}")
        else:
            yield _attempt(item.id, partial(_delete, item, manager))


def _rules_by_group(fleet: Fleet, manager: ResourceManager) -> dict[str, list[str]]:
    """List the rules of the resource group by the keys of the action groups that they name."""
    found: dict[str, list[str]] = {}
    for kind, api_version in _NAMING.items():
        path = f"{group_id(fleet, manager.subscription)}/providers/{kind}"
        for rule in manager.list(path, api_version):
            for group in set(_groups_in(rule["properties"])):
                found.setdefault(group, []).append(parse(rule["id"]).name)
    return found


def _groups_in(value: object) -> Iterator[str]:
    """Find the keys of action groups anywhere in a rule: each type names them in another place."""
    if isinstance(value, str):
        if parse(value).type == _GROUPS.lower():
            yield key(value)
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_groups_in, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_groups_in, value))
