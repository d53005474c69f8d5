"""Two bodies of one resource: what counts as a difference, and what is shown of it."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deployment.expected import is_unevaluated
from deployment.verify.compare import Difference, Kind, compare
from deployment.verify.normalisation import ROWS
from deployment.verify.rules import TypeRules

GROUPS = TypeRules("Microsoft.Insights/actionGroups", ROWS)
PLAIN = TypeRules("Example/things", ROWS)
ID = "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/ag"

keys = st.text("abcXYZ", min_size=1, max_size=4)
ids = st.text("abcXYZ-", min_size=1, max_size=8).map(lambda name: f"{ID}{name}")
leaves = st.one_of(
    st.booleans(),
    st.integers(-9, 9),
    st.floats(-2, 2).filter(lambda number: number == number),
    st.text("ab [*", min_size=1).filter(lambda text: not text.startswith("[")),
    ids,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(keys, inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)
bodies = st.dictionaries(keys, values, min_size=1, max_size=4)


def recased(value: Any, chance: random.Random) -> Any:
    """Write ids in other cases and keys in another order."""
    if isinstance(value, dict):
        items = [(key, recased(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [recased(item, chance) for item in value]
    if isinstance(value, str) and value.startswith("/subscriptions/"):
        return chance.choice([value.lower(), value.upper(), value])
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every leaf, as its container and its key there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        if isinstance(item, (dict, list)):
            yield from places(item)
        else:
            yield value, key


@given(bodies, st.randoms(use_true_random=False))
def test_the_case_of_ids_and_the_order_of_keys_do_not_count(
    body: dict[str, Any], chance: random.Random
) -> None:
    assert compare(body, recased(body, chance), PLAIN) == []


@given(bodies, st.randoms(use_true_random=False), leaves, st.sampled_from(["change", "remove"]))
def test_any_leaf_that_is_changed_or_gone_is_found(
    body: dict[str, Any], chance: random.Random, other: Any, action: str
) -> None:
    found = copy.deepcopy(body)
    container, key = chance.choice(list(places(found)))
    before = container[key]
    if action == "remove" and isinstance(container, dict):
        del container[key]
    elif json.dumps(before).lower() == json.dumps(other).lower() or (
        before == other and isinstance(before, bool) == isinstance(other, bool)
    ):
        return
    else:
        container[key] = other

    assert compare(body, found, PLAIN) != []


@given(bodies, keys, leaves)
def test_any_property_that_was_not_sent_is_found(body: dict[str, Any], key: str, leaf: Any) -> None:
    found = body | {f"{key}!": leaf}

    [difference] = compare(body, found, PLAIN)

    assert difference == Difference(f"{key}!", Kind.UNEXPECTED, None, leaf)


def test_a_removed_receiver_is_named() -> None:
    receivers = [{"name": n, "emailAddress": f"{n}@company.com"} for n in ("anna", "ben")]
    sent = {"properties": {"emailReceivers": receivers}}
    found = {"properties": {"emailReceivers": receivers[1:]}}

    [difference] = compare(sent, found, GROUPS)

    assert difference.property == "properties.emailReceivers[anna]"
    assert difference.kind is Kind.MISSING
    assert difference.expected == {"name": "anna", "emailAddress": "anna@company.com"}


def test_receivers_may_come_in_another_order() -> None:
    receivers = [{"name": n, "emailAddress": f"{n}@company.com"} for n in ("anna", "ben")]
    sent = {"properties": {"emailReceivers": receivers}}

    assert compare(sent, {"properties": {"emailReceivers": receivers[::-1]}}, GROUPS) == []


def test_an_unsubscribed_receiver_is_found() -> None:
    receiver = {"name": "anna", "emailAddress": "anna@company.com"}
    sent = {"properties": {"emailReceivers": [receiver]}}
    found = {"properties": {"emailReceivers": [receiver | {"status": "Disabled"}]}}

    [difference] = compare(sent, found, GROUPS)

    assert difference.property == "properties.emailReceivers[anna].status"
    assert difference.found == "Disabled"


SECRET = "https://hooks.example.com/secret-8fe1"  # noqa: S105 - none
HOOK = {"name": "teams", "serviceUri": "[parameters('secrets')['teams-webhook']]"}


def webhooks(*receivers: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"webhookReceivers": list(receivers)}}


def test_a_secure_value_is_compared_by_its_presence() -> None:
    assert is_unevaluated(HOOK["serviceUri"])
    there = webhooks(HOOK | {"serviceUri": SECRET})

    assert compare(webhooks(HOOK), there, GROUPS) == []
    for gone in (webhooks(HOOK | {"serviceUri": ""}), webhooks({"name": "teams"})):
        [difference] = compare(webhooks(HOOK), gone, GROUPS)
        assert difference.property == "properties.webhookReceivers[teams].serviceUri"
        assert (difference.expected, difference.found) == ("***", None)


def test_a_secret_of_an_unexpected_receiver_is_not_shown() -> None:
    found = webhooks(HOOK | {"serviceUri": SECRET}, {"name": "other", "serviceUri": SECRET})

    [difference] = compare(webhooks(HOOK), found, GROUPS)

    assert difference.property == "properties.webhookReceivers[other]"
    assert difference.found == {"name": "other", "serviceUri": "***"}
    [missing] = compare(webhooks(HOOK), webhooks(), GROUPS)
    assert missing.expected == {"name": "teams", "serviceUri": "***"}


def test_a_text_that_begins_with_a_bracket_is_compared_as_it_is() -> None:
    sent = {"properties": {"description": "[[draft] of a rule"}}

    assert compare(sent, {"properties": {"description": "[draft] of a rule"}}, PLAIN) == []
    [difference] = compare(sent, {"properties": {"description": "other"}}, PLAIN)
    assert difference.expected == "[draft] of a rule"


def test_a_switch_is_no_number() -> None:
    assert compare({"enabled": True}, {"enabled": 1}, PLAIN) != []
    assert compare({"threshold": 1}, {"threshold": 1.0}, PLAIN) == []


def test_a_secret_in_a_text_of_json_is_not_shown() -> None:
    receiver = {"name": "itsm", "ticketConfiguration": '{"password": "SEKRET4"}'}

    [difference] = compare({}, {"properties": {"itsmReceivers": [receiver]}}, GROUPS)

    assert "SEKRET4" not in str(difference)
    sent = {"ticketConfiguration": '{"password": "SEKRET4", "type": 1}'}
    [difference] = compare(sent, {"ticketConfiguration": '{"password": "S", "type": 2}'}, PLAIN)
    assert difference.expected == '{"password": "***", "type": 1}'
    assert difference.found == '{"password": "***", "type": 2}'


def test_ids_of_a_list_are_a_set_and_the_one_that_differs_is_told() -> None:
    def sent(*names: str) -> dict[str, Any]:
        return {"actions": {"actionGroups": [f"{ID}{name}" for name in names]}}

    def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Kind]]:
        return [(d.property, d.kind) for d in compare(before, after, PLAIN)]

    assert told(sent("1", "2", "3"), sent("3", "1", "2")) == []
    assert told(sent("1", "2"), sent("3", "1")) == [("actions.actionGroups[1]", Kind.CHANGED)]
    assert told(sent("1", "2"), sent("2")) == [("actions.actionGroups[0]", Kind.MISSING)]
    assert told(sent("2"), sent("2", "1")) == [("actions.actionGroups[1]", Kind.UNEXPECTED)]
    assert told(sent("1", "2"), sent("1", "1")) == [("actions.actionGroups[1]", Kind.CHANGED)]
