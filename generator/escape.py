"""One function per context, so that a text survives unchanged wherever it is written."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

_PLAIN = re.compile(r"[ !#%&(-\[\]-~]*")  # printable ASCII without quotes, backslash, dollar
_LITERALS = frozenset(("null", "true", "false"))
_BICEP_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def bicep_string(text: str) -> str:
    """Write a Bicep string literal.

    https://learn.microsoft.com/azure/azure-resource-manager/bicep/data-types#strings
    """
    if _PLAIN.fullmatch(text):
        return f"'{text}'"
    parts = []
    for index, character in enumerate(text):
        if character in _BICEP_ESCAPES:
            parts.append(_BICEP_ESCAPES[character])
        elif character == "$" and text[index + 1 : index + 2] == "{":
            parts.append("\\$")
        elif character.isprintable():
            parts.append(character)
        else:
            # Control and invisible characters, also those that reorder a reviewer's line.
            parts.append(f"\\u{{{ord(character):x}}}")
    return "'" + "".join(parts) + "'"


def bicep_key(text: str) -> str:
    """Write a property name, quoted unless it is an identifier."""
    is_identifier = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text)
    return text if is_identifier and text not in _LITERALS else bicep_string(text)


def bicep_strings(texts: list[str] | tuple[str, ...]) -> str:
    """Write an array of strings on one line."""
    return "[" + ", ".join(bicep_string(t) for t in texts) + "]"


def comment(text: str) -> str:
    """Write a text into a line comment of Bicep or KQL: one line, nothing that reorders it."""
    return "".join(c if c.isprintable() else " " for c in text)


def decimal(value: Decimal) -> str:
    """Write a decimal exactly and canonically: no exponent, no trailing zeros, no minus zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", "", "-"} else text


def kql_string(text: str) -> str:
    """Write a KQL string literal.

    https://learn.microsoft.com/kusto/query/scalar-data-types/string
    """
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    parts = []
    for character in text:
        if character in '"\\':
            parts.append("\\" + character)
        elif character == "\n":
            parts.append("\\n")
        elif character == "\r":
            parts.append("\\r")
        elif character == "\t":
            parts.append("\\t")
        elif character.isprintable():
            parts.append(character)
        else:
            encoded = character.encode("utf-16-be")
            parts += [f"\\u{encoded[i : i + 2].hex()}" for i in range(0, len(encoded), 2)]
    return '"' + "".join(parts) + '"'


def kql_real(value: Decimal) -> str:
    """Write a KQL real literal."""
    return f"real({decimal(value)})"


def kql_datetime(moment: datetime) -> str:
    """Write a KQL datetime literal; the moment is aware."""
    return f"datetime({moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ})"


def kql_timespan(duration: timedelta) -> str:
    """Write a KQL timespan literal of whole minutes, in the largest unit that is exact."""
    minutes = duration // timedelta(minutes=1)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>&#+!|~@:-]")


def markdown_text(text: str) -> str:
    """Write a text into Markdown, also into a table: nothing in it is markup, link or mention."""
    one_line = " ".join(text.split())
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", one_line)
