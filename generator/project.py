"""From a folder of YAML to rendered environments: the steps in order, reading at the edge."""

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from generator.checks import check
from generator.checks.alerts import queries
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.kql import QueryError
from generator.loader import Configuration, load
from generator.render import Rendered, Sources, render
from generator.render.templates import Templates
from generator.resolve import resolve
from generator.size import excesses
from generator.source import SourceError, parse, read_text
from generator.workbook import WorkbookSource

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: templates, bicep, kql and workbooks lie in it."""


class ConfigurationError(Exception):
    """A configuration with problems; nothing was rendered."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def validate(config: Path, today: date) -> Configuration:
    """Read and check a configuration folder.

    Raises:
        ConfigurationError: anything is wrong with it; all problems at once.
    """
    configuration, problems = load(config)
    if configuration is not None:
        problems += check(configuration, _texts(ROOT / "kql" / "alerts"), today)
    if any(p.severity == "error" for p in problems) or configuration is None:
        raise ConfigurationError(sort_problems(problems))
    return configuration


def render_environments(
    configuration: Configuration, names: Sequence[str], out: Path
) -> list[Rendered]:
    """Render environments in memory.

    Raises:
        ConfigurationError: a hand-written source is wrong, or something exceeds its budget.
    """
    templates = Templates(ROOT / "templates")
    rendered = []
    problems: list[Problem] = []
    alert_queries = queries(_texts(ROOT / "kql" / "alerts"))
    saved_queries = queries(_texts(ROOT / "kql" / "queries"))
    workbooks = tuple(_workbooks(problems))
    for name in names:
        library = os.path.relpath(ROOT / "bicep", out / name).replace(os.sep, "/")
        sources = Sources(alert_queries, saved_queries, workbooks, templates, library)
        try:
            environment = render(resolve(configuration, name), sources)
        except (QueryError, KeyError) as error:
            problems.append(
                _problem("workbooks", "alerts/query-file", str(error), "correct the file")
            )
            continue
        rendered.append(environment)
        problems += _over_budget(configuration, environment)
    if problems:
        raise ConfigurationError(sort_problems(problems))
    return rendered


def _texts(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.kql"))}


def _workbooks(problems: list[Problem]) -> Iterator[WorkbookSource]:
    for path in sorted((ROOT / "workbooks").glob("*/workbook.yaml")):
        file = path.relative_to(ROOT).as_posix()
        try:
            source = parse(read_text(path, file), file)
        except SourceError as error:
            problems += error.problems
            continue
        if isinstance(source.data, dict):
            yield WorkbookSource(path.parent.name, source.data, _texts(path.parent))


def _over_budget(configuration: Configuration, rendered: Rendered) -> Iterator[Problem]:
    document = configuration.environments[rendered.fleet.name]
    advice = {
        "rule": ("alerts/query-size", "shorten the query, or lessen the circuits that differ"),
        "workbook": (
            "environments/workbook-size",
            "lessen the circuits that differ from a default",
        ),
        "entry point": (
            "environments/budget",
            "write `layout: plant`, or split the fleet over several environments",
        ),
    }
    for excess in excesses(rendered):
        problem_id, fix = advice[excess.kind]
        yield document.problem(
            ("layout",) if excess.kind == "entry point" else (),
            problem_id,
            f"{excess.what} has {excess.amount:,} {excess.unit}, the budget is {excess.budget:,}",
            fix,
        )


def _problem(file: str, problem_id: str, message: str, fix: str) -> Problem:
    return Problem(problem_id, message, Location(file, Span(1, 1, 1, 2), ""), fix)
