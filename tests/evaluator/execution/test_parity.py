"""Answers as Microsoft's pages give them, from the language service through DuckDB."""

from collections.abc import Iterator

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.analysis.syntax import Node
from evaluator.execution import supported
from evaluator.execution.engine import Engine
from evaluator.execution.prepared import bindings
from tests.evaluator.execution.parity_cases import CASES, NOW, Case
from tests.evaluator.execution.running import are_same

ALL = [(page, *case) for page, cases in CASES.items() for case in cases]
ORDERED = ("sort by", "order by", "top ")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine({}) as engine:
        yield engine


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in ALL], ids=[f"{c[0]}: {c[1]}" for c in ALL]
)
def test_a_query_answers_as_documented(
    engine: Engine, text: str, expected: list[tuple[object, ...]]
) -> None:
    prepared = engine.prepare(language_service({}).analyse(text), alert=False)

    rows = engine.run(prepared, NOW, None).rows

    assert are_same(rows, expected, ordered=any(o in text for o in ORDERED)), rows


def nodes() -> Iterator[Node]:
    cases: list[Case] = [case for cases in CASES.values() for case in cases]
    for text, _ in cases:
        yield from language_service({}).analyse(text).root.walk()


def test_every_function_that_is_run_has_a_case() -> None:
    calls = {n.name for n in nodes() if n.kind == "FunctionCallExpression"}

    assert (supported.FUNCTIONS | supported.AGGREGATES) - calls == set()


def test_every_operator_that_is_run_has_a_case() -> None:
    assert supported.KINDS - {n.kind for n in nodes()} == set()


@pytest.mark.parametrize("text", [case[1] for case in ALL])
def test_no_string_is_null_inside_the_engine(engine: Engine, text: str) -> None:
    prepared = engine.prepare(language_service({}).analyse(text), alert=False)
    texts = [i for i, column in enumerate(prepared.columns) if column.type == "string"]

    rows = engine.connection.execute(
        prepared.sql, bindings(prepared, NOW.replace(tzinfo=None), NOW, 0)
    ).fetchall()

    assert all(row[i] is not None for row in rows for i in texts)
