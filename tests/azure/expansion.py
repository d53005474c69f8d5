"""Expands a template with the Bicep CLI, so that nothing about its expressions is guessed."""

import json
import re
import threading
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deployment.bicep import BicepCompiler, BicepError
from tests.azure.wire import ArmError, Json
from tests.literal_resources import BICEPCONFIG, literal, literal_resources

_PLAIN = {"securestring": "string", "secureobject": "object"}
_EXPRESSION = re.compile(r"\[[A-Za-z][A-Za-z.]*\(.*\]", re.DOTALL)
_READ_ONLY = "BCP073"
"""A property that Azure takes and ignores, as clients send back what they read."""
_LINE = re.compile(r"\((\d+),\d+\) : (?:Error|Warning) (BCP\d+: .*)", re.DOTALL)


class Expander:
    """One running compiler, asked by one request at a time; it remembers what it answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiler: BicepCompiler | None = None
        self._expanded: dict[str, str] = {}
        self._known: set[str] = set()

    def close(self) -> None:
        """End the compiler."""
        if self._compiler is not None:
            self._compiler.__exit__(None, None, None)

    def expand(
        self, template: Json, parameters: Json, subscription: str, group: str, location: str
    ) -> list[Json]:
        """Return what the template would create, in its order.

        Raises:
            ArmError: the compiler cannot evaluate it.
        """
        lines = ["using './template.json'"]
        lines += [f"param {name} = {literal(_exact(value))}" for name, value in parameters.items()]
        texts = {
            "bicepconfig.json": BICEPCONFIG,
            "template.json": json.dumps(_insecure(template)),
            "template.bicepparam": "\n".join(lines) + "\n",
        }
        key = json.dumps([texts, subscription, group, location])
        with self._lock:
            if key not in self._expanded:
                self._expanded[key] = json.dumps(
                    self._snapshot(texts, subscription, group, location)
                )
            resources: list[Json] = json.loads(self._expanded[key])
        return resources

    def _snapshot(
        self, texts: dict[str, str], subscription: str, group: str, location: str
    ) -> list[Json]:
        with TemporaryDirectory() as folder:
            for name, text in texts.items():
                (Path(folder) / name).write_text(text, encoding="utf-8")
            path = Path(folder) / "template.bicepparam"
            try:
                snapshot = self._running().snapshot(path, group, location, subscription)
            except BicepError as error:
                raise _invalid(str(error)) from None
        if snapshot["diagnostics"]:
            raise _invalid("; ".join(map(str, snapshot["diagnostics"])))
        resources: list[Json] = snapshot["predictedResources"]
        for resource in resources:
            for text in _texts(resource):
                if _EXPRESSION.fullmatch(text):
                    raise _invalid(f"this endpoint cannot evaluate {text} of {resource['id']}")
        return resources

    def unknown(self, resources: list[Json]) -> dict[str, list[str]]:
        """What the types of Azure do not know or do not find, by id of the resource."""
        with self._lock:
            new = [r for r in resources if json.dumps(r) not in self._known]
            if not new:
                return {}
            given = json.dumps({"predictedResources": _without_nulls(new)})
            text = literal_resources(given)
            with TemporaryDirectory() as folder:
                (Path(folder) / "bicepconfig.json").write_text(BICEPCONFIG)
                path = Path(folder) / "literal.bicep"
                path.write_text(text, encoding="utf-8")
                diagnostics = self._running().compile(path).diagnostics
            problems = _by_resource(new, text, diagnostics)
            self._known.update(json.dumps(r) for r in new if r["id"] not in problems)
        return problems

    def _running(self) -> BicepCompiler:
        if self._compiler is None:
            self._compiler = BicepCompiler()
        return self._compiler


def _by_resource(
    resources: list[Json], text: str, diagnostics: tuple[str, ...]
) -> dict[str, list[str]]:
    starts = [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if re.match(r"resource r\d+ ", line)
    ]
    problems: dict[str, list[str]] = {}
    for diagnostic in diagnostics:
        found = _LINE.search(diagnostic)
        if found and not found[2].startswith(_READ_ONLY):
            index = sum(start <= int(found[1]) for start in starts) - 1
            problems.setdefault(resources[index]["id"], []).append(found[2])
    return problems


def _insecure(value: Any) -> Any:
    """Make secure parameters plain ones: a snapshot leaves the values of secure ones out."""
    if isinstance(value, dict):
        return {
            key: _PLAIN.get(item.lower(), item)
            if key == "type" and isinstance(item, str)
            else _insecure(item)
            for key, item in value.items()
        }
    return [_insecure(item) for item in value] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _exact(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_float=Decimal)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _invalid(reason: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{reason}'.")
