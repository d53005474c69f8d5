"""No secret is printed, however it is spelt."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment.masking import is_secret, scrub

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
