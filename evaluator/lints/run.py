"""Runs lints over queries and rules, and makes problems of what they find."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from evaluator.lints import misuse
from evaluator.lints.catalog import LINTS
from evaluator.lints.directives import Directive, Lines, WrongDirective, read_directives
from evaluator.lints.kql.diagnostics import readable
from evaluator.lints.lint import (
    AnyLint,
    ComparingLint,
    Finding,
    LintContext,
    LintPage,
    QueryFinding,
)
from evaluator.lints.unanalysed import not_analysed
from generator.diagnostics import Location, Problem, sort_problems


def run_lints(
    contexts: Sequence[LintContext], today: date, lints: Sequence[AnyLint] = LINTS
) -> list[Problem]:
    """Run lints; what directives suppress on the day `today` is left out.

    What is found in one place from several rules or environments is one problem. Its subject is the
    first of them.
    """
    ids = [one.id for one in lints]
    subjects = [_Subject.of(context, ids) for context in contexts]
    by_context = {id(subject.context): subject for subject in subjects}
    problems: dict[tuple[str, Location, str], Problem] = {}
    seen = [subject.context for subject in subjects]
    too_deep: list[LintContext] = []
    for one in lints:
        for context, finding in _findings(one, seen, too_deep):
            subject = by_context[id(context)]
            if not subject.suppresses(one.id, finding, today):
                found = _problem(one, finding, context)
                problems.setdefault((found.id, found.location, found.message), found)
    for context in too_deep:
        found = not_analysed(
            context.query, context.subject, "the query is nested too deeply for lints"
        )
        problems.setdefault((found.id, found.location, found.message), found)
    for found in _about_directives(subjects, today):
        problems.setdefault((found.id, found.location, found.message), found)
    return sort_problems(problems.values())


@dataclass(frozen=True, slots=True)
class _Subject:
    """A context with its directives, and those of them that suppressed something."""

    context: LintContext
    """As the lints see it: without a tree if the query cannot be read."""
    lines: Lines
    directives: list[Directive]
    wrong: list[WrongDirective]
    used: set[Directive] = field(default_factory=set)

    @classmethod
    def of(cls, context: LintContext, lint_ids: Sequence[str]) -> "_Subject":
        directives, wrong = read_directives(context.analysis, lint_ids)
        return cls(readable(context), Lines(context.analysis.text), directives, wrong)

    def suppresses(self, lint_id: str, finding: Finding, today: date) -> bool:
        holding = [d for d in self.directives if d.suppresses(lint_id, finding, self.lines, today)]
        self.used.update(holding)
        return bool(holding)

    def place(self, directive: Directive) -> Location:
        return self.context.query.locate(directive.start, directive.end)


def _findings(
    one: AnyLint, contexts: Sequence[LintContext], too_deep: list[LintContext]
) -> Iterator[tuple[LintContext, Finding]]:
    """Run a lint; what it cannot look at, for its depth, joins `too_deep`."""
    if isinstance(one, ComparingLint):
        yield from one.check_all(contexts)
        return
    for context in contexts:
        try:
            yield from ((context, finding) for finding in one.check(context))
        except RecursionError:
            too_deep.append(context)


def _problem(one: LintPage, finding: Finding, context: LintContext) -> Problem:
    place = _place(finding, context)
    fix = finding.fix or one.fix
    return Problem(one.id, finding.message, place, fix, one.severity, context.subject)


def _place(finding: Finding, context: LintContext) -> Location:
    if isinstance(finding, QueryFinding):
        return context.query.locate(finding.start, finding.end)
    if context.rule is None:
        raise ValueError(f"a finding about a rule, but {context.subject} is a query")
    return context.rule.place(finding.property)


def _about_directives(subjects: Sequence[_Subject], today: date) -> Iterator[Problem]:
    # Rules and environments share queries: what one of them needs is useless in none.
    used = {subject.place(directive) for subject in subjects for directive in subject.used}
    for subject in subjects:
        for wrong in subject.wrong:
            yield _problem(wrong.page, wrong.finding, subject.context)
        for directive in subject.directives:
            if directive.is_over(today):
                page = misuse.EXPIRED_SNOOZE
                message = f"the snooze of `{directive.lint_id}` ended on {directive.until}"
            elif subject.place(directive) not in used:
                page = misuse.USELESS_DIRECTIVE
                message = f"the directive for `{directive.lint_id}` suppresses nothing"
            else:
                continue
            finding = QueryFinding(directive.start, directive.end, message)
            yield _problem(page, finding, subject.context)
