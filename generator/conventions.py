"""How everything is named: the only module that spells a resource name, a tag or a file name."""

import hashlib
import re
import uuid
from collections.abc import Iterable

WORKBOOK_NAMESPACE = uuid.UUID("6d0f5f0e-8a0c-5d0a-9f5e-2f1f6f3f9a11")
"""Namespace of the ids in workbooks; never changed, or every id would change."""

MANAGED_BY = "mlmon"
_PERFORMANCE = "-performance"

RESERVED_TAGS = frozenset(
    (
        "circuit_id",
        "class",
        "environment",
        "hidden-title",
        "managed-by",
        "model_name",
        "owner",
        "plant",
        "plant_id",
        "resource_group",
    )
)
"""Tags the generator writes; Azure ignores case in their names."""


def slug(text: str) -> str:
    """Lower case, with every run of other characters than letters and digits as one hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def monitor_name(plant_id: str, circuit_id: str) -> str:
    """Name of a circuit's Azure ML monitor schedule."""
    return f"monitor-{slug(plant_id)}-{slug(circuit_id)}"


def performance_monitor_name(plant_id: str, circuit_id: str) -> str:
    """Name of a circuit's weekly preview schedule."""
    return f"{monitor_name(plant_id, circuit_id)}{_PERFORMANCE}"


def is_performance_monitor(name: str) -> bool:
    """Tell whether a schedule's name, in any case, is that of a weekly preview schedule."""
    return name.casefold().endswith(_PERFORMANCE)


def batch_endpoint(plant_id: str) -> str:
    """Default name of a plant's batch endpoint."""
    return f"batch-{slug(plant_id)}"


def rule_id(name: str) -> str:
    """Id of a rule: the slug of its name; tests, options and runbooks use it."""
    return slug(name)


def plant_rule_name(identifier: str, plant_id: str) -> str:
    """Resource name of a rule rendered for one plant."""
    return f"{identifier}-{slug(plant_id)}"


def deployment_name(environment: str, plant_id: str | None = None) -> str:
    """Name of an entry point's deployment, at most 64 characters.

    It is fixed, so that the history of deployments in a resource group does not grow.
    """
    # The underscore keeps plant `b` of environment `a` apart from an environment `a-b`.
    name = f"mlmon-{slug(environment)}" + (f"_{slug(plant_id)}" if plant_id else "")
    if len(name) <= 64:
        return name
    return f"{name[:55].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def symbol(text: str) -> str:
    """Part of a Bicep symbol: the slug with underscores.

    Not camel case: ARM ignores case, and `p-1` and `p1` must stay apart.
    """
    return slug(text).replace("-", "_")


def secret_parameter(secret: str) -> str:
    """Bicep parameter of a secret: `teams-webhook` is `secret_teams_webhook`."""
    return f"secret_{symbol(secret)}"


def secret_variable(secret: str) -> str:
    """Environment variable from which a secret is read when deploying or notifying."""
    return "MLMON_SECRET_" + secret.upper().replace("-", "_")


def workbook_element_id(*keys: str) -> str:
    """Stable id of a workbook's parameter or tab."""
    return str(uuid.uuid5(WORKBOOK_NAMESPACE, "/".join(keys)))


def start_minute(key: str, window_minutes: int) -> int:
    """Spread starts over a window by a stable hash of the circuit: minutes after its beginning."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], "big") % window_minutes


def collisions(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Group keys by the name they become; only names that several keys share."""
    groups: dict[str, list[str]] = {}
    for key, name in names:
        groups.setdefault(name, []).append(key)
    return {name: keys for name, keys in groups.items() if len(keys) > 1}
