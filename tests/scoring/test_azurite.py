"""The collector over Azure's real protocol: what is scored again is there once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitoring.sources import open_table
from monitoring.telemetry.recorded import Recording
from scoring import score
from scoring.collector import Collector
from scoring.mini_batches import MiniBatches
from tests.monitoring.sources.azurite import ACCOUNT, KEY, running
from tests.scoring.conftest import Deployment, told


@pytest.mark.slow
def test_a_mini_batch_is_kept_in_azure_once(
    deployment: Deployment, recording: Recording, tmp_path: Path
) -> None:
    assert score._mini_batches is not None
    scorer = score._mini_batches.scorer
    paths = [Path(deployment.file(f"{i}.parquet", [float(i), 2.0])) for i in range(3)]
    with running(tmp_path) as azurite:
        root = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net"
        options = azurite.storage() | {"account_key": KEY}
        places: dict[str, Any] = {
            "predictions": f"{root}/predictions/",
            "production": f"{root}/production/PLANT001/CIRCUIT01/",
            "production_outputs": f"{root}/production-outputs/PLANT001/CIRCUIT01/",
        }
        circuits = {key: replace(each, **places) for key, each in scorer.circuits.items()}
        for _ in range(2):
            collector = Collector({}, options)
            batches = MiniBatches(replace(scorer, circuits=circuits), collector, recording)
            assert len(batches.score(paths)) == 3
        table = open_table(places["predictions"], storage_options=options)
        features = open_table(places["production"], storage_options=options)

    assert (table.version, len(table.files), len(features.files)) == (2, 3, 3)
    [counter] = told(recording, "model_predictions")
    assert counter["Sum"] == 6
