"""What what-if knows to be no difference, verify knows too: each example, through both."""

import re
from typing import Any

import pytest

from deployment.resource_id import parse
from deployment.verify.compare import compare
from deployment.verify.normalisation import rules_of
from deployment.what_if.reading import PropertyChange
from tests.deployment.test_what_if_noise import EXAMPLES

OF_WHAT_IF_ONLY = {
    "no-effect": "Azure says so in an answer to what-if; verify reads no such answer",
    "component-flow": "what-if puts the default into what would be sent; it is not rendered",
    "component-source": "what-if puts the default into what would be sent; it is not rendered",
    "workbook-content": "verify asks for the content of workbooks, and compares it",
}
BOTH = [name for name in EXAMPLES if name not in OF_WHAT_IF_ONLY]


def bodies(change: PropertyChange) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a change as what is sent and what Azure answers."""
    sent: dict[str, Any] = {"properties": {}}
    answered: dict[str, Any] = {"properties": {}}
    if change.kind != "deleted":
        _put(sent, change.path, change.after)
    if change.kind != "created":
        _put(answered, change.path, change.before)
    item = re.fullmatch(r"(properties\.\w+\[\d+\])\..+", change.path)
    if item:  # both sides have the item, one of them the property
        for body in (sent, answered):
            _put(body, f"{item[1]}.name", "one")
    return sent, answered


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = re.findall(r"\w+|\[\d+\]", path)
    at = body
    for name, following in zip(parents, [*parents, last][1:], strict=True):
        if name.startswith("["):
            continue
        if following.startswith("["):
            inner = at.setdefault(name, [{}])
            if following is last:
                inner[0] = value
                return
            at = inner[0]
        else:
            at = at.setdefault(name, {})
    at[last] = value


@pytest.mark.parametrize("name", BOTH)
def test_noise_of_what_if_is_no_difference(name: str) -> None:
    resource, change = EXAMPLES[name]
    sent, answered = bodies(change)
    assert sent != answered

    assert compare(sent, answered, rules_of(parse(resource).type)) == []


def test_what_does_not_apply_is_still_an_example() -> None:
    assert set(OF_WHAT_IF_ONLY) <= set(EXAMPLES)
