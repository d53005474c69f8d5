"""The most specific value wins, and every limit remembers where it came from."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from generator.loader import load
from generator.resolve import resolve

BASE = Path(__file__).parent / "invalid" / "base"

SETTINGS = {
    "circuit": "owner: circuit@company.com, expected_every: PT1H",
    "plant": "owner: plant@company.com, expected_every: PT2H",
    "class": "owner: class@company.com, expected_every: PT3H",
}
LIMITS = {
    "circuit": "circuits:\n  N/K: {mae: 0.31, reason: of the circuit, expires: 2027-05-04}\n",
    "plant": "plants:\n  N: {mae: 0.32, reason: of the plant}\n",
    "class": "classes:\n  c: {mae: 0.33, reason: of the class}\n",
    "default": "defaults: {mae: 0.34}\n",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "config"))


@pytest.mark.parametrize("most_specific", ["circuit", "plant", "class", "environment"])
def test_a_setting_is_the_circuits_the_plants_the_classes_or_the_environments(
    most_specific: str, config: Path
) -> None:
    levels = [*SETTINGS, "environment"]
    at = {s: SETTINGS[s] for s in levels[levels.index(most_specific) :] if s in SETTINGS}
    own = f", {at['circuit']}" if "circuit" in at else ""
    (config / "circuits.yaml").write_text(
        f"circuits: [{{plant_id: N, circuit_id: K, model_name: m, class: c{own}}}]\n"
        f"plants: {{N: {{{at.get('plant', '')}}}}}\n"
        f"classes: {{c: {{{at.get('class', '')}}}}}\n"
    )
    configuration, problems = load(config)
    assert configuration is not None
    assert problems == []

    (circuit,) = resolve(configuration, "prod").circuits

    owner = "owner" if most_specific == "environment" else most_specific
    assert circuit.owner == f"{owner}@company.com"
    hours = {"circuit": 1, "plant": 2, "class": 3, "environment": 24}[most_specific]
    assert circuit.expected_every.total_seconds() == hours * 3600


@pytest.mark.parametrize("most_specific", [*LIMITS, "built-in"])
def test_a_limit_is_the_circuits_the_plants_the_classes_or_the_default(
    most_specific: str, config: Path
) -> None:
    levels = [*LIMITS, "built-in"]
    texts = [LIMITS[s] for s in levels[levels.index(most_specific) :] if s in LIMITS]
    thresholds = config / "thresholds.yaml"
    thresholds.write_text("".join(reversed(texts)) or "classes: {}\n")
    (config / "circuits.yaml").write_text(
        "circuits: [{plant_id: N, circuit_id: K, model_name: m, class: c}]\nclasses: {c: {}}\n"
    )
    configuration, problems = load(config)
    assert configuration is not None
    assert problems == []

    (circuit,) = resolve(configuration, "prod").circuits

    limit = circuit.limits["mae"]
    values = {"circuit": "0.31", "plant": "0.32", "class": "0.33", "default": "0.34"}
    assert limit.value == Decimal(values.get(most_specific, "0.25"))
    assert limit.origin.level == most_specific
    keys = {"circuit": "N/K", "plant": "N", "class": "c"}
    assert limit.origin.key == keys.get(most_specific, "")
    if most_specific == "built-in":
        assert limit.origin.place == ""
    else:
        line = int(limit.origin.place.removeprefix(f"{thresholds.as_posix()}:"))
        assert values[most_specific] in thresholds.read_text().splitlines()[line - 1]
    if most_specific == "circuit":
        assert limit.origin.reason == "of the circuit"
        assert str(limit.origin.expires) == "2027-05-04"


def test_an_outage_silences_the_circuits_of_a_single_layout_only(config: Path) -> None:
    """With a layout per plant it is a processing rule on the plant's own rules."""
    window = '{start: "2027-02-01T06:00", end: "2027-02-02T06:00", reason: r}'
    (config / "circuits.yaml").write_text(
        "circuits: [{plant_id: N, circuit_id: K, model_name: m}]\n"
        f"plants: {{N: {{timezone: Europe/Oslo, outages: [{window}]}}}}\n"
    )
    found = {}
    for layout in ("single", "plant"):
        environment = config / "environments" / "prod.yaml"
        text = (BASE / "environments" / "prod.yaml").read_text()
        environment.write_text(f"layout: {layout}\n{text}")
        configuration, _ = load(config)
        assert configuration is not None
        (circuit,) = resolve(configuration, "prod").circuits
        found[layout] = [s.starts.isoformat() for s in circuit.silences]

    assert found == {"single": ["2027-02-01T05:00:00+00:00"], "plant": []}
