"""A what-if for the terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from deployment import resource_id
from deployment.what_if.difference import lines_of
from deployment.what_if.result import Entry, Hidden, WhatIf
from generator.diagnostics import printable

_MOST_UNCOMPARED = 10


def text(result: WhatIf, *, everything: bool = False) -> str:
    """Write a what-if as a short table, grouped by what would happen.

    Args:
        result: what to write.
        everything: also list every difference that is known noise.
    """
    return "\n".join(_lines(result, everything))


def summary(result: WhatIf) -> str:
    """Say in one line what would happen."""
    parts = [
        f"{len(result.of('created'))} to create",
        f"{len(result.of('changed'))} to change",
        f"{len(result.of('deleted'))} to delete",
        f"{result.unchanged} unchanged",
    ]
    if uncompared := len(result.of("uncompared")):
        parts.append(f"{uncompared} not compared")
    return f"{result.environment}: {', '.join(parts)}"


def notes(result: WhatIf) -> list[str]:
    """Say what is not in the table: what was not looked at, and what is known noise."""
    said = []
    blind = Counter(h.filtered.noise.reason for h in result.hidden if h.filtered.noise.blind)
    said += [f"not compared, {number}: {reason}" for reason, number in sorted(blind.items())]
    noise = [h for h in result.hidden if not h.filtered.noise.blind]
    if noise:
        resources = len({h.id for h in noise})
        said.append(
            f"known noise, {len(noise)}: differences of {resources} resources that a deployment "
            "does not change; --all lists them"
        )
    if result.foreign:
        said.append(f"of others, {result.foreign}: resources in the same groups, left alone")
    said += [f"Azure says: {diagnostic}" for diagnostic in result.diagnostics]
    return said


def _lines(result: WhatIf, everything: bool) -> Iterator[str]:
    yield summary(result)
    for title, entries in (
        ("created", result.of("created")),
        ("changed", result.of("changed")),
        ("deleted", result.of("deleted")),
        ("not compared", result.of("uncompared")),
        ("left behind: `mlmon prune` deletes it, a deployment does not", result.left_behind),
    ):
        if entries:
            yield f"\n{title}"
            shown = entries[:_MOST_UNCOMPARED] if title == "not compared" else entries
            yield from _table(shown)
            if len(shown) < len(entries):
                yield f"  ... and {len(entries) - len(shown)} more"
    said = notes(result)
    if said:
        yield ""
        yield from (printable(note) for note in said)
    if everything and result.hidden:
        yield "\nnot shown above"
        yield from _hidden(result.hidden)


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    kinds = [resource_id.words(entry.type) for entry in entries]
    names = [printable(entry.name) for entry in entries]
    kind_width, name_width = max(map(len, kinds)), max(map(len, names))
    for entry, kind, name in zip(entries, kinds, names, strict=True):
        origin = printable(entry.place or entry.reason)
        yield f"  {kind:{kind_width}}  {name:{name_width}}  {origin}".rstrip()
        if entry.place and entry.reason:
            yield f"      {printable(entry.reason)}"
        for change in entry.properties:
            yield from (f"      {line}" for line in lines_of(change))


def _hidden(hidden: Sequence[Hidden]) -> Iterator[str]:
    for item in hidden:
        parsed = resource_id.parse(item.id)
        noise = item.filtered.noise
        first, *more = lines_of(item.filtered.change)
        yield f"  {resource_id.words(parsed.type)} {printable(parsed.name)}: {first}"
        yield from (f"      {line}" for line in more)
        inferred = " (inferred)" if noise.inferred else ""
        yield f"      {noise.id}{inferred}: {noise.reason}; {noise.link}"
