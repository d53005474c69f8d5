"""What test files are about: rules, and queries that no rule runs. The caller loads them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evaluator.query_text import QueryText
from evaluator.rules import LogAlertRule
from generator.diagnostics import Problem


@dataclass(frozen=True, slots=True)
class SubjectSource:
    """Where a test file's rules come from."""

    config: Path | None
    """A configuration folder; the project's own unless given."""
    environment: str | None
    """An environment of the configuration; `prod`, else the first, unless given."""
    templates: tuple[Path, ...] = ()
    """Compiled ARM templates or Bicep snapshots; used instead of a configuration if any."""


class ParameterQuery(Protocol):
    """A query of the project, maybe with a workbook's parameters."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Its parameters, with the values that the portal puts in at first sight."""

    def with_parameters(self, values: Mapping[str, str]) -> QueryText:
        """Put values in for some parameters, and the first ones for the others."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Rules by id, and queries by the path of their file in the project."""

    rules: Mapping[str, LogAlertRule]
    queries: Mapping[str, ParameterQuery] = field(default_factory=dict)
    unread: tuple[Problem, ...] = ()
    """Why rules of templates could not be read: warnings, since no test may be about them."""


LoadSubjects = Callable[[SubjectSource], Subjects]
"""Loads them; raises `generator.project.ConfigurationError` with all problems."""
