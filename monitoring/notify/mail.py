"""The digest as an e-mail: plain text, and HTML for who prefers it. Pure."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from monitoring.notify.routing import Digest
from monitoring.notify.wording import UNDECIDED, Section, Words, more, words_of

MOST_ENTRIES: Final = 200
"""More in one message is read by nobody, and mail systems cut what is over 100 KB or so."""


def mail_body(digest: Digest) -> dict[str, Any]:
    """Make both alternatives."""
    words = words_of(digest)
    sections, left_out = _first(words, MOST_ENTRIES)
    view = {
        "words": words,
        "sections": sections,
        "more": more(left_out),
        "undecided": UNDECIDED,
    }
    return {
        "text": "\n".join(_text(words, sections, more(left_out))) + "\n",
        "html": _template().render(view),
    }


def _first(words: Words, most: int) -> tuple[list[Section], int]:
    """Return the first entries under their headings, and how many there was no room for."""
    room, sections = most, []
    for section in words.sections:
        if room:
            sections.append(Section(section.heading, section.entries[:room]))
            room -= len(sections[-1].entries)
    return sections, max(0, words.count - most)


def _text(words: Words, sections: list[Section], rest: str) -> Iterator[str]:
    yield words.headline
    if words.problems:
        yield from ("", "The monitoring run", *(f"- {problem}" for problem in words.problems))
    for section in sections:
        yield from ("", section.heading)
        for entry in section.entries:
            yield f"- [{entry.severity}] {entry.title}"
            if entry.measure:
                yield f"  {entry.measure}"
            yield f"  {entry.why}"
            if entry.runbook:
                yield f"  What to do: {entry.runbook}"
    if rest:
        yield from ("", rest)
    for heading, lines in ((UNDECIDED, words.undecided), ("Ended", words.ended)):
        if lines:
            yield from ("", heading, *(f"- {line}" for line in lines))
    if words.notes:
        yield from ("", *words.notes)
    if words.dashboard:
        yield from ("", f"Dashboard: {words.dashboard}")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("digest.html.j2")
