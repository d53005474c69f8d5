"""What names keep to, whatever people call their plants, environments and secrets."""

import datetime
import re
import shutil
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import conventions, project

BASE = Path(__file__).parent / "invalid" / "base"
IDENTIFIERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
# Few letters, so that names come close to each other.
SECRETS = st.from_regex(r"[ab][ab1]{0,3}(-[ab1]{1,3}){0,3}", fullmatch=True)


@given(st.text())
def test_a_slug_is_its_own_slug(text: str) -> None:
    slug = conventions.slug(text)

    assert conventions.slug(slug) == slug
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug)


@given(IDENTIFIERS, st.text(alphabet="-_. /"))
def test_a_slug_ignores_case_and_punctuation_at_the_ends(text: str, edge: str) -> None:
    assert conventions.slug(edge + text.swapcase() + edge) == conventions.slug(text)


def test_a_slug_keeps_words_apart() -> None:
    assert conventions.slug("High MAE Alert") == "high-mae-alert"
    assert conventions.slug("--Pump_01..North  ") == "pump-01-north"
    assert conventions.slug("PLANT-1") != conventions.slug("PLANT1")


@given(st.lists(st.tuples(IDENTIFIERS, st.none() | IDENTIFIERS), max_size=30))
def test_deployment_names_fit_and_differ_where_their_slugs_differ(
    entries: list[tuple[str, str | None]],
) -> None:
    names: dict[str, tuple[str, str | None]] = {}
    for environment, plant in entries:
        name = conventions.deployment_name(environment, plant)
        full = (conventions.slug(environment), conventions.slug(plant) if plant else None)

        assert len(name) <= 64
        assert re.fullmatch(r"[a-z0-9_-]*[a-z0-9]", name)
        assert names.setdefault(name, full) == full


def test_long_deployment_names_that_begin_alike_differ() -> None:
    plants = [f"{'P' * 63}{end}" for end in "0123456789"]

    names = {conventions.deployment_name("production", plant) for plant in plants}

    assert len(names) == len(plants)


def test_deployment_names_are_fixed() -> None:
    assert conventions.deployment_name("prod") == "mlmon-prod"
    assert conventions.deployment_name("prod", "PLANT007") == "mlmon-prod_plant007"
    assert conventions.deployment_name("prod", "P" * 60) == (
        "mlmon-prod_pppppppppppppppppppppppppppppppppppppppppppp-5095435e"
    )


@given(IDENTIFIERS, IDENTIFIERS, st.integers(1, 720))
def test_a_start_lies_within_its_window(plant: str, circuit: str, window: int) -> None:
    assert 0 <= conventions.start_minute(f"{plant}/{circuit}", window) < window


def test_starts_are_the_same_in_every_release() -> None:
    keys = ("PLANT001/CIRCUIT01", "PLANT001/CIRCUIT02", "SOUTH/MILL")

    assert [conventions.start_minute(key, 240) for key in keys] == [132, 190, 131]


def test_starts_of_a_fleet_spread_over_the_window() -> None:
    keys = [f"PLANT{plant:03}/CIRCUIT{circuit:02}" for plant in range(10) for circuit in range(20)]

    hours = [conventions.start_minute(key, 240) // 60 for key in keys]

    assert all(30 <= hours.count(hour) <= 70 for hour in range(4))


@given(st.lists(SECRETS, unique=True, min_size=2, max_size=20))
def test_secrets_have_variables_of_their_own(secrets: list[str]) -> None:
    variables = {conventions.secret_variable(secret) for secret in secrets}

    assert len(variables) == len(secrets)
    assert all(re.fullmatch(r"MLMON_SECRET_[A-Z0-9_]+", variable) for variable in variables)


@given(st.lists(SECRETS, unique=True, min_size=2, max_size=20))
def test_secrets_have_parameters_of_their_own(secrets: list[str]) -> None:
    # ARM ignores the case of a parameter's name.
    parameters = {conventions.secret_parameter(secret).casefold() for secret in secrets}

    assert len(parameters) == len(secrets)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", parameter) for parameter in parameters)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_ids_in_workbooks_are_stable_uuids(keys: list[str]) -> None:
    identifier = conventions.workbook_element_id(*keys)

    assert uuid.UUID(identifier).version == 5
    assert identifier == conventions.workbook_element_id(*keys)


def test_ids_in_workbooks_are_the_same_in_every_release() -> None:
    assert conventions.workbook_element_id("model-monitoring", "Plant") == (
        "683dd9ba-d810-5f5c-aa1b-bc7faf7d344b"
    )
    assert str(conventions.WORKBOOK_NAMESPACE) == "6d0f5f0e-8a0c-5d0a-9f5e-2f1f6f3f9a11"


@given(st.lists(st.tuples(IDENTIFIERS, st.sampled_from("abc")), unique_by=lambda pair: pair[0]))
def test_collisions_are_the_names_that_several_keys_share(pairs: list[tuple[str, str]]) -> None:
    found = conventions.collisions(pairs)

    for name in "abc":
        keys = [key for key, shared in pairs if shared == name]
        assert found.get(name, []) == (keys if len(keys) > 1 else [])


def test_plants_have_symbols_of_their_own(tmp_path: Path) -> None:
    config = Path(shutil.copytree(BASE, tmp_path / "config"))
    (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n")
    plants = ("P-1", "P1", "p2", "P2-a", "P2A")
    (config / "circuits.yaml").write_text(
        "circuits:\n"
        + "".join(
            f"  - {{plant_id: {p}, circuit_id: KILN, model_name: m, monitors: all}}\n"
            for p in plants
        )
    )

    configuration = project.validate(config, datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], tmp_path / "rendered")

    symbols = re.findall(r"^module (mlMonitors_\w+) ", rendered.files["main.bicep"], re.MULTILINE)
    assert len({symbol.casefold() for symbol in symbols}) == len(symbols) == len(plants)


@pytest.mark.parametrize("secret", ["location", "tags", "workspace", "groups"])
def test_a_secret_has_a_symbol_that_nothing_else_has(secret: str, tmp_path: Path) -> None:
    config = Path(shutil.copytree(BASE, tmp_path / "config"))
    alerts = (config / "alerts.yaml").read_text().replace("chat-webhook", secret)
    (config / "alerts.yaml").write_text(alerts)

    configuration = project.validate(config, datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], tmp_path / "rendered")

    declared = re.findall(
        r"^(?:param|module|var) (\w+) ", rendered.files["main.bicep"], re.MULTILINE
    )
    assert len(set(declared)) == len(declared)


def test_the_outage_of_a_plant_matches_no_rule_of_another(tmp_path: Path) -> None:
    config = Path(shutil.copytree(BASE, tmp_path / "config"))
    alerts = (config / "alerts.yaml").read_text().replace("High MAE Alert", "Circuit Silent")
    (config / "alerts.yaml").write_text(alerts)
    environment = (config / "environments" / "prod.yaml").read_text()
    (config / "environments" / "prod.yaml").write_text("layout: plant\n" + environment)
    (config / "thresholds.yaml").write_text("defaults: {mae: 0.27}\n")
    window = "{start: 2026-12-03T06:00, end: 2026-12-04T06:00, reason: grid}"
    (config / "circuits.yaml").write_text(
        "circuits:\n"
        "  - {plant_id: SILENT, circuit_id: KILN, model_name: m}\n"
        "  - {plant_id: SOUTH, circuit_id: MILL, model_name: m}\n"
        f"plants: {{SILENT: {{outages: [{window}]}}}}\n"
    )

    configuration = project.validate(config, datetime.date(2026, 11, 23))
    (rendered,) = project.render_environments(configuration, ["prod"], tmp_path / "rendered")

    text = rendered.files["plants/silent/alert-processing-rules.bicep"]
    silenced = re.findall(r"alertRuleNames: \['([^']+)'\]", text)
    assert silenced == ["circuit-silent-silent"]
    assert [rule.name for rule in rendered.rules if rule.name in silenced] == silenced
