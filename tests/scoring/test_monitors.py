"""What is scored reaches the Azure ML monitors: files of the collector, through the component."""

import pytest
from pyarrow import parquet as pq

from generator.models.circuits import DEFAULT_FEATURES
from monitoring.engine.spark import running_session
from monitoring.engine.task import EngineError
from monitoring.telemetry.recorded import Recording
from scoring import score
from tests.conftest import skip
from tests.scoring.conftest import Deployment


@pytest.mark.slow
def test_monitors_compare_what_was_scored(deployment: Deployment, recording: Recording) -> None:
    from monitoring.azureml.preprocessing.preprocess import main

    files: dict[str, list[float | None]] = {
        "a.parquet": [1.0, None, 3.0, 4.0],
        "b.parquet": [5.0, 6.0, 7.0, 8.0],
    }
    score.run([deployment.file(name, values) for name, values in files.items()])
    output = deployment.folder / "preprocessed"
    window = [
        "--data_window_start",
        "2026-11-20T00:01:00Z",
        "--data_window_end",
        "2026-11-20T00:03",
    ]

    found = {}
    try:
        with running_session(1, "1g"):
            for role in ("production", "production-outputs"):
                arguments = [*window, "--input_data", str(deployment.production(role))]
                arguments += ["--preprocessed_data", str(output / role)]
                main([*arguments, "--preprocessed_input_data", str(output / "again" / role)])
                found[role] = pq.read_table(output / role / "data").to_pydict()
    except EngineError as error:
        skip(str(error))

    assert list(found["production"]) == list(DEFAULT_FEATURES)
    assert set(found["production"][DEFAULT_FEATURES[0]]) == {None, 3.0, 6.0, 7.0}
    assert set(found["production-outputs"]["predicted_value"]) == {6.0, 12.0, 14.0}
