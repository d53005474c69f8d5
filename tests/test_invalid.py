"""Each kind of bad input and exactly what its writer is told.

A fixture `invalid/<kind>.txt` begins with a comment of what is wrong. Its sections change the small
valid configuration in `invalid/base`:

    -- circuits.yaml --              the whole file
    -- circuits.yaml: replace --     old text, a line `===`, new text; the old occurs exactly once
    -- circuits.yaml: bytes --       the whole file in ASCII, other bytes as escapes such as \\xff
    -- circuits.yaml: remove --      no such file
    -- expect --                     what `mlmon validate` prints

`pytest --update-expectations` rewrites the last section.
"""

import re
import shutil
from pathlib import Path

import pytest

from generator.catalog import CATALOG
from generator.kql import unsupported_operators
from generator.source import SourceError, parse
from tests.conftest import TODAY, Mlmon, mlmon_process, read_tree
from tests.sections import Section, sections

FOLDER = Path(__file__).parent / "invalid"
FIXTURES = sorted(FOLDER.glob("*.txt"))
_ID = re.compile(r"^(?:error|warning): .* \((?P<id>[a-z]+/[a-z-]+)\)$", re.MULTILINE)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER / "base", tmp_path / "config"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")


def apply(section: Section, config: Path) -> None:
    path = config / section.file
    if section.verb == "remove":
        path.unlink()
    elif section.verb == "replace":
        old, new = section.body.removesuffix("\n").split("\n===", 1)
        replace(path, old, new.removeprefix("\n"))
    elif section.verb == "bytes":
        escaped = section.body.removesuffix("\n").encode("ascii")
        path.write_bytes(escaped.decode("unicode_escape").encode("latin-1"))
    else:
        assert section.verb == ""
        path.write_text(section.body, "utf-8")


def test_the_unchanged_base_is_valid_and_renders(config: Path, mlmon: Mlmon) -> None:
    result = mlmon("render", "--config", "config", "--today", TODAY)

    assert result.exit_code == 0
    assert result.stdout.startswith("rendered/prod: 3 circuits, ")


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_wrong_configuration_is_explained(
    fixture: Path, config: Path, mlmon: Mlmon, updating: bool
) -> None:
    text = fixture.read_text("utf-8")
    *changes, expected = sections(text)
    for change in changes:
        apply(change, config)

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    if updating:
        head = text.removesuffix(expected.body)
        fixture.write_text(head + result.stdout, "utf-8")
    assert result.stdout == sections(fixture.read_text("utf-8"))[-1].body
    assert result.exit_code == 1
    found = _ID.findall(result.stdout)
    assert set(found) <= set(CATALOG)
    plural = "s" if len(found) > 1 else ""
    assert result.stderr == f"\n{len(found)} problem{plural} found; nothing was written\n"
    assert {path.split("/")[0] for path in read_tree(config.parent)} == {"config"}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_says_what_is_wrong_and_expects_at_least_one_problem(fixture: Path) -> None:
    text = fixture.read_text("utf-8")

    assert re.match(r"# [A-Z].*\.\n-- ", text)
    assert sections(text)[-1].file == "expect"
    assert _ID.search(sections(text)[-1].body)


@pytest.mark.parametrize("identifier", CATALOG)
def test_every_id_is_raised_by_some_fixture_or_named_in_another_test(identifier: str) -> None:
    fixtures = "\n".join(path.read_text("utf-8") for path in FIXTURES)
    tests = [p for p in FOLDER.parent.glob("test_*.py") if p != Path(__file__)]
    asserted = "\n".join(path.read_text("utf-8") for path in [*tests, Path(__file__)])

    assert identifier in _ID.findall(fixtures) or f"({identifier})" in asserted


def fleet(count: int, per_plant: int) -> str:
    entries = (
        f"  - {{plant_id: PLANT{i:03}, circuit_id: C{j:03}, model_name: m}}\n"
        for i, j in (divmod(n, per_plant) for n in range(count))
    )
    return "circuits:\n" + "".join(entries)


def rules(count: int, frequency: str, query: str, split: int = 0) -> str:
    """Rules of which the first `split` have an alert of each plant."""
    dimensions = ["[{name: plant_id}]"] * split + ["[]"] * (count - split)
    entries = (
        f"  - {{name: Rule {i}, description: d, severity: 2, query: {query}, throttling: PT30M, "
        f"frequency: {frequency}, timeWindow: PT30M, actionGroups: [], dimensions: {columns}}}\n"
        for i, columns in enumerate(dimensions)
    )
    return "alert_rules:\n" + "".join(entries) + "action_groups: []\n"


def long_fleet(count: int) -> dict[str, str]:
    """Circuits with the longest ids, each with limits of its own."""
    ids = [(f"{'P' * 61}{i // 20:03}", f"{'C' * 61}{i % 20:03}") for i in range(count)]
    circuits = [
        f"  - {{plant_id: {p}, circuit_id: {c}, model_name: m, batch_endpoint: batch-{p[-3:]}}}\n"
        for p, c in ids
    ]
    overrides = [
        f"  {p}/{c}: {{mae: 0.{300 + i}, rmse: 0.{400 + i}, r2: 0.{200 + i}, reason: pilot}}\n"
        for i, (p, c) in enumerate(ids)
    ]
    return {
        "circuits.yaml": "circuits:\n" + "".join(circuits),
        "thresholds.yaml": "circuits:\n" + "".join(overrides),
        "alerts.yaml": "alert_rules: []\naction_groups: []\n",
    }


LARGE = {
    "a fleet of 301 circuits in the single layout": (
        {"circuits.yaml": fleet(301, 20)},
        "301 circuits are too many for `layout: single`, which holds 300 (environments/layout)",
        "write `layout: plant`",
    ),
    "a plant of 301 circuits in the plant layout": (
        {
            "circuits.yaml": fleet(301, 301) + "plants: {PLANT000: {batch_deployment: all}}\n",
            "environments/prod.yaml": "layout: plant\n",
        },
        "plant PLANT000 has N circuits, a stateful rule may raise 300 alerts in one evaluation "
        "(alerts/series-limit)",
        "divide the plant",
    ),
    "101 batch endpoints": (
        {"circuits.yaml": fleet(101, 1)},
        "101 batch endpoints with 101 deployments; Azure takes 100 and 500 in a region and "
        "subscription (circuits/endpoint-limit)",
        "share deployments between circuits (`batch_deployment` of a plant or class)",
    ),
    "501 batch deployments": (
        {
            "circuits.yaml": fleet(501, 20),
            "environments/prod.yaml": "layout: plant\n",
        },
        "26 batch endpoints with 501 deployments; Azure takes 100 and 500 in a region and "
        "subscription (circuits/endpoint-limit)",
        "share deployments between circuits (`batch_deployment` of a plant or class)",
    ),
    "101 rules every minute": (
        {"alerts.yaml": rules(101, "PT1M", "AppEvents")},
        "101 rules run every minute, Azure allows 100 (alerts/rule-limit)",
        "evaluate some of them every five minutes",
    ),
    "1,001 rules": (
        {
            "circuits.yaml": fleet(100, 1),
            "alerts.yaml": rules(11, "PT5M", "AppEvents", split=10),
            "environments/prod.yaml": "layout: plant\n",
        },
        "1001 alert rules on one workspace, Azure allows 1000 (alerts/rule-limit)",
        "split the fleet over several environments",
    ),
    "501 rules of one identity": (
        {
            "circuits.yaml": fleet(50, 1),
            "alerts.yaml": rules(11, "PT5M", "AppEvents", split=10),
            "environments/prod.yaml": "layout: plant\nrule_identity: {name: id-rules}\n",
        },
        "501 alert rules query with one identity, Azure allows 500 (alerts/rule-limit)",
        "split the fleet over several environments, or leave rule_identity out",
    ),
    "a query over 64 KB": (
        {"alerts.yaml": rules(1, "PT5M", "'AppEvents // " + "q" * 65_536 + "'")},
        "the rule `rule-0` of prod has N bytes with its query, Azure takes 65,536 "
        "(alerts/query-size)",
        "shorten the query, or lessen the circuits that differ from a default",
    ),
    "a rule whose texts are over 64 KB only together": (
        {"alerts.yaml": rules(1, "PT5M", f"'{'q' * 65_500}'")},
        "the rule `rule-0` of prod has N bytes with its query, Azure takes 65,536 "
        "(alerts/query-size)",
        "shorten the query, or lessen the circuits that differ from a default",
    ),
    "an entry point over 3 MB": (
        {"alerts.yaml": rules(40, "PT5M", "'AppEvents // " + "q" * 60_000 + "'")},
        "the entry point main.bicep of prod has N bytes, the budget is 3,145,728 "
        "(environments/budget)",
        "write `layout: plant`, or split the fleet over several environments",
    ),
    "a workbook over 120,000 characters": (
        long_fleet(300),
        "the workbook `model-monitoring` has N characters, the budget is 120,000 "
        "(environments/workbook-size)",
        "lessen the circuits that differ from a default, or the workbook's steps",
    ),
}


def write_over(config: Path, files: dict[str, str]) -> None:
    """Replace files; what is written for an environment stands in front of what it has."""
    if "circuits.yaml" in files:
        (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n", "utf-8")
    for name, text in files.items():
        path = config / name
        kept = path.read_text("utf-8") if name.startswith("environments/") else ""
        path.write_text(text + kept, "utf-8")


@pytest.mark.parametrize("case", LARGE)
def test_what_is_too_large_for_azure_is_refused_with_what_to_do(
    case: str, config: Path, mlmon: Mlmon
) -> None:
    files, message, fix = LARGE[case]
    write_over(config, files)

    result = mlmon("render", "--config", "config", "--today", TODAY)

    assert result.exit_code == 1
    first, *_, last = result.stdout.splitlines()
    assert re.sub(r"has [\d,]+", "has N", first) == f"error: {message}"
    assert last.strip() == f"= fix: {fix}"
    assert result.stderr == "\n1 problem found; nothing was written\n"
    assert not Path("rendered").exists()


LARGEST = {
    "300 circuits": {"circuits.yaml": fleet(300, 20)},
    "300 circuits in one plant": {
        "circuits.yaml": fleet(300, 300) + "plants: {PLANT000: {batch_deployment: all}}\n",
        "environments/prod.yaml": "layout: plant\n",
    },
    "100 batch endpoints": {"circuits.yaml": fleet(100, 1)},
    "20 deployments of an endpoint": {"circuits.yaml": fleet(20, 20)},
    "500 batch deployments": {
        "circuits.yaml": fleet(500, 20),
        "environments/prod.yaml": "layout: plant\n",
    },
    "100 rules every minute": {"alerts.yaml": rules(100, "PT1M", "AppEvents")},
    "1,000 rules": {
        "circuits.yaml": fleet(100, 1),
        "alerts.yaml": rules(10, "PT5M", "AppEvents", split=10),
        "environments/prod.yaml": "layout: plant\n",
    },
    "500 rules of one identity": {
        "circuits.yaml": fleet(50, 1),
        "alerts.yaml": rules(10, "PT5M", "AppEvents", split=10),
        "environments/prod.yaml": "layout: plant\nrule_identity: {name: id-rules}\n",
    },
    "a query of nearly 64 KB": {"alerts.yaml": rules(1, "PT5M", "'" + "q" * 65_000 + "'")},
}


@pytest.mark.parametrize("case", LARGEST)
def test_what_just_fits_is_valid(case: str, config: Path, mlmon: Mlmon) -> None:
    write_over(config, LARGEST[case])

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert (result.exit_code, result.stderr) == (0, "")


ADDRESSES = [*(f"{'m' * 49}{n}" for n in range(7)), "n" * 20, "o" * 20]
"""With `@company.com` 498 characters."""

FURTHEST = {
    "a short name of 12 characters": [
        ("alerts.yaml", "shortName: Critical", "shortName: Critically12")
    ],
    "five action groups": [
        ("alerts.yaml", "[ag-critical]", "[ag-critical, ag-quality, ag-3, ag-4, ag-5]"),
        (
            "alerts.yaml",
            "action_groups:",
            "action_groups:\n"
            + "\n".join(f"  - {{name: ag-{n}, shortName: g}}" for n in (3, 4, 5)),
        ),
    ],
    "an override that ends today": [("thresholds.yaml", "2027-04-17", TODAY)],
    "a rate of one and an r2 of minus one": [
        ("thresholds.yaml", "  mae: 0.27", "  mae: 0.27\n  null_rate: 1\n  r2: -1")
    ],
    "throttling as long as the frequency": [
        ("alerts.yaml", "throttling: PT30M", "throttling: PT5M")
    ],
    "two days in two windows": [
        (
            "alerts.yaml",
            "queryFile: high-mae-alert.kql",
            "query: AppMetrics\n    evaluationPeriods: 2",
        ),
        ("alerts.yaml", "timeWindow: P2D", "timeWindow: P1D"),
        (
            "alerts.yaml",
            "measure: {aggregation: Maximum, column: exceedance}",
            "measure: {aggregation: Count}",
        ),
    ],
    "a frequency as long as the window": [
        (
            "alerts.yaml",
            "frequency: PT5M\n    timeWindow: PT30M",
            "frequency: PT30M\n    timeWindow: PT30M",
        )
    ],
    "addresses of 498 characters": [
        (
            "environments/prod.yaml",
            "[on-call@company.com]",
            "[" + ", ".join(f"{letters}@company.com" for letters in ADDRESSES) + "]",
        )
    ],
    "Kolmogorov-Smirnov on rows of two minutes": [
        (
            "environments/prod.yaml",
            "signals: none",
            "signals: none\n    drift_metrics: [two_sample_kolmogorov_smirnov_test]",
        ),
        ("circuits.yaml", "class: critical}", "class: critical, sample_every: PT2M}"),
    ],
}


@pytest.mark.parametrize("case", FURTHEST)
def test_the_last_allowed_value_is_valid(case: str, config: Path, mlmon: Mlmon) -> None:
    for file, old, new in FURTHEST[case]:
        replace(config / file, old, new)

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert (result.exit_code, result.stdout) == (
        0,
        "config: valid; 3 circuits, 2 alert rules, environments prod\n",
    )


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "], ids=["list", "map", "block", "key"])
def test_two_hundred_thousand_open_brackets_do_not_crash_the_process(
    opening: str, config: Path
) -> None:
    (config / "circuits.yaml").write_text("circuits: " * (opening != "- ") + opening * 200_000)

    result = mlmon_process("validate", cwd=config.parent)

    assert result.returncode == 1
    assert "(yaml/" in result.stdout.splitlines()[0]
    assert "Traceback" not in result.stderr


def test_fifty_levels_are_read_and_fifty_one_are_not() -> None:
    assert parse("a: " + "[" * 50 + "]" * 50, "f").has(("a",))
    with pytest.raises(SourceError, match="nested more than 50 deep"):
        parse("a: " + "[" * 51 + "]" * 51, "f")


# What follows shows defects: each is strict, so that it fails as soon as it is mended.


def test_a_control_character_behind_other_alphabets_is_found_on_its_line() -> None:
    with pytest.raises(SourceError) as raised:
        parse("# Ærøskøbing, Ålesund, Tromsø\na: 1\nb: 2\nc: \x07\nd: 3\ne: 4\n", "f")

    assert raised.value.problems[0].location.span.line == 4


def test_a_control_character_is_named_and_pointed_at() -> None:
    with pytest.raises(SourceError) as raised:
        parse("a: 0.27\x07\n", "f")

    (problem,) = raised.value.problems
    assert problem.location.span.column == 8
    assert "U+0007" in problem.message


def test_limits_out_of_order_are_told_once(config: Path, mlmon: Mlmon) -> None:
    ladder = "drift_ladder: {document: {schedule: 0.3, immediate: 0.2}}"
    replace(config / "thresholds.yaml", "mae_watch: 0.19", ladder)

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert _ID.findall(result.stdout) == ["thresholds/order"]


def test_a_wrong_default_hides_no_problem_of_another_file(config: Path, mlmon: Mlmon) -> None:
    replace(config / "thresholds.yaml", "  mae: 0.27", "  mae: -1")
    replace(config / "circuits.yaml", "class: critical}", "class: critcal}")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert _ID.findall(result.stdout) == ["circuits/unknown-class", "config/out-of-range"]


def test_a_rule_that_is_too_large_is_pointed_at(config: Path, mlmon: Mlmon) -> None:
    write_over(config, {"alerts.yaml": rules(1, "PT5M", f"'{'q' * 65_500}'")})

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "--> config/alerts.yaml:2:" in result.stdout


def test_a_rule_whose_name_grows_beyond_260_characters_is_refused(
    config: Path, mlmon: Mlmon
) -> None:
    plant = "P" * 64
    replace(config / "alerts.yaml", "High MAE Alert", "H" * 200)
    (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n")
    (config / "circuits.yaml").write_text(
        f"circuits: [{{plant_id: {plant}, circuit_id: C, model_name: m, batch_endpoint: batch-p}}]"
    )
    replace(config / "environments" / "prod.yaml", "owner:", "layout: plant\nowner:")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "(environments/name-length)" in result.stdout


def test_no_message_speaks_of_python(config: Path) -> None:
    texts = "".join(sections(path.read_text("utf-8"))[-1].body for path in FIXTURES)

    assert not re.search(r"\b(Decimal|dictionary|instance|NoneType|[A-Z]\w+File)\b", texts)


def test_a_file_with_one_mistake_many_times_is_told_a_hundred_times(
    config: Path, mlmon: Mlmon
) -> None:
    (config / "circuits.yaml").write_text("circuits: [" + "1, " * 20_000 + "1]\n")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert result.stdout.count("(config/wrong-type)") == 100
    assert "error: 19901 more problems in this file (config/more)" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize("text", ["E1", "e10", "1e5x", ".", "+", "1.2.3", "E", "0x1F", "1_000"])
def test_an_id_that_looks_almost_like_a_number_is_a_text(text: str) -> None:
    assert parse(f"key: {text}\n", "x.yaml").data == {"key": text}


def test_windows_are_ordered_in_the_zone_of_their_plant(config: Path, mlmon: Mlmon) -> None:
    windows = {
        "America/Chicago": ("2027-01-01T10:00", "2027-01-01T12:00Z", 1),
        "Europe/Berlin": ("2027-01-01T10:00", "2027-01-01T09:30Z", 0),
    }
    text = (config / "circuits.yaml").read_text()
    for zone, (start, end, exit_code) in windows.items():
        window = f'{{start: "{start}", end: "{end}", reason: r}}'
        plant = f"timezone: {zone}\n    outages: [{window}]"
        (config / "circuits.yaml").write_text(text.replace("timezone: Europe/Oslo", plant))

        result = mlmon("validate", "--config", "config", "--today", TODAY)

        assert result.exit_code == exit_code, result.stdout
        assert ("(circuits/window)" in result.stdout) == bool(exit_code)


def test_the_names_of_a_plants_rules_meet_no_other_rule(config: Path, mlmon: Mlmon) -> None:
    """`a` for plant `P-1` and `a-p` for plant `1` are one name in Azure."""
    rule = "description: d, severity: 2, queryFile: high-mae-alert.kql, frequency: PT5M, "
    rule += "timeWindow: P2D, actionGroups: [], dimensions: [{name: plant_id}]"
    rules = "".join(f"  - {{name: {name}, {rule}}}\n" for name in ("A", "A P"))
    (config / "alerts.yaml").write_text(f"alert_rules:\n{rules}action_groups: []\n")
    (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n")
    (config / "circuits.yaml").write_text(
        "circuits:\n"
        '  - {plant_id: "P-1", circuit_id: K, model_name: m, batch_endpoint: batch-a}\n'
        '  - {plant_id: "1", circuit_id: K, model_name: m, batch_endpoint: batch-b}\n'
    )
    replace(config / "environments" / "prod.yaml", "owner:", "layout: plant\nowner:")

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "would be named `a-p-1` in Azure (alerts/duplicate)" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "query", ["AppMetrics | where TimeGenerated > ago(", "union", "ago (", "|"]
)
def test_a_query_that_breaks_off_is_read_to_its_end(query: str) -> None:
    """Whether it is valid KQL is told later; reading it must not fail."""
    assert len(unsupported_operators(query)) == (0 if query == "|" else 1)


def test_a_tag_that_the_generator_writes_is_refused(config: Path, mlmon: Mlmon) -> None:
    text = (config / "circuits.yaml").read_text()
    plant = "timezone: Europe/Oslo\n    tags: {Model_Name: mine}"
    (config / "circuits.yaml").write_text(text.replace("timezone: Europe/Oslo", plant))

    result = mlmon("validate", "--config", "config", "--today", TODAY)

    assert "the tag `Model_Name` is written twice, or by the generator itself" in result.stdout
    assert result.exit_code == 1
