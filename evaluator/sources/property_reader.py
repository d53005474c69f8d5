"""Reads the properties of one resource of a template and tells what is wrong with them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from evaluator.sources.arm_values import Value
from generator.diagnostics import Location, Problem, Severity
from generator.durations import parse_duration

_NO_EXPRESSION: Final = "it is not an expression"


@dataclass(slots=True)
class PropertyReader:
    """Reads values of one rule; what is wrong is added to the problems."""

    rule_name: str
    problems: list[Problem]
    usable: bool = True
    """Whether everything that was asked for is known and of its type."""
    places: dict[str, Location] = field(default_factory=dict)
    """Where the properties stand that were found."""

    def report(
        self, problem_id: str, at: Value, message: str, fix: str, severity: Severity = "error"
    ) -> None:
        """Add a problem; the rule stays usable."""
        problem = Problem(problem_id, message, at.location(), fix, severity, self.rule_name)
        self.problems.append(problem)

    def wrong(self, at: Value, message: str, fix: str) -> None:
        """Add a problem for which the rule cannot be read."""
        self.usable = False
        self.report("template/property", at, message, fix)

    def find(self, owner: Value, name: str, *, required: bool = False) -> Value | None:
        """Find a property that is written; none if it is missing, null, or not known."""
        value = owner.get(name)
        if value is None or (value.data is None and not value.unknown):
            if required:
                self.wrong(owner, f"`{name}` is missing", f"write `{name}`")
            return None
        self.places[name] = value.location()
        return value if self.is_known(value, name) else None

    def is_known(self, value: Value, name: str) -> bool:
        """Tell whether a value is known; if not, that is reported."""
        if not value.unknown:
            return True
        self.usable = False
        if value.unknown.startswith(_NO_EXPRESSION):
            fix = "mend it, or begin a text with two brackets: `[[`"
            self.report("template/expression", value, f"`{name}`: {value.unknown}", fix)
        else:
            self.report(
                "template/unresolved-expression",
                value,
                f"`{name}` is not known here: {value.unknown}",
                "write the value, pass --parameters FILE, or read what `bicep snapshot` writes",
            )
        return False

    def shown(self, owner: Value, name: str) -> str:
        """Read a text that may be known in part only, such as a name; empty if it is missing."""
        value = owner.get(name)
        if value is None or value.data is None:
            return ""
        self.places[name] = value.location()
        return str(value.data)

    def text(self, owner: Value, name: str, *, required: bool = False) -> str | None:
        """Read a string."""
        value = self.find(owner, name, required=required)
        if value is None:
            return None
        if not isinstance(value.data, str) or (required and not value.data.strip()):
            self.wrong(value, f"`{name}` is no text", "write a string")
            return None
        return value.data

    def choice(self, owner: Value, name: str, choices: tuple[str, ...]) -> str | None:
        """Read one of some words, which must be there; case means nothing to Azure."""
        value = self.find(owner, name, required=True)
        if value is None:
            return None
        found = next((c for c in choices if c.lower() == str(value.data).lower()), None)
        if found is None:
            self.wrong(value, f"`{name}` is `{value.data}`", f"write one of {', '.join(choices)}")
        return found

    def integer(self, owner: Value, name: str, *, default: int | None = None) -> int:
        """Read a whole number; without a default it must be there."""
        value = self.find(owner, name, required=default is None)
        if value is None:
            return default or 0
        if isinstance(value.data, bool) or not isinstance(value.data, int):
            self.wrong(value, f"`{name}` is no whole number", "write digits without quotes")
            return 0
        return value.data

    def boolean(self, owner: Value, name: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self.find(owner, name)
        if value is None:
            return default
        if not isinstance(value.data, bool):
            self.wrong(value, f"`{name}` is neither true nor false", "write it without quotes")
            return default
        return value.data

    def number(self, owner: Value, name: str) -> float:
        """Read a number, which must be there."""
        value = self.find(owner, name, required=True)
        if value is None:
            return 0.0
        number = _number(value)
        if number is None:
            self.wrong(value, f"`{name}` is no number", "write a number without quotes")
            return 0.0
        if isinstance(value.data, str):
            self.report(
                "alert/decimal-threshold",
                value,
                f"`{name}` is the text `{value.data}`, Azure's type is a number",
                f"write {value.data} in JSON, json('{value.data}') in Bicep",
                "info",
            )
        return number

    def duration(
        self, owner: Value, name: str, allowed: Mapping[str, timedelta], *, required: bool = False
    ) -> timedelta | None:
        """Read a duration; one that Azure does not accept is reported and still read."""
        text = self.text(owner, name, required=required)
        if text is None:
            return None
        duration, value = parse_duration(text), owner.get(name)
        if value is not None and (duration is None or duration == timedelta(0)):
            self.wrong(value, f"`{name}` is no duration: `{text}`", "write one such as PT15M")
            return None
        if value is not None and allowed and duration not in allowed.values():
            accepted = f"write one of {', '.join(allowed)}"
            message = f"Azure accepts no `{name}` of {text}"
            self.report("template/property", value, message, accepted)
        return duration

    def items(self, owner: Value, name: str, *, required: bool = False) -> list[Value]:
        """Read an array."""
        value = self.find(owner, name, required=required)
        if value is None:
            return []
        if not isinstance(value.data, list):
            self.wrong(value, f"`{name}` is no array", "write its elements in brackets")
            return []
        return value.data


def _number(value: Value) -> float | None:
    if isinstance(value.data, bool) or not isinstance(value.data, int | float | str):
        return None
    try:
        number = float(value.data)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
