"""The real language service: what it says of a query, and where."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from evaluator.analysis import language_service as module
from evaluator.analysis.language_service import (
    AnalysisError,
    LanguageService,
    LanguageServiceMissing,
)
from evaluator.tables import Table, read_tables

ROOT = Path(__file__).resolve().parents[3]
RENDERED = sorted(ROOT.glob("rendered/prod/kql/*/*.kql"))
SENSOR = Table("Sensor", {"TimeGenerated": "datetime", "Value": "real", "Name": "string"})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> LanguageService:
    return LanguageService({"Sensor": SENSOR}, tmp_path_factory.mktemp("answers"))


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.stem)
def test_every_rendered_query_is_valid_and_returns_what_its_header_promises(path: Path) -> None:
    text = path.read_text("utf-8")
    header = text.replace("\n//   ", " ").partition("// Columns: ")[2].partition("\n")[0]

    analysis = LanguageService(read_tables(ROOT / "kql" / "tables")).analyse(text)

    assert analysis.diagnostics == ()
    assert [c.name for c in analysis.columns] == header.split(", ")


def test_an_unknown_name_is_found_where_it_stands(service: LanguageService) -> None:
    text = "Sensor\n| where Vale > 1"

    (diagnostic,) = service.analyse(text).errors

    assert diagnostic.code == "KS142"
    assert text[diagnostic.start : diagnostic.end] == "Vale"


def test_positions_count_characters_not_units_of_utf_16(service: LanguageService) -> None:
    text = 'Sensor | where Name == "😀😀" and Vale > 1'

    (diagnostic,) = service.analyse(text).errors

    assert text[diagnostic.start : diagnostic.end] == "Vale"


def test_result_columns_have_names_and_types(service: LanguageService) -> None:
    analysis = service.analyse("Sensor | summarize avg(Value) by Name, bin(TimeGenerated, 1h)")

    assert [(c.name, c.type) for c in analysis.columns] == [
        ("Name", "string"),
        ("TimeGenerated", "datetime"),
        ("avg_Value", "real"),
    ]


def test_names_say_what_they_refer_to(service: LanguageService) -> None:
    text = "let limit_ = 5.0; Sensor | where abs(Value) > limit_ | summarize max(Value)"
    root = service.analyse(text).root

    symbols = {n.name: n.symbol for n in root.of_kind("NameReference")}

    assert symbols == {
        "Sensor": "table",
        "abs": "function",
        "Value": "column",
        "limit_": "variable",
        "max": "aggregate",
    }


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1", 1),
        ("2.5", 2.5),
        ("true", True),
        ("'a\"b'", 'a"b'),
        ("90s", 90_000_000),
        ("datetime(0001-01-02)", 86_400_000_000),
        ("real(null)", None),
        ("datetime(0001-01-01 00:00:00.0000001)", Fraction(1, 10)),
        ("datetime(2026-01-01 10:00:00.123456)", 63_902_858_400_123_456),
        ("datetime(2026-01-01T12:00:00.5+02:00)", 63_902_858_400_500_000),
        ("datetime(2026-02-30)", None),
        ("datetime(8 Nov 14 15:05:02)", None),
        ("datetime(null)", None),
        ("time(1.02:03:04.5)", 93_784_500_000),
        ("time(-00:00:01)", -1_000_000),
        ("time('01:00')", 3_600_000_000),
        ("time(2)", 172_800_000_000),
        ("1.5h", 5_400_000_000),
        ("3ticks", Fraction(3, 10)),
        ("1.5ms", None),
        ("100000000d", None),
    ],
)
def test_literals_have_values(service: LanguageService, literal: str, value: object) -> None:
    root = service.analyse(f"print x = {literal}").root

    (node,) = [n for n in root.walk() if n.kind.endswith("LiteralExpression")]

    assert node.constant == value


def test_children_lie_in_their_parents_in_order(service: LanguageService) -> None:
    root = service.analyse(RENDERED[0].read_text("utf-8")).root

    for node in root.walk():
        starts = [child.start for child in node.children]
        assert starts == sorted(starts)
        assert all(node.start <= c.start and c.end <= node.end for c in node.children)


def test_hostile_names_of_tables_and_columns_stay_names() -> None:
    table = Table("a'b", {'c"d]: string, [e': "string"})

    analysis = LanguageService({table.name: table}).analyse("['a\\'b']")

    assert analysis.errors == ()
    assert [(c.name, c.type) for c in analysis.columns] == [('c"d]: string, [e', "string")]


def test_services_of_different_tables_do_not_see_each_others() -> None:
    one = LanguageService({"Sensor": SENSOR})
    two = LanguageService({"Other": Table("Other", {"Value": "real"})})

    assert one.analyse("Sensor | project Value").errors == ()
    assert [d.code for d in two.analyse("Sensor | project Value").errors] == ["KS204"]
    assert one.analyse("Sensor | project Name").errors == ()


def test_a_missing_package_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path)

    with pytest.raises(LanguageServiceMissing, match="npm ci --prefix tools"):
        LanguageService({"Sensor": SENSOR})


def test_a_kept_answer_is_the_services(tmp_path: Path) -> None:
    text = 'Sensor | where Name == "😀" and Vale > 1'
    first = LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text)
    (kept,) = tmp_path.iterdir()

    again = LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text)

    assert again.diagnostics == first.diagnostics
    assert [n.text for n in again.root.walk()] == [n.text for n in first.root.walk()]
    assert list(tmp_path.iterdir()) == [kept]


def test_an_answer_of_other_tables_is_not_taken(tmp_path: Path) -> None:
    text = "Sensor | project Value"
    assert LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text).errors == ()

    other = LanguageService({"Sensor": Table("Sensor", {"Name": "string"})}, tmp_path)

    assert [d.code for d in other.analyse(text).errors] == ["KS142"]


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    text = "Sensor | project Value"
    LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_text("utf-8")
    kept.write_text(whole[: len(whole) // 2], "utf-8")

    assert LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text).errors == ()
    assert kept.read_text("utf-8") == whole


def test_an_answer_of_another_bridge_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Sensor | project Value"
    LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text)
    other = tmp_path / "bridge.js"
    other.write_text(module._BRIDGE.read_text("utf-8") + "\n", "utf-8")
    monkeypatch.setattr(module, "_BRIDGE", other)

    LanguageService({"Sensor": SENSOR}, tmp_path).analyse(text)

    assert len(list(tmp_path.glob("*.json"))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Sensor | where " + " or ".join(f"Name == '{n}'" for n in range(1_000)),
        "print " + "+".join(["1"] * 2_000),
        "Sensor" + " | where Value > 1.5" * 1_000,
        "print " + "iff(1 > 2, 1, " * 200 + "0" + ")" * 200,
    ],
    ids=["or", "sum", "pipes", "calls"],
)
def test_a_long_query_is_analysed(service: LanguageService, text: str) -> None:
    analysis = service.analyse(text)

    assert analysis.diagnostics == ()
    assert len(list(analysis.root.walk())) > 1_000


def test_a_query_that_is_too_deep_is_no_traceback(service: LanguageService) -> None:
    with pytest.raises(AnalysisError, match="nested too deeply"):
        service.analyse("Sensor | where " + " or ".join(["Value > 1"] * 3_000))

    assert service.analyse("Sensor | project Value").errors == ()


def test_a_query_over_the_time_limit_is_stopped_and_the_next_one_answered(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from evaluator.analysis import language_service as module
service = module.LanguageService({{}}, Path({str(tmp_path)!r}))
service.analyse("print 0")
module._TIME_LIMIT_S = 0.2
try:
    service.analyse("print " + "(" * 20_000 + "1" + ")" * 20_000)
except module.AnalysisError as error:
    print(error)
module._TIME_LIMIT_S = 20.0
print(len(service.analyse("print 1").columns))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    told = "the language service did not finish the query within 0.2 s"
    assert run.stdout.splitlines() == [told, "1"]
    assert run.stderr == ""


def test_parameters_are_an_operators_own(service: LanguageService) -> None:
    text = "Sensor | join (Sensor | join kind=inner (Sensor) on Name) on Name"
    outer, inner = service.analyse(text).root.of_kind("JoinOperator")

    assert list(outer.parameters()) == []
    assert [parameter.text for parameter in inner.parameters()] == ["kind=inner"]
