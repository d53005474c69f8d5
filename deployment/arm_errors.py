"""What Azure says of a deployment that failed, in words."""

import json
from typing import Any

from generator.render import Rendered


def explain(error: str, rendered: Rendered) -> str:
    """Find the innermost message of what the Azure CLI printed.

    Args:
        error: its standard error.
        rendered: what was deployed.
    """
    start = error.find("{")
    if start < 0:
        return error.strip()
    try:
        found, _ = json.JSONDecoder().raw_decode(error[start:])
    except ValueError:
        return error.strip()
    return _innermost(found.get("error", found))


def _innermost(error: dict[str, Any]) -> str:
    while error.get("details"):
        error = error["details"][0]
    return f"{error.get('code')}: {error.get('message')}"
