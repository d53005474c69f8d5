"""What the Azure CLI prints of a what-if, read."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment.errors import DeploymentError
from deployment.what_if.reading import PropertyChange, read

RULE = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Insights/scheduledQueryRules/r"


def properties(*delta: dict[str, Any]) -> tuple[PropertyChange, ...]:
    change = {"changeType": "Modify", "resourceId": RULE, "delta": list(delta)}
    (found,) = read({"status": "Succeeded", "changes": [change]}).changes
    assert found.kind == "changed"
    return found.properties


def test_a_delta_is_a_tree_of_objects_and_lists() -> None:
    found = properties(
        {"path": "properties.severity", "propertyChangeType": "Modify", "before": 2, "after": 3},
        {
            "path": "properties.criteria.allOf",
            "propertyChangeType": "Array",
            "children": [
                {
                    "path": "0",
                    "propertyChangeType": "Modify",
                    "children": [
                        {
                            "path": "threshold",
                            "propertyChangeType": "Modify",
                            "before": 1.0,
                            "after": 2,
                        }
                    ],
                }
            ],
        },
    )

    assert found == (
        PropertyChange("properties.severity", "changed", 2, 3),
        PropertyChange("properties.criteria.allOf[0].threshold", "changed", 1.0, 2),
    )


def test_what_a_list_loses_and_wins_at_one_place_is_one_change() -> None:
    found = properties(
        {
            "path": "properties.emailReceivers",
            "propertyChangeType": "Array",
            "children": [
                {
                    "path": "0",
                    "propertyChangeType": "Delete",
                    "before": {"name": "Ops", "emailAddress": "a@b.c", "status": "Enabled"},
                },
                {
                    "path": "0",
                    "propertyChangeType": "Create",
                    "after": {"name": "Ops", "emailAddress": "d@b.c"},
                },
            ],
        }
    )

    receiver = "properties.emailReceivers[0]"
    assert found == (
        PropertyChange(f"{receiver}.emailAddress", "changed", "a@b.c", "d@b.c"),
        PropertyChange(f"{receiver}.status", "deleted", "Enabled", None),
    )


def test_a_read_only_property_is_told_apart() -> None:
    (found,) = properties(
        {"path": "sku.tier", "propertyChangeType": "NoEffect", "before": "A", "after": "B"}
    )

    assert found.kind == "no effect"


@pytest.mark.parametrize(
    ("written", "kind", "reason"),
    [
        ("Create", "created", ""),
        ("Delete", "deleted", ""),
        ("NoChange", "unchanged", ""),
        ("Ignore", "ignored", ""),
        ("Unsupported", "uncompared", "Azure cannot compare this resource"),
        ("Deploy", "uncompared", "Azure did not compare this resource"),
        ("Transmute", "uncompared", "Azure calls the change Transmute"),
    ],
)
def test_every_kind_of_change_is_known(written: str, kind: str, reason: str) -> None:
    (found,) = read({"changes": [{"changeType": written, "resourceId": RULE}]}).changes

    assert (found.kind, found.reason) == (kind, reason)


def test_what_azure_does_not_know_yet_is_not_compared() -> None:
    answer = read(
        {
            "changes": [],
            "potentialChanges": [{"changeType": "Create", "resourceId": RULE}],
            "diagnostics": [
                {"level": "Warning", "code": "NestedDeploymentShortCircuited", "message": "m"}
            ],
        }
    )

    assert [change.kind for change in answer.changes] == ["uncompared"]
    assert answer.diagnostics == ("Warning NestedDeploymentShortCircuited: m",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["changes", "changeType", "resourceId", "delta", "path", "children", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_another_shape_raises_nothing_else(document: Any) -> None:
    with suppress(DeploymentError):
        assert read(document).changes is not None


def test_another_shape_is_told_in_a_sentence() -> None:
    with pytest.raises(DeploymentError, match="what-if that cannot be read"):
        read([])
