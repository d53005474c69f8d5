"""Queries in the runbooks are ones that the workspace takes."""

import re
import textwrap

import pytest

from evaluator.analysis.language_service import LanguageService
from evaluator.tables import read_tables
from generator.project import ROOT

BLOCKS = {
    f"{path.stem}, query {number}": textwrap.dedent(block)
    for path in sorted((ROOT / "docs" / "runbooks").glob("*.md"))
    for number, block in enumerate(
        re.findall(
            r"^ *```kusto\n(.*?)^ *```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ),
        1,
    )
}


@pytest.fixture(scope="module")
def service() -> LanguageService:
    folder = ROOT / "kql" / "tables"
    return LanguageService(read_tables(folder) | read_tables(folder / "azure"))


@pytest.mark.parametrize("name", BLOCKS)
def test_a_query_of_a_runbook_is_valid(name: str, service: LanguageService) -> None:
    analysis = service.analyse(BLOCKS[name])

    assert [d.message for d in analysis.errors] == []
