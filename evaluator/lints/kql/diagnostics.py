"""Which of the lints a diagnostic of the language service belongs to."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from evaluator.analysis.syntax import Diagnostic, Node
from evaluator.lints.lint import LintContext
from generator.azure import CLASSIC_TABLES

# The numbers below 100 are the parser's. The others say that the text is cut off or in the wrong
# place, though it is the later stage that notices.
_SYNTAX: Final = frozenset({"KS174", "KS175", "KS176", "KS198", "KS244", "KS245", "KS246"})

_UNKNOWN_COLUMN: Final = "KS142"
_UNKNOWN_NAME: Final = frozenset(
    {"KS122", "KS123", "KS124", "KS128", "KS142", "KS143", "KS181", "KS204", "KS208", "KS209"}
    | {"KS210", "KS211", "KS236", "KS237", "KS247", "KS248"}
)

# Azure Monitor's own functions, which the service does not know, nor the columns they return.
# https://learn.microsoft.com/azure/azure-monitor/logs/cross-workspace-query
_CROSS_RESOURCE: Final = frozenset({"adx", "app", "arg", "resource", "workspace"})


def syntax_errors(context: LintContext) -> tuple[Diagnostic, ...]:
    """Return the errors for which the query cannot be read at all."""
    return tuple(d for d in context.analysis.errors if _is_syntax(d))


def readable(context: LintContext) -> LintContext:
    """Take the syntax tree away from a query with syntax errors.

    Its tree has holes where the parser missed something: operands that are not there would break
    the lints, and steps that are not there would mislead them.
    """
    if not syntax_errors(context):
        return context
    empty = replace(context.analysis, columns=(), root=Node("QueryBlock", 0, 0, ""))
    return replace(context, analysis=empty)


def unknown_names(context: LintContext) -> tuple[Diagnostic, ...]:
    """Return the errors about names; none in a query that cannot be read."""
    if syntax_errors(context):
        return ()
    names = [d for d in context.analysis.errors if d.code in _UNKNOWN_NAME]
    other_resource = [d for d in names if text_of(context, d) in _CROSS_RESOURCE]
    return tuple(
        d
        for d in names
        if d not in other_resource
        and not (other_resource and d.code == _UNKNOWN_COLUMN)
        and not is_classic_table(context, d)
    )


def other_errors(context: LintContext) -> Iterator[Diagnostic]:
    """Go through the errors that are neither about the syntax nor about names."""
    if not syntax_errors(context):
        yield from (d for d in context.analysis.errors if d.code not in _UNKNOWN_NAME)


def is_classic_table(context: LintContext, diagnostic: Diagnostic) -> bool:
    """Say whether an unknown name is a table of Application Insights' classic schema."""
    return diagnostic.code == "KS204" and text_of(context, diagnostic) in CLASSIC_TABLES


def text_of(context: LintContext, diagnostic: Diagnostic) -> str:
    """Return what the diagnostic is about."""
    return context.analysis.text[diagnostic.start : diagnostic.end]


def node_of(context: LintContext, diagnostic: Diagnostic) -> Node | None:
    """Find the name that a diagnostic is about."""
    names = context.analysis.root.of_kind("NameReference")
    return next((n for n in names if (n.start, n.end) == (diagnostic.start, diagnostic.end)), None)


def _is_syntax(diagnostic: Diagnostic) -> bool:
    return diagnostic.code in _SYNTAX or diagnostic.code.startswith("KS0")
