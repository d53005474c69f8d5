"""What Azure creates by itself beside a resource."""

from tests.azure.ids import ResourceId
from tests.azure.wire import Json


def of(body: Json, wanted: ResourceId) -> list[Json]:
    """The Failure Anomalies rule that Azure makes for a component, as a resource that was sent.

    Its properties are those that an exported template shows; that its action group may be missing
    is inferred.
    """
    if wanted.type.lower() != "microsoft.insights/components":
        return []
    group = wanted.scope
    name = f"Failure Anomalies - {wanted.name}"
    return [
        {
            "id": f"{group}/providers/microsoft.alertsmanagement/smartDetectorAlertRules/{name}",
            "apiVersion": "2021-04-01",
            "name": name,
            "location": "global",
            "properties": {
                "description": "Failure Anomalies notifies you of an unusual rise in the rate of "
                "failed HTTP requests or dependency calls.",
                "state": "Enabled",
                "severity": "Sev3",
                "frequency": "PT1M",
                "detector": {"id": "FailureAnomaliesDetector"},
                "scope": [body["id"]],
                "actionGroups": {
                    "groupIds": [
                        f"{group}/providers/microsoft.insights/actiongroups/"
                        "application insights smart detection"
                    ]
                },
            },
        }
    ]
