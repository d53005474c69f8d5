"""Hostile names in every kind of message, and each service's limits."""

import html
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTPUTF8, default
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from generator.models.base import Email
from monitoring.decisions import Compared
from monitoring.notify.digest import Item
from monitoring.notify.message import compose, post_body
from monitoring.notify.outbox import Waiting, read_waiting
from monitoring.notify.routing import Digest, Ended, Kind, Recipient
from monitoring.notify.slack import MAX_BLOCKS, MAX_CHARACTERS, escape
from monitoring.notify.smtp import as_mail
from monitoring.notify.wording import clean
from tests.monitoring.notify.conftest import decided

CIRCUIT = "PLANT001/CIRCUIT01"
HOSTILE = (
    "</li><script>alert(1)</script>",
    "a\r\nBcc: everybody@x.org\r\n\r\nbody",
    "<!channel> <https://evil.example|click> &amp; `*_~",
    "[click](https://evil.example) **bold** <at>all</at>",
    "\u202egnp.exe\u2066\u2028\x1b[31m\x00",
    "' onmouseover='x' \" {{ 7*7 }} {% raw %}",
    "\U0001f600\u8b66\u5831" * 50,
)
TEXTS = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80
)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
TAGS = set("html head meta title body h1 h2 ul li strong br a p".split())
RUNBOOK = "https://company.com/runbooks/page.md"


def item(text: str, number: int = 1) -> Item:
    decision = decided(f"{text}/CIRCUIT{number:04}", reason=f"{text} is why.")
    return Item(decision, text, "owner@company.com", True, RUNBOOK, 0)


def digest_of(*items: Item, problems: tuple[str, ...] = ()) -> Digest:
    return Digest(
        environment="prod",
        as_of=date(2026, 11, 20),
        run_id="0123",
        compared_with=date(2026, 11, 19),
        items=items,
        ended=tuple(Ended(each, each.model_name) for each in items[:1]),
        undecided=items[:1],
        quiet=tuple(each.key for each in items[:1]),
        problems=problems,
        dashboard="https://company.com/dashboard",
    )


def body_of(kind: Kind, digest: Digest) -> dict[str, Any]:
    address = "team@company.com" if kind == "email" else "url-secret"
    message = compose(Recipient(kind, address), digest)
    waiting = Waiting(message, datetime(2026, 11, 20, 6, tzinfo=UTC), 3, "why")
    assert read_waiting(waiting.as_text().encode()) == waiting
    return dict(message.body)


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Every object in JSON."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str | None] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("compared", "told"),
    [
        (
            Compared("current unit_jump", 3.0, 0.5, 6.0, "built in"),
            "current: days in another unit 3, limit 0.5 (built in)",
        ),
        (
            Compared("flow rate flat_line", 6.05, 2.0, 3.025, "built in"),
            "flow rate: longest time at one value 6.05 h, limit 2 h (built in)",
        ),
        (
            Compared("missing_rows", 1.0, 0.3, 3.33, "built in"),
            "rows that are missing 100%, limit 30% (built in)",
        ),
        (Compared("mae", 0.3, 0.25, 1.2, "default"), "mae 0.3, limit 0.25 (default)"),
    ],
)
def test_a_limit_is_told_in_words_and_with_its_unit(compared: Compared, told: str) -> None:
    found = replace(item("PLANT001"), decision=decided(CIRCUIT, compared=(compared,)))

    assert f"\n  {told}\n" in body_of("email", digest_of(found))["text"]


@given(TEXTS)
def test_no_name_becomes_a_header_of_an_e_mail(text: str) -> None:
    message = compose(Recipient("email", "team@company.com"), digest_of(item(text)))

    mail = message_from_bytes(as_mail(message, "mlmon@company.com").as_bytes(), policy=default)

    assert mail.keys() == HEADERS
    assert mail["To"] == "team@company.com"
    # The standard library does not keep blanks beside encoded words, everything else it does.
    assert mail["Subject"].replace(" ", "") == message.subject.replace(" ", "")
    assert "\n" not in message.subject


PART = st.text("abcdeé.=?!()[]:", min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(PART, PART, PART)
def test_every_address_that_the_configuration_takes_can_be_written_to(
    local: str, host: str, top: str
) -> None:
    address = f"{local}@{host}.{top}"
    try:
        TypeAdapter(Email).validate_python(address)
    except ValidationError:
        assume(False)
    message = compose(Recipient("email", address), digest_of(item("PLANT001")))

    mail = as_mail(message, "mlmon@company.com").as_bytes(policy=SMTPUTF8)

    assert f"To: {address}\r\n".encode() in mail


@given(TEXTS)
def test_no_name_becomes_a_tag_or_an_attribute_in_html(text: str) -> None:
    page = Page(body_of("email", digest_of(item(text), problems=(text,)))["html"])

    assert page.tags <= TAGS
    assert page.attributes <= {"lang", "charset", "name", "content", "style", "href"}
    assert page.links == {RUNBOOK, "https://company.com/dashboard"}
    assert clean(text) in page.text


@given(TEXTS)
def test_no_name_formats_or_links_in_teams(text: str) -> None:
    body = body_of("teams", digest_of(item(text), problems=(text,)))

    kinds = {node["type"] for node in nodes(body) if "type" in node}
    assert kinds == {
        "message",
        "AdaptiveCard",
        "RichTextBlock",
        "TextRun",
        "Container",
        "Action.OpenUrl",
    }
    assert {node["url"] for node in nodes(body) if "url" in node} == {
        RUNBOOK,
        "https://company.com/dashboard",
    }
    assert {node["type"] for node in nodes(body) if "text" in node} == {"TextRun"}
    assert clean(text) in {node.get("text") for node in nodes(body)}


@given(TEXTS)
def test_no_name_mentions_formats_or_links_in_slack(text: str) -> None:
    body = body_of("slack", digest_of(item(text), problems=(text,)))

    assert {node["type"] for node in nodes(body["blocks"]) if "type" in node} == {
        "rich_text",
        "rich_text_section",
        "text",
        "link",
    }
    assert {node["url"] for node in nodes(body) if "url" in node} == {
        RUNBOOK,
        "https://company.com/dashboard",
    }
    assert not {"<", ">"} & set(body["text"])
    assert clean(text) in {node.get("text") for node in nodes(body["blocks"])}


@given(st.text())
def test_what_is_escaped_for_slack_is_shown_as_it_was(text: str) -> None:
    escaped = escape(text)

    assert not {"<", ">"} & set(escaped)
    shown = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == text


@given(st.text())
def test_a_cleaned_text_is_one_line_without_what_hides_or_reorders(text: str) -> None:
    cleaned = clean(text)

    assert len(cleaned.splitlines()) <= 1
    assert len(cleaned) <= 600
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x1b\x00")
    cleaned.encode()


@settings(max_examples=20)
@given(TEXTS, st.integers(0, 150))
def test_a_card_of_teams_keeps_to_28_kb_and_counts_what_is_left_out(text: str, count: int) -> None:
    digest = digest_of(*(item(text, number) for number in range(count)), problems=(text,) * 40)
    message = compose(Recipient("teams", "url-secret"), digest)

    assert len(post_body(message)) <= 28 * 1024
    shown = sum(node.get("type") == "Container" for node in nodes(dict(message.body)))
    _counts(shown, count, json.dumps(message.body))


@settings(max_examples=20)
@given(TEXTS, st.integers(0, 150))
def test_a_message_of_slack_keeps_to_its_limits_and_counts_what_is_left_out(
    text: str, count: int
) -> None:
    digest = digest_of(*(item(text, number) for number in range(count)), problems=(text,) * 40)
    body = body_of("slack", digest)

    assert len(body["blocks"]) <= MAX_BLOCKS
    texts = [node["text"] for node in nodes(body["blocks"]) if "text" in node]
    assert sum(len(each) for each in texts) <= MAX_CHARACTERS
    shown = sum(node.get("url") == RUNBOOK for node in nodes(body))
    _counts(shown, count, json.dumps(body))


def _counts(shown: int, count: int, text: str) -> None:
    if shown == count:
        assert "more in the report" not in text
    else:
        assert f"And {count - shown} more in the report (daily_monitoring_report.html)." in text


def test_a_thousand_circuits_make_a_mail_of_two_hundred_and_an_incident_of_as_many() -> None:
    digest = digest_of(*(item("PLANT001", number) for number in range(1000)))

    mail, incidents = body_of("email", digest), body_of("webhook", digest)

    assert "And 800 more in the report" in mail["text"]
    assert "And 800 more in the report" in html.unescape(mail["html"])
    assert mail["text"].count("What to do: ") == 200
    assert (len(incidents["incidents"]), incidents["left_out"]) == (200, 800)
