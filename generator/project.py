"""From a folder of YAML to rendered environments: the steps in order, reading at the edge."""

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from generator.checks import check
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.kql import Query, QueryError, parse_query
from generator.loader import Configuration, load
from generator.render import Rendered, Sources, render
from generator.render.templates import Templates
from generator.resolve import resolve
from generator.size import check_size
from generator.source import SourceError, parse, read_text
from generator.workbook import WorkbookError, WorkbookSource

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: templates, bicep, kql and workbooks lie in it."""


class ConfigurationError(Exception):
    """A configuration with problems; nothing was rendered."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def validate(config: Path, today: date, base: Path | None = None) -> Configuration:
    """Read and check a configuration folder; what it lacks is read from `base`.

    Raises:
        ConfigurationError: anything is wrong with it; all problems at once.
    """
    configuration, problems = load(config, base)
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
    alert_queries = read_queries("alerts", problems)
    saved_queries = read_queries("queries", problems)
    workbooks = tuple(read_workbooks(problems))
    if problems:
        raise ConfigurationError(sort_problems(problems))
    for name in names:
        library = os.path.relpath(ROOT / "bicep", os.path.realpath(out / name)).replace(os.sep, "/")
        sources = Sources(alert_queries, saved_queries, workbooks, templates, library)
        try:
            environment = render(resolve(configuration, name), sources)
        except WorkbookError as error:
            problems.append(_source_problem(error.file, error.line, str(error)))
            break
        rendered.append(environment)
        problems += check_size(configuration, environment)
    if problems:
        raise ConfigurationError(sort_problems(problems))
    return rendered


def _texts(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.kql"))}


def read_workbooks(problems: list[Problem]) -> Iterator[WorkbookSource]:
    """Read the folders under workbooks/; problems are added."""
    for path in sorted((ROOT / "workbooks").glob("*/workbook.yaml")):
        file = path.relative_to(ROOT).as_posix()
        try:
            source = parse(read_text(path, file), file)
        except SourceError as error:
            problems += error.problems
            continue
        if isinstance(source.data, dict):
            yield WorkbookSource(path.parent.name, source.data, _texts(path.parent))


def read_queries(folder: str, problems: list[Problem]) -> dict[str, Query]:
    """Read the queries of kql/FOLDER by file name; problems are added, wrong files left out."""
    parsed = {}
    for name, text in _texts(ROOT / "kql" / folder).items():
        try:
            parsed[name] = parse_query(text)
        except QueryError as error:
            problems.append(_source_problem(f"kql/{folder}/{name}", error.line, str(error)))
    return parsed


def _source_problem(file: str, line: int, message: str) -> Problem:
    location = Location(file, Span(line, 1, line, 2), "")
    return Problem("alerts/query-file", message, location, "see a shipped file for the form")
