"""The scoring script of an Azure ML batch deployment.

Azure ML calls `init` once a worker, `run` for each mini-batch of files, and `shutdown` at the end.
It takes each item that `run` returns for a file that was scored, and counts the others as failed:
https://learn.microsoft.com/azure/machine-learning/how-to-use-parallel-job-in-pipeline. With
`append_row` an item is a line of the output file; here it is one line of JSON.
"""

import atexit
import json
import logging
import os
from pathlib import Path

from monitoring.telemetry.azure_monitor import CONNECTION_STRING, AzureMonitor, azure_monitor
from scoring.circuits import features_of, read_circuits
from scoring.collector import Collector
from scoring.forecasts import Scorer
from scoring.mini_batches import MiniBatches
from scoring.models import load_model
from scoring.settings import read_settings

_log = logging.getLogger("mlmon.scoring")
_mini_batches: MiniBatches | None = None
_sink: AzureMonitor | None = None


def init() -> None:
    """Load the model and the configuration.

    Raises:
        DeploymentError: the deployment lacks something or has it wrong.
        SourceError: the configuration does not say where the circuits' predictions go.
    """
    global _mini_batches, _sink
    settings = read_settings(os.environ)
    circuits = read_circuits(settings)
    collector = Collector(settings.mlmon_datastores)
    scored = [each for each in circuits.values() if each.model_name == settings.model_name]
    for circuit in scored:
        collector.check(circuit)
    model = load_model(settings.azureml_model_dir, features_of(scored))
    scorer = Scorer(model, settings.model_name, circuits, settings.horizon_minutes)
    _sink = azure_monitor(circuits=len(circuits), role="scoring")
    if not settings.connection_string:
        _log.warning(
            "%s is not set: files are scored, and telemetry is told nothing", CONNECTION_STRING
        )
    _mini_batches = MiniBatches(scorer, collector, _sink)
    atexit.register(shutdown)


def run(mini_batch: list[str]) -> list[str]:
    """Score files; return a line for each that was scored.

    Raises:
        SourceError: predictions cannot be stored. Azure ML then gives the mini-batch again.
    """
    if _mini_batches is None:
        raise RuntimeError("run() was called before init()")
    return [json.dumps(line) for line in _mini_batches.score([Path(name) for name in mini_batch])]


def shutdown() -> None:
    """Send what telemetry still holds, within half a minute."""
    global _sink
    if _sink is not None:
        _log.info("%s", _sink.close())
    _sink = None
