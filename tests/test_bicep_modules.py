"""Each module with the least and with the most that it takes, through the real compiler."""

import json
import re
from pathlib import Path

import pytest

from deployment.bicep import BicepCompiler
from tests.literal_resources import BICEPCONFIG, literal_resources

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "bicep" / "modules").glob("*.bicep"))
CASES = sorted((ROOT / "tests" / "bicep_modules").glob("*/*.bicep"))
DESCRIPTION = re.compile(r"(Required|Optional|Conditional)\. .+\.", re.DOTALL)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_module_has_a_least_and_a_most_case() -> None:
    expected = {(m.stem, case) for m in MODULES for case in ("defaults", "max")}

    assert {(c.parent.name, c.stem) for c in CASES} == expected


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_a_case_compiles_and_is_formatted(path: Path, compiler: BicepCompiler) -> None:
    assert compiler.compile(path).diagnostics == ()
    assert compiler.format(path) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=_name)
def test_azure_knows_every_property_of_what_a_case_creates(
    path: Path, compiler: BicepCompiler, tmp_path: Path
) -> None:
    snapshot = compiler.snapshot(path.with_suffix(".bicepparam"), "rg-x", "eastus")
    assert _literal_diagnostics(json.dumps(snapshot), compiler, tmp_path) == ()


def test_a_property_that_azure_does_not_know_is_noticed(
    compiler: BicepCompiler, tmp_path: Path
) -> None:
    path = ROOT / "tests/bicep_modules/ml-monitors/max.bicepparam"
    snapshot = json.dumps(compiler.snapshot(path, "rg-x", "eastus"))
    misspelt = snapshot.replace('"windowOffset"', '"windowOffest"')

    assert misspelt != snapshot
    assert "BCP" in " ".join(_literal_diagnostics(misspelt, compiler, tmp_path))


def _literal_diagnostics(snapshot: str, compiler: BicepCompiler, folder: Path) -> tuple[str, ...]:
    (folder / "bicepconfig.json").write_text(BICEPCONFIG, encoding="utf-8")
    (folder / "literal.bicep").write_text(literal_resources(snapshot), encoding="utf-8")
    return tuple(d for d in compiler.compile(folder / "literal.bicep").diagnostics if "BCP" in d)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_every_parameter_and_property_says_whether_it_is_required(
    path: Path, compiler: BicepCompiler
) -> None:
    template = json.loads(compiler.compile(path).template or "")
    described = {f"param {name}": p for name, p in template["parameters"].items()}
    for name, definition in template.get("definitions", {}).items():
        for key, item in definition.get("properties", {}).items():
            described[f"{name}.{key}"] = item

    for what, item in described.items():
        description = item.get("metadata", {}).get("description", "")
        assert DESCRIPTION.fullmatch(description), f"{what}: {description!r}"
        if description.startswith("Conditional"):
            assert "Required if" in description, what
