"""Keeps secrets out of what is printed: by the name of a property, and by what they are."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

MASK: Final = "***"

# The URLs of receivers are their passwords; Azure answers them in clear.
_SECRET_NAMES = re.compile(
    r"(serviceuri|callbackurl|httptriggerurl|webhookresourceurl|connectionstring"
    r"|instrumentationkey|secret|password|sharedkey|accesskey|accountkey|token)$",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"([?&;](?:sig|signature|code|token|key|sharedaccesssignature)=)[^&;\s\"'\\]+", re.IGNORECASE
)
_BEARER = re.compile(r"(\bBearer\s+)[A-Za-z0-9._~+/=-]+", re.IGNORECASE)


def is_secret(path: str) -> bool:
    """Tell whether a property holds a secret by its name, whatever the template says of it."""
    return bool(_SECRET_NAMES.search(re.sub(r"\[\d+\]$", "", path)))


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace secrets in a text: those given, in every way they may be quoted, and signed URLs."""
    spellings = {spelling for s in secrets if s for spelling in _spellings(s)}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return _BEARER.sub(rf"\1{MASK}", _SIGNED.sub(rf"\1{MASK}", text))


def masked_text(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace secrets in a value that is a text; in one that is JSON, by their names too."""
    secrets = tuple(secrets)
    if text.lstrip()[:1] in {"{", "[", '"'}:
        try:
            found = json.loads(text, object_pairs_hook=_members)
        except json.JSONDecodeError:
            return scrub(text, secrets)
        except (RecursionError, ValueError):  # JSON, but too deep, or with a number too long
            return MASK
        masked = _masked(found, secrets)
        if masked != found:
            text = json.dumps(masked, ensure_ascii=False)
    return scrub(text, secrets)


def _members(pairs: list[tuple[str, Any]]) -> Any:
    """Keep every member of an object, also where two have one name."""
    members = dict(pairs)
    return members if len(members) == len(pairs) else [{key: value} for key, value in pairs]


def _masked(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {
            key: MASK if is_secret(key) and item else _masked(item, secrets)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, secrets) for item in value]
    return masked_text(value, secrets) if isinstance(value, str) else value


def _spellings(secret: str) -> Iterable[str]:
    """A secret as such, in JSON, in JSON within JSON, as .NET writes it, and in a URL."""
    as_json = json.dumps(secret)[1:-1]
    as_net = re.sub(r"[&+'<>]", lambda found: f"\\u{ord(found[0]):04X}", as_json)
    for spelling in (secret, json.dumps(secret, ensure_ascii=False)[1:-1], as_json, as_net):
        yield spelling
        yield json.dumps(spelling)[1:-1]
        yield spelling.lower()
    yield quote(secret, safe="")
    yield quote(secret)
