"""Breaks lines as `bicep format` does, so that rendered files are formatted from the start.

An object or array on one line stays there if the line fits; else each element gets its own line.
"""

from collections.abc import Iterator

WIDTH = 120
_CLOSING = {"{": "}", "[": "]"}


def fit(text: str) -> str:
    """Break every line of Bicep that is wider than `WIDTH` where an element ends."""
    lines = text.split("\n")
    if max(map(_width, lines)) <= WIDTH:
        return text
    return "\n".join(
        line if _width(line) <= WIDTH else "\n".join(_fit_line(line)) for line in lines
    )


def _width(line: str) -> int:
    """Width as the formatter, a .NET program, counts it: UTF-16 units."""
    return len(line) if line.isascii() else len(line.encode("utf-16-le")) // 2


def _fit_line(line: str) -> Iterator[str]:
    start = _first_bracket(line)
    if _width(line) <= WIDTH or start is None or not line.endswith(_CLOSING[line[start]]):
        yield line
        return
    indent = line[: len(line) - len(line.lstrip(" "))]
    yield line[: start + 1]
    for element in _elements(line[start + 1 : -1]):
        yield from _fit_line(f"{indent}  {element}")
    yield indent + line[-1]


def _first_bracket(line: str) -> int | None:
    if line.lstrip(" ").startswith("//"):
        return None
    return next((i for i, c in _outside_strings(line) if c in _CLOSING), None)


def _elements(inside: str) -> list[str]:
    """Split at the commas of the outermost level."""
    elements, depth, begin = [], 0, 0
    for index, character in _outside_strings(inside):
        if character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
        elif character == "," and depth == 0:
            elements.append(inside[begin:index].strip())
            begin = index + 1
    elements.append(inside[begin:].strip())
    return [e for e in elements if e]


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the characters that are in no single-quoted string, with their positions."""
    quoted = escaped = False
    for index, character in enumerate(text):
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == "'":
                quoted = False
        elif character == "'":
            quoted = True
        else:
            yield index, character
