"""Properties of dynamic columns, read once for a large table instead of once an evaluation."""

from collections.abc import Iterator, Mapping
from typing import Final

from evaluator.analysis.syntax import Analysis, Node
from evaluator.execution.guards import arguments
from evaluator.execution.storage import Storage, quoted

_MIN_ROWS: Final = 20_000
"""Below it, adding a column costs more than it saves."""


def promote(analysis: Analysis, storage: Storage) -> Mapping[int, str]:
    """Store what a query reads as `tostring(Column.property)` as columns of large tables.

    Returns the column that stands for each such call, by the call's offset.
    """
    promoted: dict[int, str] = {}
    for table, column, key, call in _property_reads(analysis.root, storage):
        name = f"mlmon_{column}_{key}"
        if storage.rows(table) < _MIN_ROWS or name in storage.tables[table].columns:
            continue
        where = storage.name(table)
        storage.connection.execute(
            f"ALTER TABLE {where} ADD COLUMN IF NOT EXISTS {quoted(name)} VARCHAR"
        )
        storage.connection.execute(
            f"UPDATE {where} SET {quoted(name)} ="  # noqa: S608
            f" coalesce(json_extract_string({quoted(column)}, ?), '') WHERE {quoted(name)} IS NULL",
            [f"$.{quoted(key)}"],
        )
        promoted[call.start] = name
    return promoted


def _property_reads(root: Node, storage: Storage) -> Iterator[tuple[str, str, str, Node]]:
    """Yield table, column, property and call of each read right behind its table.

    Between them only `where` and `extend` may stand, which keep every column.
    """
    for pipe in root.of_kind("PipeExpression"):
        source, operators = _flattened(pipe)
        if source.symbol != "table" or source.name not in storage.tables:
            continue
        if operators[-1].kind not in {"FilterOperator", "ExtendOperator"}:
            continue
        if any(o.kind not in {"FilterOperator", "ExtendOperator"} for o in operators):
            continue
        own = storage.tables[source.name].columns
        defined = {n.name for o in operators[:-1] for n in o.of_kind("NameDeclaration")}
        for call in operators[-1].of_kind("FunctionCallExpression"):
            read = _property(call)
            if read and own.get(read[0]) == "dynamic" and read[0] not in defined:
                yield source.name, *read, call


def _flattened(pipe: Node) -> tuple[Node, list[Node]]:
    operators: list[Node] = []
    node = pipe
    while node.kind == "PipeExpression":
        operators.insert(0, node.children[-1])
        node = node.children[0]
    return node, operators


def _property(call: Node) -> tuple[str, str] | None:
    """Read `tostring(Column.name)`."""
    if call.name != "tostring":
        return None
    (path,) = arguments(call)
    if path.kind != "PathExpression" or len(path.children) != 3:
        return None
    column, _, key = path.children
    plain = column.kind == key.kind == "NameReference" and column.symbol == "column"
    return (column.name, key.name) if plain and key.name.isidentifier() else None
