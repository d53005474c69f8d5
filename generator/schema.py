"""JSON Schemas of the configuration files, for editors: generated from the models."""

import json
from typing import Any

from generator.models.alerts import AlertsFile
from generator.models.base import StrictModel
from generator.models.circuits import CircuitsFile
from generator.models.environments import Environment
from generator.models.thresholds import ThresholdsFile

MODELS: dict[str, type[StrictModel]] = {
    "alerts": AlertsFile,
    "circuits": CircuitsFile,
    "environment": Environment,
    "thresholds": ThresholdsFile,
}


def schemas() -> dict[str, str]:
    """Make the schema of each kind of file, by file name."""
    made = {}
    for name, model in MODELS.items():
        schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema |= model.model_json_schema(by_alias=True)
        made[f"{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return made
