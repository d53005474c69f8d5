"""kql/unknown-name: a column, table or function that does not exist there."""

from collections.abc import Iterable, Iterator

from evaluator.analysis.syntax import Diagnostic
from evaluator.lints.kql.diagnostics import node_of, text_of, unknown_names
from evaluator.lints.kql.functions import FUNCTIONS
from evaluator.lints.kql.tree import ancestors, column_names, lets, step_of
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding
from evaluator.lints.spelling import close_name

_FUNCTION_CODES = frozenset({"KS122", "KS123", "KS128", "KS143", "KS211", "KS236"})
_LISTED = 12  # what can be read at a glance


def _check(context: LintContext) -> Iterator[Finding]:
    told: set[str] = set()
    for diagnostic in unknown_names(context):
        name = text_of(context, diagnostic)
        if _is_in_unknown_call(context, diagnostic) or name in told:
            continue
        told.add(name)
        noun, known = _known(context, diagnostic)
        yield QueryFinding(
            diagnostic.start,
            diagnostic.end,
            f"there is no {noun} `{name}` here",
            _fix(name, noun, known),
        )


def _is_in_unknown_call(context: LintContext, diagnostic: Diagnostic) -> bool:
    """Say whether the name is an argument of an unknown function: the service doubts it too."""
    node = node_of(context, diagnostic)
    if node is None or diagnostic.code != "KS236":
        return False
    unknown = {d.start for d in unknown_names(context) if d.code == "KS211"}
    calls = (a for a in ancestors(node, context.analysis.root) if a.children)
    return any(call.kind == "FunctionCallExpression" and call.start in unknown for call in calls)


def _known(context: LintContext, diagnostic: Diagnostic) -> tuple[str, frozenset[str]]:
    root = context.analysis.root
    if diagnostic.code in _FUNCTION_CODES:
        return "function", FUNCTIONS | lets(root).keys()
    if diagnostic.code in ("KS204", "KS181"):
        return "table", frozenset({*context.tables, *lets(root)})
    node = node_of(context, diagnostic)
    if diagnostic.code != "KS142" or node is None:
        return "name", frozenset()
    place = step_of(node, root)
    columns = column_names(place[0][place[1] - 1]) if place and place[1] else frozenset[str]()
    scalars = {name for name, value in lets(root).items() if not value.columns}
    return "column or variable" if scalars else "column", columns | scalars


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = close_name(name, known)
    return f"did you mean `{close}`?" if close else ""


def _fix(name: str, noun: str, known: frozenset[str]) -> str:
    guess = _did_you_mean(name, known)
    if noun == "table":
        columns = "if the workspace has this table, give its columns with --tables"
        return f"{guess} {columns[0].upper()}{columns[1:]}" if guess else columns
    return guess or _list(noun, known)


def _list(noun: str, known: frozenset[str]) -> str:
    if noun == "function" or not known or len(known) > _LISTED:
        return ""
    return f"known here: {', '.join(f'`{name}`' for name in sorted(known))}"


LINT = Lint(
    id="kql/unknown-name",
    severity="error",
    summary="A name means nothing where it stands",
    details=(
        "A table, column or function is misspelt, written in the wrong case, or a column was left "
        "out by an earlier `project` or `summarize`. Azure refuses such a query; a deployed rule "
        "with it never fires. Names of KQL are case-sensitive.\n"
        "https://learn.microsoft.com/kusto/query/schema-entities/entity-names"
    ),
    fix="write a name that exists at this step of the query",
    bad='AppMetrics\n| where name == "mae"',
    good='AppMetrics\n| where Name == "mae"',
    check=_check,
)
