"""What test files are about, loaded: a configuration's rules and queries, or templates' rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from evaluator.rule_tests.subjects import LoadSubjects, Subjects, SubjectSource
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.project_queries import project_queries
from evaluator.sources.template import template_rules
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.project import ConfigurationError, validate

DEFAULT_ENVIRONMENT = "prod"


def subject_loader(
    config: Path,
    today: date,
    templates: Sequence[Path] = (),
    parameters: Path | None = None,
) -> LoadSubjects:
    """Make what loads the subjects of test files.

    `config` is the project's configuration; what a test's own lacks is read from it. With
    `templates`, every file is about their rules, whatever it names; `parameters` is a file with
    values of templates' parameters.
    """

    def load(source: SubjectSource) -> Subjects:
        if templates or source.templates:
            return _subjects_of_templates(templates or source.templates, parameters)
        folder = source.config or config
        configuration = validate(folder, today, config if source.config else None)
        name = source.environment or default_environment(list(configuration.environments))
        if name not in configuration.environments:
            known = ", ".join(configuration.environments)
            location = Location(folder.as_posix(), Span(1, 1, 1, 2), "")
            raise ConfigurationError(
                [
                    Problem(
                        "rule-test/no-rules",
                        f"the configuration has no environment `{name}`",
                        location,
                        f"write one of {known}",
                    )
                ]
            )
        return Subjects(
            {rule.id: rule for rule in project_rules(configuration, name)},
            {query.name: query for query in project_queries(configuration, name)},
        )

    return load


def _subjects_of_templates(paths: Sequence[Path], parameters: Path | None) -> Subjects:
    """Read the rules of templates by id.

    Raises:
        ConfigurationError: no rule can be read and something is wrong, or files have rules of one
            name.
    """
    rules: dict[str, LogAlertRule] = {}
    problems: list[Problem] = []
    for path in paths:
        found, wrong = template_rules(path, parameters)
        problems += wrong
        for rule in found:
            if rule.id in rules:
                problems.append(_same_name(rule))
            rules.setdefault(rule.id, rule)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and (not rules or any(p.id == "template/duplicate-name" for p in errors)):
        raise ConfigurationError(sort_problems(problems))
    unread = [replace(p, severity="warning") for p in errors]
    return Subjects(rules, unread=tuple(sort_problems(unread)))


def _same_name(rule: LogAlertRule) -> Problem:
    message = f"another of the files has a rule named `{rule.id}`"
    place = rule.place("name")
    fix = "name one of the files by itself"
    return Problem("template/duplicate-name", message, place, fix, subject=rule.id)


def default_environment(environments: Sequence[str]) -> str:
    """Name the environment that rules are read from unless another is asked for."""
    return DEFAULT_ENVIRONMENT if DEFAULT_ENVIRONMENT in environments else environments[0]
