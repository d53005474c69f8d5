"""kql/union-types: a union of columns with one name and several types."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import items, pipelines
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for union in root.of_kind("UnionOperator"):
        types: dict[str, list[str]] = {}
        for table in _tables(union, root):
            for column in table.columns:
                types.setdefault(column.name, []).append(column.type)
        for name, found in types.items():
            different = sorted(set(found) - {"unknown"})
            if len(different) > 1:
                names = " and ".join(f"`{name}_{kind}`" for kind in different)
                yield QueryFinding(
                    union.start,
                    union.start + len("union"),
                    f"the column `{name}` is {' and '.join(different)} in different tables of "
                    f"this union, which makes {names} of it",
                )


def _tables(union: Node, root: Node) -> Iterator[Node]:
    for line in pipelines(root):
        if union in line[1:]:
            yield line[line.index(union) - 1]
    yield from items(union)


LINT = Lint(
    id="kql/union-types",
    severity="warning",
    summary="A union has a column whose type differs between its tables",
    details=(
        "The result has a column of each type, such as `value_long` and `value_real`, each empty "
        "for the rows of the other tables, and none of the name itself.\n"
        "https://learn.microsoft.com/kusto/query/union-operator"
    ),
    fix="convert the column to one type in each table before the union",
    bad="""\
let counts = datatable(value: long) [1];
let shares = datatable(value: real) [0.5];
union counts, shares
""",
    good="""\
let counts = datatable(value: long) [1];
let shares = datatable(value: real) [0.5];
union (counts | extend value = todouble(value)), shares
""",
    check=_check,
)
