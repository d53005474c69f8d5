"""Write the resources that `bicep snapshot` predicts as literal Bicep.

The compiler checks a literal against the type of its resource, property by property, but not the
values of a spread, a conditional or a computed map. Building the result of `literal_resources`
closes that gap: any BCP diagnostic is a property that Azure does not know, or a required one that
is missing.
"""

import json
from decimal import Decimal

Json = dict[str, "Json"] | list["Json"] | str | int | Decimal | bool | None

# Build the literal file beside this: only the compiler's own diagnostics matter there.
BICEPCONFIG = json.dumps({"analyzers": {"core": {"enabled": False}}})


def literal_resources(snapshot_json: str) -> str:
    """Return a Bicep file with one literal resource for each predicted resource of the snapshot."""
    snapshot = json.loads(snapshot_json, parse_float=Decimal)
    lines = []
    for number, resource in enumerate(snapshot["predictedResources"]):
        kind = f"{resource.pop('type')}@{resource.pop('apiVersion')}"
        del resource["id"]
        # Saved searches need an etag that the types do not know: Azure/bicep-types-az#1499.
        resource.get("properties", {}).pop("etag", None)
        lines.append(f"resource r{number} '{kind}' = {literal(resource)}\n")
    return "".join(lines)


def literal(value: Json) -> str:
    """Write a value as a Bicep literal."""
    match value:
        case dict():
            return (
                "{\n"
                + "".join(f"{_string(key)}: {literal(item)}\n" for key, item in value.items())
                + "}"
            )
        case list():
            return "[\n" + "".join(f"{literal(item)}\n" for item in value) + "]"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return f"json('{value}')"
        case None:
            return "null"
        case _:
            return _string(value)


def _string(text: str) -> str:
    escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "'" + "".join(escapes.get(char, char) for char in text).replace("${", "\\${") + "'"
