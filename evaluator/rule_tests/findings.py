"""Collects what is wrong with one test file, each with its place."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic_core import PydanticCustomError

from evaluator.rule_tests.places import locate_within
from generator.diagnostics import Location, Problem, Severity
from generator.source import Path_, Source


@dataclass(slots=True)
class Findings:
    """Problems of a file, added in any order."""

    source: Source
    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        path: Path_,
        problem_id: str,
        message: str,
        fix: str,
        *,
        key: bool = False,
        severity: Severity = "error",
    ) -> None:
        """Add a problem at a value, or at its key."""
        self.add_at(self.source.locate(path, key=key), problem_id, message, fix, severity)

    def add_within(
        self, path: Path_, place: tuple[int, int], problem_id: str, message: str, fix: str
    ) -> None:
        """Add a problem at some characters of a text: the first, and behind the last."""
        self.add_at(locate_within(self.source, path, *place), problem_id, message, fix)

    def add_invalid(self, path: Path_, error: PydanticCustomError) -> None:
        """Add what `generator.models.base.invalid` made."""
        context = error.context or {}
        self.add(path, context["id"], context["message"], context["fix"])

    def add_at(
        self,
        location: Location,
        problem_id: str,
        message: str,
        fix: str,
        severity: Severity = "error",
    ) -> None:
        """Add a problem at a place that is known."""
        self.problems.append(Problem(problem_id, message, location, fix, severity))

    def has_errors(self) -> bool:
        """Tell whether the file cannot be run."""
        return any(p.severity == "error" for p in self.problems)


def did_you_mean(name: str, known: Iterable[str], what: str) -> str:
    """Write the fix for an unknown name: the closest, or all there are."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, 1)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return f"no {what} is known here"
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return f"known {what}s: {shown}"


_MOST_NAMES = 40
