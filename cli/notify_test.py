"""What `mlmon notify-test` prints."""

import json
from dataclasses import asdict
from typing import Literal

from cli.tables import text_table
from deployment.notify_test import notify_test
from deployment.subscription import environment_manager
from generator.fleet import Fleet


def run_notify_test(fleet: Fleet, group: str, style: Literal["text", "json"]) -> tuple[str, bool]:
    """Test an action group; return what is printed, and whether every receiver was told.

    Raises:
        DeploymentError: the group cannot be tested.
    """
    with environment_manager(fleet) as manager:
        results = notify_test(manager, fleet, group)
    is_told = all(result.is_told for result in results)
    if style == "json":
        content = {"action_group": group, "receivers": [asdict(result) for result in results]}
        return json.dumps(content, indent=2), is_told
    rows = [
        (r.receiver, r.mechanism, "told" if r.is_told else "not told", r.detail) for r in results
    ]
    return text_table(("receiver", "by", "result", "Azure says"), rows), is_told
