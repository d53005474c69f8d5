"""What every query file keeps to, so that a rename or a slip cannot break an alert silently."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.kql import tables_read
from monitoring.telemetry import contract

ROOT = Path(__file__).resolve().parents[1]
WORKBOOK = ROOT / "workbooks" / "model-monitoring"
FILES = sorted([*ROOT.glob("kql/*/*.kql"), *WORKBOOK.glob("*.kql")])
TABLES = {path.stem: json.loads(path.read_text("utf-8")) for path in ROOT.glob("kql/tables/*.json")}

KEYS = ("Purpose", "Tables", "Uses", "Columns")
KQL_TYPES = {"bool", "datetime", "dynamic", "int", "long", "real", "string", "timespan"}
USE = re.compile(
    r"plants|fleet|fleet_size|silences|features|batch_endpoints|limits?\(([a-z][a-z0-9_]*)\)"
)
LIMITS = {
    *("mae", "rmse", "r2", "mae_watch", "latency_ms", "degraded_share"),
    *("jensen_shannon_distance", "normalized_wasserstein_distance", "psi"),
    *("null_rate", "type_error_rate", "out_of_bounds_rate"),
    *("drift_ladder_document_schedule", "drift_ladder_document_immediate"),
    *("drift_ladder_calibrated_schedule", "drift_ladder_calibrated_immediate"),
}
CLASSIC = re.compile(r"\b(customMetrics|customEvents|customDimensions|traces|exceptions)\b")

METRIC_NAMES = {metric.name for metric in contract.METRICS}
EVENT_NAMES = {event.name for event in contract.EVENTS}
PROPERTIES = {
    *(name for m in contract.METRICS for name in (*m.attributes, *m.optional_attributes)),
    *(name for e in contract.EVENTS for name in e.properties),
}
MEASUREMENTS = {name for event in contract.EVENTS for name in event.measurements}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def split(path: Path) -> tuple[str, dict[str, str], str]:
    """Return a file's title, header and statements without comments."""
    lines = path.read_text("utf-8").splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    header: dict[str, str] = {}
    key = ""
    for line in lines[1:end]:
        if match := re.fullmatch(r"// ([A-Z][a-z]+): (.+)", line):
            key = match[1]
            assert key not in header
            header[key] = match[2]
        elif line.startswith("//   ") and key:
            header[key] += " " + line[5:]
        else:
            assert key == KEYS[-1], f"`{line}` stands between the keys"
    body = "\n".join(line for line in lines[end:] if not line.lstrip().startswith("//"))
    return lines[0].removeprefix("// "), header, body


def declared_tables(header: dict[str, str]) -> dict[str, set[str]]:
    """Return the tables of a header, each with the telemetry names read from it."""
    found = re.findall(r"(\w+)(?: \(([^)]*)\))?(?:, |$)", header["Tables"])
    return {table: set(re.findall(r"\w+", names)) for table, names in found}


def test_there_are_queries() -> None:
    assert len(FILES) > 20


@every_file
def test_a_file_is_plain_text_that_ends_in_one_newline(path: Path) -> None:
    data = path.read_bytes()

    assert data.endswith(b"\n")
    assert not data.endswith(b"\n\n")
    assert not set(data) & set(b"\r\t")
    assert data.isascii()
    assert max(map(len, data.splitlines())) <= 100


@every_file
def test_a_header_has_a_title_and_the_four_keys_in_order(path: Path) -> None:
    title, header, _ = split(path)

    assert re.fullmatch(r"[A-Z][\w ]+", title)
    assert tuple(header) == KEYS


@every_file
def test_a_query_reads_the_tables_of_its_header_and_no_other(path: Path) -> None:
    _, header, body = split(path)

    used = set(re.findall(r"\b(?:App[A-Z]\w+|Aml[A-Z]\w+|AzureDiagnostics|_LogOperation)\b", body))

    assert set(declared_tables(header)) == used
    assert used <= set(TABLES)


@every_file
def test_a_query_reads_the_metrics_and_events_of_its_header_and_they_exist(path: Path) -> None:
    _, header, body = split(path)
    tables = declared_tables(header)

    compared = set(re.findall(r'Name == "(\w+)"', body))
    for names in re.findall(r"Name in \(([^)]*)\)", body):
        compared |= set(re.findall(r'"(\w+)"', names))

    assert set().union(*tables.values()) == compared
    assert tables.get("AppMetrics", set()) <= METRIC_NAMES
    assert tables.get("AppEvents", set()) <= EVENT_NAMES
    assert set(re.findall(r"Properties\.(\w+)", body)) <= PROPERTIES
    assert set(re.findall(r"Measurements\.(\w+)", body)) <= MEASUREMENTS


@every_file
def test_a_query_uses_what_its_header_names_and_nothing_else_from_outside(path: Path) -> None:
    _, header, body = split(path)
    uses = [] if header["Uses"] == "none" else header["Uses"].split(", ")

    expected = set()
    for use in uses:
        match = USE.fullmatch(use)
        assert match, f"`{use}` is not rendered"
        limit = match[1]
        if limit is None:
            expected.add(use)
            continue
        assert limit in LIMITS
        expected.add(f"{limit}_limit")
        if use.startswith("limits"):
            expected |= {f"{limit}_overrides", f"{limit}_override"}
    outside = r"\b(?:plants|fleet|fleet_size|silences|features|batch_endpoints|{})\b".format(
        "|".join(f"{limit}_(?:limit|overrides?)" for limit in sorted(LIMITS))
    )

    assert expected == set(re.findall(outside, body))


@every_file
def test_a_query_that_names_circuits_is_restricted_to_those_it_covers(path: Path) -> None:
    _, header, body = split(path)
    readings = body.count("tostring(Properties.plant_id)")
    by_plant = body.count("| where plant_id in (plants)")
    by_circuit = body.count("| join kind=leftsemi fleet on plant_id, circuit_id")
    begins_with_fleet = bool(re.search(r"^fleet$", body, re.MULTILINE))

    assert begins_with_fleet or by_plant + by_circuit == readings
    assert ("fleet" in header["Uses"].split(", ")) == (by_circuit > 0 or begins_with_fleet)


@every_file
def test_a_query_avoids_what_alerts_refuse_or_the_workspace_lacks(path: Path) -> None:
    _, _, body = split(path)

    assert not CLASSIC.search(body)
    assert not re.search(r"(?:^|[|(;])\s*(?:union|search|evaluate)\b", body, re.MULTILINE)
    assert not re.search(r"\bago\((?!\d+[dhm]\))", body), "an alert's ago() takes a literal"
    assert "AggregatedValue" not in body


@pytest.mark.parametrize("path", sorted(ROOT.glob("kql/alerts/*.kql")), ids=lambda path: path.stem)
def test_a_split_alert_returns_one_value_a_circuit_and_no_time(path: Path) -> None:
    _, header, _ = split(path)
    columns = header["Columns"].split(", ")

    if "plant_id" in columns:
        wanted = ["plant_id", "circuit_id", "value", "limit", "exceedance"]
        assert wanted == [column for column in columns if column in wanted]
        assert "TimeGenerated" not in columns


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_has_a_name_a_source_and_typed_columns(name: str) -> None:
    table = TABLES[name]

    assert list(table) == ["name", "source", "columns"]
    assert name == table["name"]
    assert table["source"].startswith("https://learn.microsoft.com/")
    assert set(table["columns"].values()) <= KQL_TYPES
    assert table["columns"]["TimeGenerated"] == "datetime"


def test_every_declared_table_is_read() -> None:
    assert set(TABLES) == {table for path in FILES for table in declared_tables(split(path)[1])}


def values_of(node: Any, key: str) -> list[Any]:
    """Return the values of a key, however deep."""
    if isinstance(node, dict):
        own = [node[key]] if key in node else []
        return own + [value for child in node.values() for value in values_of(child, key)]
    if isinstance(node, list):
        return [value for child in node for value in values_of(child, key)]
    return []


def test_the_workbook_shows_each_of_its_queries_once() -> None:
    workbook = yaml.safe_load((WORKBOOK / "workbook.yaml").read_text("utf-8"))

    assert sorted(values_of(workbook, "queryFile")) == [
        p.name for p in FILES if p.parent == WORKBOOK
    ]
    assert values_of(workbook, "id") == []


@pytest.mark.parametrize("path", sorted(WORKBOOK.glob("*.kql")), ids=lambda path: path.stem)
def test_a_workbook_query_is_short_and_quotes_its_parameters(path: Path) -> None:
    _, _, body = split(path)

    assert len(path.read_text("utf-8")) < 3000
    assert set(re.findall(r"\{(\w+)\}", body)) <= {"Plant", "Circuit", "TimeRange"}
    assert not re.search(r"(?<!')\{(?:Plant|Circuit)\}|\{(?:Plant|Circuit)\}(?!')", body)
    assert "TimeGenerated {TimeRange}" in body or "{TimeRange}" not in body


@every_file
def test_the_tables_of_a_header_can_be_told(path: Path) -> None:
    named = tables_read(path.read_text("utf-8"))

    assert named
    assert set(named) <= set(TABLES)
