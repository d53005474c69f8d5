"""The digest as a message of Slack's incoming webhooks. Pure.

Texts stand in `rich_text` blocks, whose elements are shown as they are: only `link` elements link,
only styles format. The line for notifications is read as mrkdwn, so it is escaped.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from typing import Any, Final

from monitoring.notify.routing import Digest
from monitoring.notify.wording import Entry, closing, more, words_of

MAX_BLOCKS: Final = 50
"""https://docs.slack.dev/reference/block-kit/blocks"""
MAX_CHARACTERS: Final = 12_000
"""Slack takes 40,000 characters of plain text, but refuses blocks of about a third of it together
(`msg_blocks_too_long`)."""
_MOST_CLOSING: Final = 10


def slack_body(digest: Digest) -> dict[str, Any]:
    """Make the message, with as many items as there is room for."""
    words = words_of(digest)
    head = [_block(_text(words.headline, bold=True))]
    head += [_block(_text(problem)) for problem in words.problems]
    tail = [_block(_text(line)) for line in (*closing(words, _MOST_CLOSING), *words.notes)]
    if words.dashboard:
        tail.append(_block(_link("Dashboard", words.dashboard)))
    blocks = MAX_BLOCKS - len(head) - len(tail) - 1
    characters = MAX_CHARACTERS - sum(_length(block) for block in (*head, *tail)) - len(more(10**6))
    body, shown = [], 0
    for section in words.sections:
        heading = f"{section.heading}\n"
        for entry in section.entries:
            block = _entry(entry, heading)
            blocks, characters = blocks - 1, characters - _length(block)
            if blocks < 0 or characters < 0:
                body.append(_block(_text(more(words.count - shown))))
                return _message(words.headline, [*head, *body, *tail])
            body.append(block)
            shown, heading = shown + 1, ""
    return _message(words.headline, [*head, *body, *tail])


def escape(text: str) -> str:
    """Escape a text for mrkdwn, so that nothing in it mentions, links or is an entity.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _message(headline: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"text": escape(headline), "blocks": blocks}


def _entry(entry: Entry, heading: str) -> dict[str, Any]:
    elements = [_text(heading, bold=True)] if heading else []
    elements.append(_text(f"{entry.title} [{entry.severity}]\n", bold=True))
    if entry.measure:
        elements.append(_text(f"{entry.measure}\n"))
    elements.append(_text(entry.why))
    if entry.runbook:
        elements += [_text("\n"), _link("What to do", entry.runbook)]
    return _block(*elements)


def _block(*elements: dict[str, Any]) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [section]}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _link(text: str, url: str) -> dict[str, Any]:
    return {"type": "link", "text": text, "url": url}


def _length(block: dict[str, Any]) -> int:
    elements = block["elements"][0]["elements"]
    return sum(len(each["text"]) + len(each.get("url", "")) for each in elements)
