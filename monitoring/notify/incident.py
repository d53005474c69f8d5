"""The digest as JSON for a system that opens incidents. Pure."""

from typing import Any, Final

from monitoring.notify.digest import Item
from monitoring.notify.routing import Digest
from monitoring.notify.wording import clean
from monitoring.quality.records import finite_or_none

MOST_INCIDENTS: Final = 200


def incident_body(digest: Digest) -> dict[str, Any]:
    """Make the content: each incident has a `key` that stays the same from day to day."""
    shown = digest.items[:MOST_INCIDENTS]
    return {
        "source": "mlmon",
        "environment": digest.environment,
        "as_of": digest.as_of.isoformat(),
        "run_id": digest.run_id,
        "dashboard": digest.dashboard,
        "problems": [clean(problem) for problem in digest.problems],
        "incidents": [_incident(item, digest.environment) for item in shown],
        "left_out": len(digest.items) - len(shown),
        "resolved": [
            {
                "key": _key(ended.was, digest.environment),
                "plant_id": ended.was.decision.plant_id,
                "circuit_id": ended.was.decision.circuit_id,
                "now": clean(ended.now),
            }
            for ended in digest.ended
        ],
    }


def _key(item: Item, environment: str) -> str:
    return clean(f"{environment}/{item.key}")


def _incident(item: Item, environment: str) -> dict[str, Any]:
    decision, worst = item.decision, item.worst
    measured = {
        "what": None if worst is None else clean(worst.what),
        "value": None if worst is None else finite_or_none(worst.value),
        "limit": None if worst is None else finite_or_none(worst.limit),
        "limit_origin": None if worst is None else clean(worst.origin),
        "exceedance": None if worst is None else finite_or_none(worst.exceedance),
    }
    return {
        "key": _key(item, environment),
        "is_new": item.is_new,
        "plant_id": decision.plant_id,
        "circuit_id": decision.circuit_id,
        "model_name": item.model_name,
        "owner": item.owner,
        "severity": decision.severity.value,
        "action": decision.action.value,
        "reason": clean(decision.reason),
        **measured,
        "streak": item.streak,
        "runbook": item.runbook,
    }
