"""What test files are about, loaded: a configuration's rules and queries, or templates' rules."""

from collections.abc import Sequence
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
            return Subjects(rules_of_templates(templates or source.templates, parameters))
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


def rules_of_templates(
    paths: Sequence[Path], parameters: Path | None = None
) -> dict[str, LogAlertRule]:
    """Read the rules of templates by id, with the values of a parameter file if there is one.

    Raises:
        ConfigurationError: a template cannot be read, or a value of a rule is not known.
    """
    rules: dict[str, LogAlertRule] = {}
    problems: list[Problem] = []
    for path in paths:
        found, wrong = template_rules(path, parameters)
        problems += wrong
        for rule in found:
            rules.setdefault(rule.id, rule)
    if any(problem.severity == "error" for problem in problems):
        raise ConfigurationError(sort_problems(problems))
    return rules


def default_environment(environments: Sequence[str]) -> str:
    """Name the environment that rules are read from unless another is asked for."""
    return DEFAULT_ENVIRONMENT if DEFAULT_ENVIRONMENT in environments else environments[0]
