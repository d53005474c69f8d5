"""The digest as an adaptive card, as a workflow of Teams posts it to a channel. Pure.

Every text is a `TextRun`, whose documentation says that Markdown is not supported in it, and none
is a `TextBlock` or a fact, which read Markdown: a name can then neither format nor link anything.
https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run
"""

import json
from typing import Any, Final

from monitoring.notify.routing import Digest
from monitoring.notify.wording import Entry, closing, more, words_of

MAX_BYTES: Final = 28_000
"""Teams takes about 28 KB in one message:
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""
_COLOURS: Final = {"high": "Attention", "medium": "Warning"}
_MOST_CLOSING: Final = 20


def teams_body(digest: Digest) -> dict[str, Any]:
    """Make the message, with as many items as there is room for."""
    words = words_of(digest)
    head = [_block(_run(words.headline, weight="Bolder", size="Medium"))]
    head += [_block(_run(problem, color="Attention")) for problem in words.problems]
    tail = [_block(_run(line)) for line in closing(words, _MOST_CLOSING)]
    tail += [_block(_run(note, isSubtle=True)) for note in words.notes]
    actions = [_open("Dashboard", words.dashboard)] if words.dashboard else []
    rest = _block(_run(more(words.count)))
    room = MAX_BYTES - _size(_message([*head, rest, *tail], actions))
    body, shown = [], 0
    for section in words.sections:
        blocks = [_block(_run(section.heading, weight="Bolder"))]
        for entry in section.entries:
            blocks.append(_entry(entry))
            room -= sum(_size(block) + 1 for block in blocks)
            if room < 0:
                body.append(_block(_run(more(words.count - shown))))
                return _message([*head, *body, *tail], actions)
            body += blocks
            shown += 1
            blocks = []
    return _message([*head, *body, *tail], actions)


def _message(body: list[dict[str, Any]], actions: list[dict[str, Any]]) -> dict[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if actions:
        card["actions"] = actions
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _entry(entry: Entry) -> dict[str, Any]:
    colour = _COLOURS.get(entry.severity, "Default")
    title = _run(f"{entry.title} [{entry.severity}]", weight="Bolder", color=colour)
    lines = [title, *([_run(entry.measure)] if entry.measure else []), _run(entry.why)]
    if entry.runbook:
        lines.append({**_run("What to do"), "selectAction": _open("What to do", entry.runbook)})
    # A block a line: that a line break inside a run is kept is documented nowhere.
    return {"type": "Container", "items": [_block(line) for line in lines]}


def _block(run: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [run]}


def _run(text: str, **style: str | bool) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **style}


def _open(title: str, url: str) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def _size(content: object) -> int:
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
