"""Log alert rules of anyone's templates: compiled ARM templates, or what `bicep snapshot` writes.

Rules are found in nested deployments, too, and loops are gone through. A value that only Azure
knows is a problem where the rule's evaluation needs it; names may be known in part.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from evaluator.rules import LogAlertRule
from evaluator.sources.arm_local import NOWHERE, Effort, Local, TooLargeError
from evaluator.sources.arm_scope import Scope
from evaluator.sources.arm_values import Value
from evaluator.sources.json_document import JsonNode
from evaluator.sources.rule_resource import read_rule
from evaluator.sources.template_file import members, read_document, read_parameters, secret
from generator.diagnostics import Location, Problem, Severity, Span
from generator.source import SourceError

_RULE: Final = "microsoft.insights/scheduledqueryrules"
_DEPLOYMENT: Final = "microsoft.resources/deployments"


def template_rules(
    path: Path, parameters: Path | None = None
) -> tuple[list[LogAlertRule], list[Problem]]:
    """Read the rules of a template, with the values of a parameter file if there is one.

    Returns the rules that can be judged, in the order of the file, and every problem found.
    """
    walk = _Walk()
    try:
        walk.read(read_document(path).root, read_parameters(parameters) if parameters else {})
    except SourceError as error:
        walk.problems += error.problems
    except TooLargeError:
        problem = Problem(
            "template/too-large",
            "its loops and references need more work than a template of Azure may",
            Location(path.as_posix(), Span(1, 1, 1, 2), ""),
            "check the loops' counts, and values that refer to one another",
        )
        walk.problems.append(problem)
    rules = list(_named_apart(walk.rules, walk.problems))
    return rules, list(dict.fromkeys(walk.problems))  # a loop's rounds say the same


def _named_apart(rules: Sequence[LogAlertRule], problems: list[Problem]) -> Iterator[LogAlertRule]:
    """Number the rules that have the name of one above."""
    seen: Counter[str] = Counter()
    for rule in rules:
        name = rule.id.casefold()  # Azure ignores case in names
        seen[name] += 1
        if seen[name] == 1:
            yield rule
            continue
        apart = f"{rule.id}#{seen[name]}"
        message = f"another rule is named `{rule.id}`, too; this one is `{apart}` here"
        fix = "give each its own name, or name it so in tests"
        place = rule.place("name")
        problems.append(Problem("template/duplicate-name", message, place, fix, "warning", rule.id))
        yield replace(rule, id=apart)


@dataclass(slots=True)
class _Walk:
    """Goes through the resources of a template."""

    rules: list[LogAlertRule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    found: int = 0
    """Rules that were found, read or not."""

    def read(self, root: JsonNode, given: Mapping[str, Value]) -> None:
        """Read a file's rules."""
        snapshot = root.get("predictedResources")
        resources = snapshot or root.get("resources")
        if resources is None:
            self._add(root, "template/no-template", "it has no `resources`", _NO_TEMPLATE)
            return
        scope = Scope(root, given, Effort(), "snapshot" if snapshot else "template")
        self._resources(resources, scope, NOWHERE)
        if not self.found:
            message = "it has no Microsoft.Insights/scheduledQueryRules"
            self._add(root, "template/no-rules", message, "name a template that has some")

    def _resources(self, resources: JsonNode, scope: Scope, local: Local) -> None:
        for resource in _members(resources):
            kind = resource.get("type")
            if not isinstance(resource.data, dict) or kind is None:
                self._add(
                    resource,
                    "template/no-template",
                    "a resource has no `type`",
                    "compile the template again",
                )
            elif str(kind.data).lower() in {_RULE, _DEPLOYMENT}:
                self._each(resource, str(kind.data).lower(), scope, local)

    def _each(self, resource: JsonNode, kind: str, scope: Scope, local: Local) -> None:
        """Go through a resource's loop; one that exists already or is not made is no matter."""
        existing = resource.get("existing")
        if existing and existing.data is True:
            return
        rounds = scope.iterate(resource.get("copy"), local)
        self.found += kind == _RULE
        if isinstance(rounds, Value):
            self._add_unresolved(rounds, "the loop's count is not known here")
            return
        for inside in rounds:
            condition = resource.get("condition")
            if condition and scope.evaluate(condition, inside).data is False:
                continue
            if kind == _DEPLOYMENT:
                self._deployment(resource, scope, inside)
                continue
            rule = read_rule(scope.evaluate(resource, inside), self.problems)
            if rule is not None:
                self.rules.append(rule)

    def _deployment(self, resource: JsonNode, scope: Scope, local: Local) -> None:
        properties = resource.get("properties")
        template = properties.get("template") if properties else None
        resources = template.get("resources") if template else None
        if properties is None or template is None or resources is None:
            self._add(
                properties or resource,
                "template/unresolved-expression",
                "the nested deployment has its template elsewhere; its rules are not read",
                "read that template by itself",
                severity="warning",
            )
            return
        options = properties.get("expressionEvaluationOptions")
        which = options.get("scope") if options else None
        if which is None or str(which.data).lower() != "inner":
            self._resources(resources, scope, local)
            return
        given = {}
        parameters = properties.get("parameters")
        for name, parameter in members(parameters):
            value = parameter.get("value")
            # A reference to a key vault's secret has no value.
            given[name.lower()] = scope.evaluate(value, local) if value else secret(parameter, name)
        self._resources(resources, scope.inner(template, given), NOWHERE)

    def _add_unresolved(self, value: Value, message: str) -> None:
        self.problems.append(
            Problem(
                "template/unresolved-expression",
                f"{message}: {value.unknown}",
                value.location(),
                "write the value, pass --parameters FILE, or read what `bicep snapshot` writes",
            )
        )

    def _add(
        self,
        node: JsonNode,
        problem_id: str,
        message: str,
        fix: str,
        severity: Severity = "error",
    ) -> None:
        self.problems.append(Problem(problem_id, message, node.location(), fix, severity))


_NO_TEMPLATE: Final = "name a compiled template, or what `bicep snapshot` writes"


def _members(node: JsonNode) -> Iterator[JsonNode]:
    """Yield the elements of an array, or of an object with symbolic names."""
    if isinstance(node.data, list):
        yield from node.data
    elif isinstance(node.data, dict):
        yield from node.data.values()
