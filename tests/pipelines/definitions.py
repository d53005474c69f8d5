"""Reads the definitions of pipelines: their documents, and each script with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generator.project import ROOT

AZURE = tuple(sorted((ROOT / "pipelines").rglob("*.yml")))
GITHUB = tuple(sorted((ROOT / ".github" / "workflows").glob("*.yml")))
NAMES = {path.relative_to(ROOT).as_posix(): path for path in (*AZURE, *GITHUB)}

MACRO = re.compile(r"\$\(([A-Za-z][\w.-]*)\)")
"""What Azure replaces before a script runs; `$(date -u)` with its blank is the shell's."""
EXPRESSION = re.compile(r"\$\(([A-Za-z][\w.-]*)\)|\$\{\{ ([\w.]+) \}\}")
"""What Azure or GitHub replaces in the environment of a script."""
PARAMETER = re.compile(r"\$\{\{ parameters\.(\w+) \}\}")


@dataclass(frozen=True)
class Script:
    """A script of a step."""

    file: str
    title: str
    text: str
    environment: dict[str, str]

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


def document(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(node: Any) -> Iterator[dict[str, Any]]:
    """Find every step, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "steps":
                yield from value
            else:
                yield from steps(value)
    elif isinstance(node, list):
        for each in node:
            yield from steps(each)


def scripts() -> list[Script]:
    """Read the script of every step, of which each has one at most."""
    found = []
    for name, path in NAMES.items():
        for step in steps(document(path)):
            text = step.get("bash") or step.get("run") or step.get("inputs", {}).get("inlineScript")
            if text is not None:
                title = step.get("displayName") or step["name"]
                found.append(Script(name, title, text, step.get("env", {})))
    return found
