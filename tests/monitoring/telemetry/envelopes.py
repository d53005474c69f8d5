"""What Application Insights makes of envelopes: rows of the workspace's tables.

The columns are documented; that `value` becomes `Sum` and `count` `ItemCount` is inferred.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Row = dict[str, object]
_ADDED = "logger_name"
"""A property that the exporter adds to events."""


def rows(envelopes: Sequence[Mapping[str, Any]], at: datetime) -> dict[str, list[Row]]:
    """Return the rows of each table, all of one time in place of the envelopes' own."""
    tables: dict[str, list[Row]] = {"AppMetrics": [], "AppEvents": []}
    for envelope in envelopes:
        data = envelope["data"]["baseData"]
        row: Row = {
            "TimeGenerated": at,
            "AppRoleName": envelope["tags"]["ai.cloud.role"],
            "Properties": {k: v for k, v in data["properties"].items() if k != _ADDED},
        }
        if envelope["data"]["baseType"] == "EventData":
            row |= {"ItemCount": 1, "Measurements": data.get("measurements", {})}
            tables["AppEvents"].append(row | {"Name": data["name"]})
            continue
        [point] = data["metrics"]
        row |= {"Name": point["name"], "Sum": point["value"], "ItemCount": point["count"]}
        row |= {name.title(): point[name] for name in ("min", "max") if point.get(name) is not None}
        tables["AppMetrics"].append(row)
    return tables
