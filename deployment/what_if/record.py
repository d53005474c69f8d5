"""A what-if for programs."""

import json
from typing import Any

from deployment.what_if.reading import PropertyChange
from deployment.what_if.result import Entry, WhatIf


def record(result: WhatIf) -> str:
    """Write a what-if as JSON, with everything that was filtered and why."""
    document = {
        "environment": result.environment,
        "created": [_entry(e) for e in result.of("created")],
        "changed": [_entry(e) for e in result.of("changed")],
        "deleted": [_entry(e) for e in result.of("deleted")],
        "not_compared": [_entry(e) for e in result.of("uncompared")],
        "left_behind": [_entry(e) for e in result.left_behind],
        "unchanged": result.unchanged,
        "foreign": result.foreign,
        "filtered": [
            {
                "resource": hidden.id,
                **_property(hidden.filtered.change),
                "noise": hidden.filtered.noise.id,
                "reason": hidden.filtered.noise.reason,
                "link": hidden.filtered.noise.link,
                "inferred": hidden.filtered.noise.inferred,
                "not_compared": hidden.filtered.noise.blind,
            }
            for hidden in result.hidden
        ],
        "diagnostics": list(result.diagnostics),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "resource": entry.id,
        "name": entry.name,
        "place": entry.place,
        "rendered": entry.rendered,
        "reason": entry.reason,
        "properties": [_property(change) for change in entry.properties],
    }


def _property(change: PropertyChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
    }
