"""Takes secrets out of what another program said, before anybody reads it."""

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

_SHOWN = "***"


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret, also where JSON, .NET's JSON or a URL wrote it with escapes."""
    forms = {form for secret in secrets for form in _forms(secret.strip()) if form}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, _SHOWN)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    for written in (json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        yield written[1:-1]
        for digits in ("04X", "04x"):
            # System.Text.Json escapes these although JSON does not ask for it.
            escaped = {ord(c): f"\\u{format(ord(c), digits)}" for c in "&<>+'"}
            yield written[1:-1].translate(escaped)
