"""How the rules stand in Azure: there, enabled, validated, healthy."""

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


class _Read:
    """What Azure says of the rules, each list by itself; None for one that cannot be read."""

    def __init__(self, manager: ResourceManager, fleet: Fleet, now: datetime) -> None:
        self.unreadable: list[str] = []
        group = group_id(fleet, manager.subscription)
        providers = f"{manager.subscription}/providers"
        rules = self._list(manager, f"{group}/providers/{_RULES}", _RULES_API)
        self.live = None if rules is None else {key(rule["id"]): rule for rule in rules}
        health = f"{group}/providers/Microsoft.ResourceHealth/availabilityStatuses"
        self.health = self._by_rule(self._list(manager, health, _HEALTH_API), _health_of)
        self.alerts = self._list(
            manager,
            f"{providers}/Microsoft.AlertsManagement/alerts",
            _ALERTS_API,
            targetResourceGroup=fleet.environment.resource_group,
            monitorCondition="Fired",
            timeRange="30d",
        )
        self.disabled: dict[str, str] | None = {}
        if self._is_any_disabled():
            since = now - _ACTIVITY_IS_KEPT
            chosen = (
                f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}' and "
                f"eventTimestamp le '{now:%Y-%m-%dT%H:%M:%SZ}' and "
                f"resourceGroupName eq '{fleet.environment.resource_group}'"
            )
            activity = f"{providers}/Microsoft.Insights/eventtypes/management/values"
            events = self._list(manager, activity, _ACTIVITY_API, **{"$filter": chosen})
            self.disabled = self._by_rule(events, _disabled_of)

    def _is_any_disabled(self) -> bool:
        return any(
            not rule["properties"].get("enabled", True) for rule in (self.live or {}).values()
        )

    def _list(
        self, manager: ResourceManager, path: str, api_version: str, **query: str
    ) -> list[Json] | None:
        try:
            return list(manager.list(path, api_version, **query))
        except DeploymentError as error:
            self.unreadable.append(str(error))
            return None

    @staticmethod
    def _by_rule(entries: list[Json] | None, read: Any) -> dict[str, str] | None:
        return None if entries is None else dict(pair for entry in entries for pair in read(entry))


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
    read = _Read(manager, fleet, now)
    group = group_id(fleet, manager.subscription)
    states = {
        rule.id: _state(rule, key(f"{group}/providers/{_RULES}/{rule.id}"), read) for rule in rules
    }
    return RuleStates(states, tuple(read.unreadable))


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
    return RuleState(rule.id, tuple(problems), tuple(notes), _active(resource, read.alerts))


def _why_disabled(resource: str, disabled: Mapping[str, str] | None) -> str:
    if disabled is None:
        return "it is disabled; by whom is not known"
    when = disabled.get(resource)
    if when:
        return f"Azure disabled it at {when}, after a week of failing: correct and deploy it again"
    return "it is disabled by hand: the activity log has no sign of Azure"


def _health_of(entry: Json) -> Iterator[tuple[str, str]]:
    """Yield a rule whose health is bad; Unknown is what a new or a disabled rule has."""
    resource, _, _ = key(entry["id"]).partition("/providers/microsoft.resourcehealth/")
    properties = entry.get("properties") or {}
    state = properties.get("availabilityState")
    if parse(resource).type == _RULES.lower() and state in ("Unavailable", "Degraded"):
        why = properties.get("summary") or properties.get("title") or "Azure gives no reason"
        yield resource, f"Azure says {state}: {why}"


def _disabled_of(event: Json) -> Iterator[tuple[str, str]]:
    operation = (event.get("operationName") or {}).get("value", "")
    if operation.lower() == _DISABLED_BY_AZURE:
        yield key(event["resourceId"]), str(event["eventTimestamp"])


def _active(resource: str, alerts: list[Json] | None) -> int | None:
    if alerts is None:
        return None
    essentials = [alert["properties"]["essentials"] for alert in alerts]
    return sum(
        e.get("monitorCondition") == "Fired" and key(str(e.get("alertRule", ""))) == resource
        for e in essentials
    )
