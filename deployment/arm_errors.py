"""Explains what Azure answers when it refuses: the innermost messages, and whose they are.

An error of a deployment wraps others: codes that only say "see below", details in details,
messages that are JSON. The Azure CLI prints them in several ways, all of them read here:
JSON; JSON with `Inner Errors:`; `(Code) message`; `Code - message`; a traceback. A list of
operations, as `az deployment operation group list` prints it, names the resources too.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from deployment import resource_id
from deployment.arm_hints import hint_of
from deployment.expected import ExpectedResource
from deployment.masking import scrub
from deployment.origin import Origins
from generator.diagnostics import printable

# They only say that something else went wrong.
_WRAPPERS: Final = {
    "aggregateerror",
    "badargumenterror",
    "badrequest",
    "deploymentfailed",
    "deploymentoperationfailed",
    "deploymentstackdeploymentfailed",
    "invalidtemplatedeployment",
    "multipleerrorsoccurred",
    "preflightvalidationcheckfailed",
    "resourcedeploymentfailure",
    "semanticerror",
}
_LONGEST: Final = 800
_MOST_READ: Final = 400_000
_MOST_OBJECTS: Final = 200
_DEEPEST: Final = 40

# The Azure CLI 2.91 answers a what-if that is refused with a traceback; the error stands in it.
_RAISED = r"azure\.core\.exceptions\.\w+:\s*"
_CODED = re.compile(
    rf"^\s*(?:ERROR:\s*)?(?:{_RAISED})?\((?P<code>[A-Za-z][\w.]*)\)\s*(?P<message>.*)$"
)
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception): (?P<message>.+)$", re.MULTILINE)
_DASHED = re.compile(r"^\s*(?:ERROR:\s*)?(?P<code>[A-Z][A-Za-z0-9.]{3,}) - (?P<message>.*)$")
_SIGN_IN = re.compile(r"(?P<code>AADSTS\d+):\s*(?P<message>.*?)(?=\\r|\\n|[\r\n\"]|Trace ID|$)")
# azure-core puts the details of an error one behind the other, each behind a tab.
_DETAIL = re.compile(r"\t(?=\([A-Za-z][\w.]*\) )")
_DENIED = re.compile(r"(?=Authorization failed for template resource ')")
_FIELD = re.compile(r"^\s*(Code|Message|Target|Exception Details|Inner error|AdditionalInfo)\s*:")
_TARGET = re.compile(r"^\s*Target:\s*(?P<target>\S.*)$")
_ID = re.compile(r"/subscriptions/[^\s'\"`,;()\[\]]+/providers/[^\s'\"`,;()\[\]]+", re.IGNORECASE)
_NAMED = re.compile(
    r"(?:template )?resource '(?P<name>[^']+)'(?: of type '(?P<type>[^']+)')?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One innermost error."""

    code: str
    """Azure's; empty if it gave none."""
    message: str
    target: str = ""
    """Id or name of the resource it is about, as Azure gave it; empty if it gave none."""
    resource: str = ""
    """The resource by type and name; empty if it is not known."""
    place: str = ""
    """Where in the configuration the resource comes from."""
    rendered: str = ""
    hint: str = ""
    link: str = ""

    @property
    def text(self) -> str:
        """The error in a line, and a line of advice."""
        subject = self.resource or self.target
        at = f" ({self.place})" if self.place else ""
        code = f" ({self.code})" if self.code else ""
        told = f"{subject}{at}: {self.message}{code}" if subject else f"{self.message}{code}"
        return f"{told}\n  hint: {self.hint}; see {self.link}" if self.hint else told


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why Azure refused."""

    causes: tuple[Cause, ...]
    """At least one, each once."""

    @property
    def text(self) -> str:
        """All causes, one below the other."""
        return "\n".join(cause.text for cause in self.causes)


def explain(
    text: str,
    origins: Origins | None = None,
    expected: Sequence[ExpectedResource] = (),
    *,
    secrets: Iterable[str] = (),
) -> Explanation:
    """Explain what the Azure CLI or Azure printed. It never fails, whatever the text is.

    Args:
        text: what was printed, or the body of an answer.
        origins: of the environment's resources, to name the place in the configuration.
        expected: what is rendered, to find resources that Azure gives by name only.
        secrets: values that must not be repeated.
    """
    secrets = tuple(secrets)
    found = _causes(scrub(text[:_MOST_READ], secrets))
    causes = [inner for cause in found for inner in _each_denied(cause)]
    inner = [c for c in causes if c.code.lower() not in _WRAPPERS] or causes
    told = [_told(cause, origins, expected, secrets) for cause in inner]
    return Explanation(tuple(dict.fromkeys(told)) or (Cause("", "Azure gave no reason"),))


def _causes(text: str) -> Iterator[Cause]:
    if sign_in := _SIGN_IN.search(text):
        yield Cause(sign_in["code"], sign_in["message"] or sign_in["code"])
        return
    objects, rest = _json_objects(text)
    causes = [cause for found in objects for cause in _of_json(found, "", 0)]
    yield from causes or _of_text(rest)


def _each_denied(cause: Cause) -> Iterator[Cause]:
    """Take apart what lacks a role: Resource Manager puts all of it in one message."""
    denied = [part.rstrip(":'") for part in _DENIED.split(cause.message)[1:]]
    if cause.code.lower() in _WRAPPERS and denied:
        yield from (replace(cause, code="AuthorizationFailed", message=part) for part in denied)
    else:
        yield cause


def _json_objects(text: str) -> tuple[list[Any], str]:
    """Take the JSON objects out of a text that is JSON only in part."""
    decoder = json.JSONDecoder()
    objects: list[Any] = []
    rest: list[str] = []
    position, tries = 0, 0
    while tries < _MOST_OBJECTS and (start := text.find("{", position)) >= 0:
        tries += 1
        rest.append(text[position:start])
        try:
            found, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            rest.append("{")
            position = start + 1
            continue
        if _is_error(found):
            objects.append(found)
        else:
            rest.append(text[start:position])
    rest.append(text[position:])
    return objects, "".join(rest)


def _is_error(found: Any) -> bool:
    return isinstance(found, Mapping) and (
        any(key in found for key in ("error", "code", "message", "details"))
        or _failed_operation(found) is not None
    )


def _failed_operation(found: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Read an entry of `az deployment operation group list`: it names the resource itself."""
    properties = found.get("properties")
    status = properties.get("statusMessage") if isinstance(properties, Mapping) else None
    if not isinstance(properties, Mapping) or not isinstance(status, Mapping):
        return None
    resource = properties.get("targetResource")
    return (_text(resource.get("id")) if isinstance(resource, Mapping) else ""), status


def _of_json(node: Any, target: str, depth: int) -> Iterator[Cause]:
    """Walk to the innermost errors; one without a target has that of what wraps it."""
    if not isinstance(node, Mapping) or depth > _DEEPEST:
        return
    if operation := _failed_operation(node):
        yield from _of_json(operation[1], operation[0] or target, depth + 1)
        return
    if "error" in node and isinstance(node["error"], Mapping):
        yield from _of_json(node["error"], target, depth + 1)
        return
    target = _text(node.get("target")) or target
    message = _text(node.get("message"))
    children: list[Any] = []
    for key in ("details", "innererror", "innerError"):
        value = node.get(key)
        children += value if isinstance(value, list) else [value] if value else []
    inside, _ = _json_objects(message)
    causes = [c for child in (*inside, *children) for c in _of_json(child, target, depth + 1)]
    causes = [c for c in causes if c.message]
    if causes:
        yield from causes
    elif message or node.get("code"):
        code = _text(node.get("code"))
        yield Cause(code, message or code, target)


def _of_text(text: str) -> Iterator[Cause]:
    """Read what is no JSON: coded lines if there are any, else all of it."""
    found: list[Cause] = []
    open_message = False
    for line in _DETAIL.sub("\n\t", text).splitlines():
        coded = _CODED.match(line) or _DASHED.match(line)
        if coded:
            found.append(Cause(coded["code"], coded["message"]))
            open_message = True
        elif found and (target := _TARGET.match(line)):
            found[-1] = replace(found[-1], target=target["target"].strip())
        elif _FIELD.match(line):
            open_message = False  # what follows repeats the line with the code
        elif found and open_message and line.strip():
            found[-1] = replace(found[-1], message=f"{found[-1].message} {line.strip()}")
    if found:
        yield from found
        return
    if "Traceback (most recent call last)" in text and (raised := _EXCEPTION.search(text)):
        text = raised["message"]  # the first is the cause of those behind it
    plain = re.sub(r"^\s*ERROR:\s*", "", text, flags=re.MULTILINE).strip()
    if plain:
        yield Cause("", plain)


def _told(
    cause: Cause,
    origins: Origins | None,
    expected: Sequence[ExpectedResource],
    secrets: tuple[str, ...],
) -> Cause:
    message = _line(cause.message, secrets)
    resource = _resource(cause, expected)
    named = _line(resource, secrets)
    hint = hint_of(cause.code, cause.message)
    origin = origins.of(resource, _body(resource, expected)) if origins and resource else None
    return Cause(
        code=_line(cause.code, secrets),
        message=message,
        target=_line(cause.target, secrets),
        resource=_short(named),
        place=origin.place if origin else "",
        rendered=origin.rendered if origin else "",
        hint=hint.advice if hint else "",
        link=hint.link if hint else "",
    )


def _resource(cause: Cause, expected: Sequence[ExpectedResource]) -> str:
    """Find the id of what a cause is about: its target, a name or an id in its message."""
    if resource_id.parse(cause.target).names:
        return cause.target
    named = _NAMED.search(cause.message)
    name, kind = (named["name"], named["type"] or "") if named else (cause.target, "")
    own_name = name.rpartition("/")[2].lower()
    for resource in expected:
        parsed = resource_id.parse(resource.id)
        if own_name and own_name == parsed.name.lower() and kind.lower() in parsed.type:
            return resource.id
    found = _ID.search(cause.message)
    return found[0].rstrip(".:") if found else ""


def _body(identifier: str, expected: Sequence[ExpectedResource]) -> Mapping[str, Any] | None:
    key = resource_id.key(identifier)
    return next((r.body for r in expected if resource_id.key(r.id) == key), None)


def _short(identifier: str) -> str:
    parsed = resource_id.parse(identifier)
    return f"{resource_id.words(parsed.type)} {parsed.name}" if parsed.names else ""


def _line(text: str, secrets: tuple[str, ...]) -> str:
    """Make a text safe for a terminal: one line, not too long, no secret in it."""
    line = printable(" ".join(scrub(text, secrets).split()))
    line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return scrub(line, secrets)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
