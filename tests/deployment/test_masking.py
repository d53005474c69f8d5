"""No secret is printed, however it is spelt."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment.masking import is_secret, masked_text, scrub

GIVEN = "https://hooks.example.com/a?sig=S3CR3T&x=<'ä+\"1\\2"


@pytest.mark.parametrize(
    "spelt",
    [
        GIVEN,
        json.dumps(GIVEN),
        json.dumps(json.dumps(GIVEN)),
        GIVEN.replace("&", "\\u0026").replace("<", "\\u003C"),
        quote(GIVEN, safe=""),
        GIVEN.lower(),
    ],
)
def test_a_secret_is_found_in_every_spelling(spelt: str) -> None:
    scrubbed = scrub(f"before {spelt} after", [GIVEN])

    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" after")
    assert "s3cr3t" not in scrubbed.lower()


def test_signed_urls_and_tokens_are_hidden_without_being_given() -> None:
    text = "https://a.example/?v=1&sig=abc%2F1&se=2026 Authorization: Bearer eyJ0.e30.x-y"

    assert scrub(text) == "https://a.example/?v=1&sig=***&se=2026 Authorization: Bearer ***"


@given(st.text(), st.text(min_size=6), st.text())
def test_nothing_of_a_given_secret_is_left(before: str, secret: str, after: str) -> None:
    assert secret not in scrub(before + secret + after, [secret])


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("properties.webhookReceivers[0].serviceUri", True),
        ("properties.logicAppReceivers[1].callbackUrl", True),
        ("properties.ConnectionString", True),
        ("properties.emailReceivers[0].emailAddress", False),
        ("properties.displayName", False),
    ],
)
def test_secrets_are_known_by_their_names(path: str, secret: bool) -> None:
    assert is_secret(path) is secret


TICKET = {"password": "S3CR3T", "PayloadRevision": 0, "WorkItemType": "Incident"}


@pytest.mark.parametrize(
    "value",
    [
        TICKET,
        [TICKET],
        {"inner": json.dumps(TICKET)},
        {"inner": json.dumps(json.dumps(TICKET))},
        json.dumps(TICKET),
        {"headers": {"authorization": "Bearer S3CR3T"}},
    ],
)
def test_secrets_are_found_in_json_within_a_text(value: object) -> None:
    text = masked_text(f" {json.dumps(value)}")

    assert "S3CR3T" not in text
    assert "***" in text
    json.loads(text)


def test_a_secret_stays_hidden_behind_a_member_of_the_same_name() -> None:
    assert "S3CR3T" not in masked_text('{"a": {"password": "S3CR3T"}, "a": 1}')


def test_a_given_secret_is_hidden_where_json_is_written_anew() -> None:
    text = json.dumps({"password": "x", GIVEN: GIVEN})

    assert json.loads(masked_text(text, [GIVEN])) == {"password": "***", "***": "***"}


def test_json_that_is_too_deep_to_look_into_is_hidden() -> None:
    assert masked_text("[" * 100_000 + '{"password": "S3CR3T"}') == "***"


@pytest.mark.parametrize("text", ['{ "a":1 }', "{no JSON}", '["a", "b"]', "[draft]", ""])
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert masked_text(text) == text
