"""Configurations of any size, as large fleets write them."""

import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CIRCUITS_OF_A_PLANT = 25


def write_fleet(folder: Path, circuits: int) -> Path:
    """Write a configuration of two environments with `layout: plant`.

    One circuit in ten is critical, one in a hundred has a limit of its own, one in two hundred is
    silenced. Plants of 25 circuits share batch deployments, as Azure's limits require.
    """
    config = folder / f"config-{circuits}"
    (config / "environments").mkdir(parents=True)
    keys = [
        (f"PLANT{n // CIRCUITS_OF_A_PLANT + 1:03}", f"CIRCUIT{n % CIRCUITS_OF_A_PLANT + 1:02}")
        for n in range(circuits)
    ]
    lines = ["circuits:"]
    for number, (plant, circuit) in enumerate(keys):
        fields = f"plant_id: {plant}, circuit_id: {circuit}, model_name: forecast-{number:05}"
        if number % 10 == 3:
            fields += ", class: critical"
        if number % 200 == 7:
            fields += ', snooze: {until: "2027-01-01T00:00:00Z", reason: known bad sensor}'
        lines.append(f"  - {{{fields}}}")
    lines += ["classes:", "  critical: {tags: {criticality: high}}", "plants:"]
    for index, plant in enumerate(dict.fromkeys(p for p, _ in keys)):
        endpoint = f"batch-{index // 20 + 1:03}"
        lines.append(
            f"  {plant}: {{owner: ops-{index}@company.com, batch_endpoint: {endpoint}, "
            f"batch_deployment: {plant}}}"
        )
    (config / "circuits.yaml").write_text("\n".join(lines) + "\n")
    overrides = {
        f"{plant}/{circuit}": {"mae": round(0.3 + number % 7 / 100, 2), "reason": "agreed"}
        for number, (plant, circuit) in enumerate(keys)
        if number % 100 == 11
    }
    thresholds = {
        "defaults": {"mae": 0.25},
        "classes": {"critical": {"mae": 0.21, "reason": "a wrong forecast stops a line"}},
        "circuits": overrides,
    }
    (config / "thresholds.yaml").write_text(yaml.safe_dump(thresholds))
    shutil.copy(ROOT / "config" / "alerts.yaml", config)
    for name in ("prod", "test"):
        text = (ROOT / "config" / "environments" / "prod.yaml").read_text()
        text = text.replace("layout: single", "layout: plant")
        text = text.replace("rg-mlops-prod", f"rg-{name}")
        (config / "environments" / f"{name}.yaml").write_text(text)
    return config
