"""How the rules stand in Azure: there, enabled, validated, healthy."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from deployment.errors import DeploymentError
from deployment.places import group_id
from deployment.resource_id import key, parse
from deployment.resource_manager import ResourceManager
from evaluator.rules import LogAlertRule
from generator.fleet import Fleet

Json = dict[str, Any]

_RULES: Final = "Microsoft.Insights/scheduledQueryRules"
_RULES_API: Final = "2023-12-01"
_HEALTH_API: Final = "2025-05-01"
_ALERTS_API: Final = "2019-05-05-preview"
_ACTIVITY_API: Final = "2015-04-01"

# https://learn.microsoft.com/azure/azure-monitor/alerts/log-alert-rule-health: for other rules
# the state is always Unavailable, and says nothing.
_HEALTH_IS_REPORTED: Final = timedelta(minutes=15)

# https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-log
_DISABLED_BY_AZURE: Final = "microsoft.insights/scheduledqueryrules/disable/action"
_ACTIVITY_IS_KEPT: Final = timedelta(days=89)
"""Azure keeps the activity log for 90 days."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule as it stands in Azure."""

    rule_id: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    active_alerts: int | None = None
    """Alerts that Azure has as fired; None if that cannot be read."""


@dataclass(frozen=True, slots=True)
class RuleStates:
    """All rules of an environment, and what could not be read of them."""

    states: Mapping[str, RuleState]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What Azure says of the rules, by the keys of their ids; None where it cannot be read."""

    live: Mapping[str, Json] | None
    health: Mapping[str, str] | None
    """Of rules in bad health, why."""
    disabled: Mapping[str, str] | None
    """Of rules that Azure disabled, when."""
    active: Counter[str] | None
    """Alerts that are fired."""


def rule_states(
    manager: ResourceManager, fleet: Fleet, rules: Sequence[LogAlertRule], now: datetime
) -> RuleStates:
    """Read how each rendered rule stands.

    Args:
        manager: the environment's subscription.
        fleet: the environment.
        rules: what is rendered for it.
        now: how far the activity log is read.
    """
    unreadable: list[str] = []
    read = _read(manager, fleet, now, unreadable)
    group = group_id(fleet, manager.subscription)
    states = {
        rule.id: _state(rule, key(f"{group}/providers/{_RULES}/{rule.id}"), read) for rule in rules
    }
    return RuleStates(states, tuple(unreadable))


def _read(manager: ResourceManager, fleet: Fleet, now: datetime, unreadable: list[str]) -> _Read:
    def entries(path: str, api_version: str, **query: str) -> list[Json] | None:
        try:
            return list(manager.list(path, api_version, **query))
        except DeploymentError as error:
            unreadable.append(str(error))
            return None

    group_name = fleet.environment.resource_group
    of_group = f"{group_id(fleet, manager.subscription)}/providers"
    of_subscription = f"{manager.subscription}/providers"
    rules = entries(f"{of_group}/{_RULES}", _RULES_API)
    statuses = entries(f"{of_group}/Microsoft.ResourceHealth/availabilityStatuses", _HEALTH_API)
    alerts = entries(
        f"{of_subscription}/Microsoft.AlertsManagement/alerts",
        _ALERTS_API,
        targetResourceGroup=group_name,
        monitorCondition="Fired",
        timeRange="30d",
    )
    events: list[Json] | None = []
    if any(not rule["properties"].get("enabled", True) for rule in rules or ()):
        path = f"{of_subscription}/Microsoft.Insights/eventtypes/management/values"
        events = entries(path, _ACTIVITY_API, **{"$filter": _recently(group_name, now)})
    return _Read(
        None if rules is None else {key(rule["id"]): rule for rule in rules},
        None if statuses is None else dict(pair for s in statuses for pair in _bad_health(s)),
        None if events is None else dict(pair for e in events for pair in _disabled_by_azure(e)),
        None if alerts is None else Counter(name for a in alerts for name in _fired_rule(a)),
    )


def _recently(resource_group: str, now: datetime) -> str:
    since = now - _ACTIVITY_IS_KEPT
    return (
        f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}' and "
        f"eventTimestamp le '{now:%Y-%m-%dT%H:%M:%SZ}' and "
        f"resourceGroupName eq '{resource_group}'"
    )


def _state(rule: LogAlertRule, resource: str, read: _Read) -> RuleState:
    if read.live is None:
        return RuleState(rule.id, ("whether it is there is not known",))
    live = read.live.get(resource)
    if live is None:
        return RuleState(rule.id, ("it is not in Azure",))
    problems, notes = [], []
    properties = live["properties"]
    is_enabled = properties.get("enabled", True)
    if rule.enabled and not is_enabled:
        problems.append(_why_disabled(resource, read.disabled))
    if not rule.enabled and is_enabled:
        problems.append("it is enabled, and rendered disabled")
    if properties.get("skipQueryValidation"):
        notes.append("its query was not validated: deploy again once its tables have data")
    state = (read.health or {}).get(resource, "")
    if is_enabled and state and rule.evaluation_frequency <= _HEALTH_IS_REPORTED:
        problems.append(state)
    # The reference has it as "ARM id or name of the rule", depending on the service.
    alerts = read.active
    active = None if alerts is None else alerts[resource] + alerts[key(rule.id)]
    return RuleState(rule.id, tuple(problems), tuple(notes), active)


def _why_disabled(resource: str, disabled: Mapping[str, str] | None) -> str:
    if disabled is None:
        return "it is disabled; by whom is not known"
    when = disabled.get(resource)
    if when:
        return f"Azure disabled it at {when}, after a week of failing: correct and deploy it again"
    return (
        f"it is disabled, and not by Azure in the last {_ACTIVITY_IS_KEPT.days} days: somebody did "
        "it by hand"
    )


def _bad_health(entry: Json) -> Iterator[tuple[str, str]]:
    """Yield a rule whose health is bad; Unknown is what a new or a disabled rule has."""
    resource, _, _ = key(entry["id"]).partition("/providers/microsoft.resourcehealth/")
    properties = entry.get("properties") or {}
    state = properties.get("availabilityState")
    if parse(resource).type == _RULES.lower() and state in ("Unavailable", "Degraded"):
        why = properties.get("summary") or properties.get("title") or "Azure gives no reason"
        yield resource, f"Azure says {state}: {why}"


def _disabled_by_azure(event: Json) -> Iterator[tuple[str, str]]:
    operation = (event.get("operationName") or {}).get("value", "")
    if operation.lower() == _DISABLED_BY_AZURE:
        yield key(event["resourceId"]), str(event["eventTimestamp"])


def _fired_rule(alert: Json) -> Iterator[str]:
    essentials = alert["properties"]["essentials"]
    if essentials.get("monitorCondition") == "Fired":
        yield key(str(essentials.get("alertRule", "")))
