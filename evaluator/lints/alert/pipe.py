"""Readings of a query's pipes that several lints share."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Analysis, Node


def main_pipe(node: Node) -> Iterator[Node]:
    """Go through the operators of the outermost pipe of a query, in order."""
    operators: list[Node] = []
    while True:
        if node.kind == "PipeExpression":
            operators.append(node.children[-1])
        elif node.kind not in {"ExpressionStatement", "List", "QueryBlock", "SeparatedElement"}:
            break
        inner = node.children[:1]
        if node.kind in {"List", "QueryBlock"}:
            inner = tuple(c for c in node.children if c.kind in {"List", "SeparatedElement"})[-1:]
        if not inner:
            break
        (node,) = inner
    yield from reversed(operators)


def ends_in_count(analysis: Analysis) -> Node | None:
    """Return the last operator of a query if it makes one row of any number of rows."""
    operators = list(main_pipe(analysis.root))
    last = operators[-1] if operators else None
    if last is None:
        return None
    if last.kind == "CountOperator":
        return last
    grouped = any(child.kind == "SummarizeByClause" for child in last.children)
    return last if last.kind == "SummarizeOperator" and not grouped and _only_count(last) else None


def _only_count(summarize: Node) -> bool:
    calls = list(summarize.of_kind("FunctionCallExpression"))
    return len(calls) == 1 and calls[0].name == "count"


def reads_everything(analysis: Analysis) -> bool:
    """Tell whether a query returns a row for every row of its table."""
    kept = {"ExtendOperator", "ProjectOperator", "ProjectAwayOperator", "SortOperator"}
    operators = list(main_pipe(analysis.root))
    tables = [n for n in analysis.root.of_kind("NameReference") if n.symbol == "table"]
    searches = any(analysis.root.of_kind("SearchOperator", "FindOperator"))
    return (
        len(tables) == 1 and not searches and all(operator.kind in kept for operator in operators)
    )


def pipe_operators(root: Node) -> Iterator[list[Node]]:
    """Go through the pipes of a query, each as its operators in order."""
    inner = {id(pipe.children[0]) for pipe in root.of_kind("PipeExpression")}
    for pipe in root.of_kind("PipeExpression"):
        if id(pipe) not in inner:
            operators: list[Node] = []
            node = pipe
            while node.kind == "PipeExpression":
                operators.insert(0, node.children[-1])
                node = node.children[0]
            yield operators


def conjuncts(node: Node) -> Iterator[Node]:
    """Go through what `and` joins in a condition."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part.kind == "AndExpression":
            waiting += [part.children[-1], part.children[0]]
        elif part.kind == "ParenthesizedExpression":
            waiting.append(part.children[1])
        else:
            yield part
