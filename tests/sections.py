"""Fixtures of several files in one text: `-- NAME --` or `-- NAME: VERB --`, and what follows."""

import re
from dataclasses import dataclass

_SECTION = re.compile(r"^-- (?P<file>[\w./-]+)(?:: (?P<verb>\w+))? --\n", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    file: str
    verb: str
    body: str


def sections(text: str) -> list[Section]:
    matches = list(_SECTION.finditer(text))
    ends = [*(m.start() for m in matches[1:]), len(text)]
    return [
        Section(m["file"], m["verb"] or "", text[m.end() : end])
        for m, end in zip(matches, ends, strict=True)
    ]
