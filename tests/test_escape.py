"""A text means the same behind every border: YAML, jinja, Bicep, KQL, ARM."""

import datetime
import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deployment.bicep import BicepCompiler
from generator import escape, project
from tests.conftest import write_tree

SNIPPETS = st.sampled_from(
    [
        *(
            "'",
            '"',
            "'''",
            "${",
            "$",
            "\\",
            "\\'",
            "\\$",
            "\n",
            "\r\n",
            "\t",
            "{{",
            "}}",
            "{%",
            "{#",
        ),
        *("[", "]", "[[", "//", "/*", "#", "`", "\x00", "\x7f", "\u202e", "\u200d", "\ufeff"),
        *("\U0001f600", "\u0627\u0644\u0639", "e\u0301", "concat('a')"),
    ]
)
TEXTS = st.lists(SNIPPETS | st.text(max_size=8), max_size=8).map("".join)
DECIMALS = st.builds(
    lambda digits, exponent, sign: Decimal((sign, digits, exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=15).map(tuple),
    st.integers(-25, 3),
    st.integers(0, 1),
)
with_compiler = settings(
    max_examples=40,
    phases=[Phase.generate],  # to shrink what fails would take the compiler minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_arm(text: str) -> str:
    """What stands in ARM JSON: a text in brackets, an expression there, has the first doubled."""
    return "[" + text if text.startswith("[") and text.endswith("]") else text


def changed(texts: list[str], compiled: list[str]) -> dict[str, str]:
    """Tell what became of the texts that did not stay themselves."""
    pairs = zip(texts, compiled, strict=True)
    return {text: became for text, became in pairs if as_arm(text) != became}


def variables(compiler: BicepCompiler, path: Path, text: str) -> dict[str, Any]:
    path.write_text(text, "utf-8", newline="")
    compiled = compiler.compile(path)
    assert compiled.template is not None, compiled.diagnostics
    found: dict[str, Any] = json.loads(compiled.template)["variables"]
    return found


@with_compiler
@given(texts=st.lists(TEXTS, min_size=50, max_size=50))
def test_values_reach_the_compiled_template_unchanged(
    texts: list[str], compiler: BicepCompiler, tmp_path: Path
) -> None:
    lines = [f"var text{i} = {escape.bicep_string(text)}\n" for i, text in enumerate(texts)]
    array = f"var all = {escape.bicep_strings(texts)}\n"

    found = variables(compiler, tmp_path / "main.bicep", "".join(lines) + array)

    assert changed(texts, [found[f"text{i}"] for i in range(len(texts))]) == {}
    assert changed(texts, found["all"]) == {}


@with_compiler
@given(keys=st.lists(TEXTS, min_size=50, max_size=50, unique=True))
def test_keys_reach_the_compiled_template_unchanged(
    keys: list[str], compiler: BicepCompiler, tmp_path: Path
) -> None:
    lines = [f"  {escape.bicep_key(key)}: '{i}'\n" for i, key in enumerate(keys)]

    found = variables(compiler, tmp_path / "main.bicep", f"var all = {{\n{''.join(lines)}}}\n")

    assert changed(keys, list(found["all"])) == {}
    assert list(found["all"].values()) == [str(i) for i in range(len(keys))]


@with_compiler
@given(values=st.lists(DECIMALS, min_size=50, max_size=50))
def test_decimals_are_numbers_of_the_same_value_in_the_compiled_template(
    values: list[Decimal], compiler: BicepCompiler, tmp_path: Path
) -> None:
    lines = [f"var value{i} = json('{escape.decimal(v)}')\n" for i, v in enumerate(values)]

    found = variables(compiler, tmp_path / "main.bicep", "".join(lines))

    for i, value in enumerate(values):
        match = re.fullmatch(r"\[json\('(.*)'\)\]", found[f"value{i}"])
        assert match
        assert Decimal(match[1]) == value


@given(TEXTS)
def test_a_bicep_string_is_one_line_that_shows_all_its_characters(text: str) -> None:
    literal = escape.bicep_string(text)

    assert literal.isprintable()
    assert literal[0] == literal[-1] == "'"


@pytest.mark.parametrize("name", ["plant_id", "_", "A1"])
def test_an_identifier_is_a_key_without_quotes(name: str) -> None:
    assert escape.bicep_key(name) == name


@pytest.mark.parametrize("name", ["", "1a", "cost-center", "a b", "\u00e9", "a\n"])
def test_any_other_key_is_quoted(name: str) -> None:
    assert escape.bicep_key(name) == escape.bicep_string(name)


@given(TEXTS)
def test_a_kql_string_is_one_line_and_means_the_text(text: str) -> None:
    literal = escape.kql_string(text)

    assert literal.isprintable()
    # KQL's escapes are those of JSON: \" \\ \n \r \t \uXXXX, others as surrogate pairs.
    assert json.loads(literal) == text


@given(TEXTS)
def test_a_comment_is_one_line_and_keeps_what_can_be_seen(text: str) -> None:
    comment = escape.comment(text)

    assert comment.isprintable()
    assert [c for c in text if c.isprintable()] == [
        c for c, original in zip(comment, text, strict=True) if original.isprintable()
    ]


@given(DECIMALS)
def test_a_decimal_is_written_exactly_and_in_one_way(value: Decimal) -> None:
    text = escape.decimal(value)

    assert Decimal(text) == value
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)
    assert text != "-0"
    assert escape.decimal(value * Decimal("1.000")) == text
    assert escape.kql_real(value) == f"real({text})"


@given(st.integers(1, 10_000))
def test_a_timespan_means_the_duration_in_the_largest_exact_unit(minutes: int) -> None:
    text = escape.kql_timespan(datetime.timedelta(minutes=minutes))

    match = re.fullmatch(r"([0-9]+)([dhm])", text)
    assert match
    size = {"d": 1440, "h": 60, "m": 1}[match[2]]
    assert int(match[1]) * size == minutes
    assert not any(minutes % larger == 0 for larger in (60, 1440) if larger > size)


@given(st.integers(-2_000_000_000, 20_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_written_in_utc(seconds: int, offset: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    moment = datetime.datetime.fromtimestamp(seconds, zone)

    text = escape.kql_datetime(moment)

    match = re.fullmatch(r"datetime\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\)", text)
    assert match
    assert datetime.datetime.fromisoformat(match[1]) == moment


NASTY = (
    "it's ${evil} $ $${x} '''three''' \"two\" \\ \\' \\${y} {{ 7 * 7 }} {% raw %} {# gone #} "
    "\t\u202e\u0627\u0644\u200d\U0001f600 e\u0301 `// [x] /* */ concat('a') \\"
)
LINES = f"first {NASTY}\n\n// second {NASTY}\r\nthird"
BRACKETS = "[resourceGroup().id]"


def nasty_configuration(layout: str) -> dict[str, str]:
    """A configuration whose every free text is hostile; JSON is YAML."""
    guid = "7a1c5b0e-3d52-4f1b-9a64-2f0f2f3b6c11"
    data = "azureml://datastores/lake/paths/$"
    files: dict[str, dict[str, Any]] = {
        "circuits.yaml": {
            "circuits": [
                {
                    "plant_id": "NORTH",
                    "circuit_id": "KILN",
                    "model_name": "forecast-kiln",
                    "monitors": "all",
                    "class": "c",
                    "owner": "${circuit}@company.com",
                    "tags": {"tag {{ 1 }} it's ${t}": f"tag of circuit {NASTY}"},
                    "snooze": {"until": "2027-01-01T00:00Z", "reason": NASTY},
                }
            ],
            "plants": {
                "NORTH": {
                    "name": f"plant {NASTY}",
                    "outages": [
                        {
                            "start": "2026-12-03T06:00",
                            "end": "2026-12-04T06:00",
                            "reason": f"outage {NASTY}",
                        }
                    ],
                }
            },
            "classes": {"c": {"description": LINES}},
        },
        "thresholds.yaml": {"classes": {"c": {"mae": 0.31, "reason": f"reason {NASTY}\n"}}},
        "alerts.yaml": {
            "alert_rules": [
                {
                    "name": "O'Brien's $ [rule] 'of' \"\U0001f600\"",
                    "description": f"description {LINES}",
                    "severity": 2,
                    "query": f'AppEvents\n| where Name == "{NASTY}"\n// {BRACKETS}',
                    "frequency": "PT5M",
                    "timeWindow": "PT30M",
                    "dimensions": [
                        {"name": "plant_id"},
                        {"name": "kind", "values": [f"dimension {NASTY}", BRACKETS, "*"]},
                    ],
                    "actionGroups": ["ag-one"],
                    "customProperties": {
                        f"property {NASTY}": f"value {LINES}",
                        BRACKETS: BRACKETS,
                        "then": "[starts only",
                    },
                }
            ],
            "action_groups": [
                {
                    "name": "ag-one",
                    "shortName": "${s}'s \\",
                    "emailReceivers": [{"name": f"email {NASTY}", "emailAddress": "a@b.example"}],
                    "smsReceivers": [
                        {"name": f"sms {NASTY}", "countryCode": "47", "phoneNumber": "55550143"}
                    ],
                    "webhookReceivers": [{"name": f"webhook {NASTY}", "secret": "one"}],
                    "secureWebhookReceivers": [
                        {
                            "name": f"secure {NASTY}",
                            "secret": "two",
                            "objectId": guid,
                            "tenantId": guid,
                            "identifierUri": f"api://{NASTY}",
                        }
                    ],
                }
            ],
        },
        "environments/prod.yaml": {
            "location": "norwayeast",
            "resource_group": "rg-\u00e9-(forecasts)",
            "owner": "${owner}@company.com",
            "layout": layout,
            "tags": {"tag of all it's ${t} {#": f"tag of environment {NASTY}", "b": BRACKETS},
            "log_analytics": {"name": "law-forecasts"},
            "application_insights": {"name": "appi-forecasts"},
            "machine_learning": {
                "workspace": "mlw-forecasts",
                "model_registry": "shared",
                "data": {
                    "production": data + "{plant_id}/",
                    "reference": data + "${plant_id}/$",
                    "production_outputs": data + "{plant_id}/out/",
                    "reference_outputs": data + "${plant_id}/out/$",
                },
                "monitors": {"emails": ["${mail}@company.com"]},
            },
        },
    }
    return {name: json.dumps(content, ensure_ascii=False) for name, content in files.items()}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)


@pytest.mark.parametrize("layout", ["single", "plant"])
def test_hostile_texts_travel_from_yaml_to_what_is_deployed(
    layout: str, compiler: BicepCompiler, tmp_path: Path
) -> None:
    write_tree(tmp_path / "config", nasty_configuration(layout))
    out = tmp_path / "rendered"

    configuration = project.validate(tmp_path / "config", datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], out)
    write_tree(out / "prod", dict(rendered.files))
    found: set[str] = set()
    for entry_point in rendered.entry_points:
        template = compiler.compile(out / "prod" / entry_point.template)
        assert template.diagnostics == ()
        assert template.template is not None
        found.update(strings(json.loads(template.template)["metadata"]))
        snapshot = compiler.snapshot(
            out / "prod" / entry_point.parameters, "rg-forecasts", "norwayeast"
        )
        assert snapshot["diagnostics"] == []
        found.update(strings(snapshot["predictedResources"]))

    rule = configuration.alerts.model.alert_rules[0]
    expected = {
        *("${circuit}@company.com", "${owner}@company.com", "${mail}@company.com"),
        *("tag {{ 1 }} it's ${t}", f"tag of circuit {NASTY}", "tag of all it's ${t} {#"),
        *(
            f"tag of environment {NASTY}",
            f"description {LINES}",
        ),
        *(f"dimension {NASTY}", f"property {NASTY}", f"value {LINES}", BRACKETS, "[starts only"),
        *("${s}'s \\", f"email {NASTY}", f"sms {NASTY}", f"webhook {NASTY}", f"secure {NASTY}"),
        *(f"api://{NASTY}", "azureml://datastores/lake/paths/$NORTH/"),
        "azureml://datastores/lake/paths/$$NORTH/$",
        rule.name if layout == "single" else f"{rule.name} - NORTH",
        f"// Generated for the rule `{rule.name}`. Do not edit: run `make render`.\n{rule.query}\n",
    }
    if layout == "plant":
        expected.add(f"plant {NASTY}, circuits: 1.")
        expected.add(f"Outage of NORTH: outage {NASTY}")
    assert expected - found == set()


@given(st.lists(SNIPPETS).map("".join))
def test_text_in_markdown_is_no_markup(text: str) -> None:
    written = escape.markdown_text(text)

    assert html.unescape(written) == " ".join(text.split())
    outside = re.sub(r"&#[0-9]+;", "", written)
    assert not set("\\`*_[]<>|#@&\n") & set(outside)
