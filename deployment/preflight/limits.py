"""Azure's limits, as far as only the subscription knows how much of them is left."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deployment.preflight.check import Check
from deployment.target import Target
from generator import azure

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Limit:
    """How many resources of a type a subscription takes, of those that count."""

    what: str
    type: str
    api_version: str
    most: int
    counts: Callable[[Properties], bool]


def _is_enabled(properties: Properties) -> bool:
    return bool(properties.get("enabled", True))


def _runs_every_minute(properties: Properties) -> bool:
    return _is_enabled(properties) and properties.get("evaluationFrequency") == "PT1M"


_RULES: Final = "Microsoft.Insights/scheduledQueryRules"
_LIMITS: Final = (
    _Limit("alert rules", _RULES, "2023-12-01", azure.MAX_RULES_OF_A_SUBSCRIPTION, _is_enabled),
    _Limit(
        "alert rules that run every minute",
        _RULES,
        "2023-12-01",
        azure.MAX_ONE_MINUTE_RULES,
        _runs_every_minute,
    ),
    _Limit(
        "processing rules",
        "Microsoft.AlertsManagement/actionRules",
        "2021-08-08",
        azure.MAX_PROCESSING_RULES,
        _is_enabled,
    ),
)


def check_templates(target: Target) -> Iterator[Check]:
    """Check each entry point against what Resource Manager takes in one deployment."""
    refused = False
    for entry_point in target.entry_points:
        resources = sum(r.entry_point == entry_point for r in target.resources)
        size = target.template_bytes[entry_point.template]
        if resources > azure.MAX_RESOURCES or size > azure.MAX_TEMPLATE_BYTES:
            refused = True
            yield Check(
                "limits",
                "refused",
                f"{entry_point.template} has {resources} resources and {size} bytes, and Azure "
                f"takes {azure.MAX_RESOURCES} and {azure.MAX_TEMPLATE_BYTES}",
                "use `layout: plant`",
            )
    if not refused:
        number = len(target.entry_points)
        yield Check(
            "limits", "ok", f"{number} entry point{'s' * (number > 1)} within Azure's limits"
        )


def check_subscription_limits(target: Target) -> Iterator[Check]:
    """Check how many rules the subscription has room for."""
    found: dict[str, list[dict[str, Any]]] = {}
    for limit in _LIMITS:
        ours = [r for r in target.resources if r.type.lower() == limit.type.lower()]
        if not any(limit.counts(r.body["properties"]) for r in ours):
            continue
        if limit.type not in found:
            path = f"{target.azure.subscription}/providers/{limit.type}"
            found[limit.type] = list(target.azure.list(path, limit.api_version))
        ids = {str(r["id"]).lower() for r in found[limit.type] if limit.counts(r["properties"])}
        ids |= {r.id.lower() for r in ours if limit.counts(r.body["properties"])}
        if len(ids) > limit.most:
            yield Check(
                "limits",
                "refused",
                f"the subscription would have {len(ids)} {limit.what}, and Azure takes "
                f"{limit.most}",
                "remove some, or ask Azure's support for more",
            )
