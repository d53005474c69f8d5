"""What duckdb-kql is taught, and that it still needs it."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from evaluator.execution import registry

NAMES = {*registry.SCALAR, *registry.VARIADIC, *registry.AGGREGATES}
ADDED = sorted(n for n in NAMES if not n.startswith("mlmon_"))
UPSTREAM = """
from duckdb_kql.translate import functions, _SPECIAL_FORMS
print(*functions.SCALAR_FUNCTIONS, *functions.AGGREGATE_FUNCTIONS, *_SPECIAL_FORMS)
"""


@pytest.fixture(scope="module")
def upstream() -> set[str]:
    """Names that duckdb-kql knows by itself, from a process that was taught nothing."""
    result = subprocess.run([sys.executable, "-c", UPSTREAM], capture_output=True, check=True)
    return set(result.stdout.decode().split())


@pytest.mark.parametrize("name", ADDED)
def test_duckdb_kql_still_lacks_what_is_added_under_a_name_of_kql(
    name: str, upstream: set[str]
) -> None:
    assert name not in upstream, f"duckdb-kql has {name} now: take ours out of the registry"


def test_no_name_of_ours_is_one_of_duckdb_kql(upstream: set[str]) -> None:
    assert NAMES & upstream == set()


def test_the_version_is_the_one_whose_registries_were_read() -> None:
    assert version("duckdb-kql") == "1.1.2"
