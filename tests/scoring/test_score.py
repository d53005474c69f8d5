"""`init` and `run` as Azure ML calls them: what is returned, stored and told, file by file."""

import logging
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from generator.models.circuits import DEFAULT_FEATURES
from monitoring.sources.errors import SourceError
from monitoring.telemetry.recorded import Recording
from scoring import score
from scoring.errors import DeploymentError
from scoring.models import MlflowModel
from tests.conftest import skip
from tests.scoring.conftest import FIRST, START, Deployment, lines, told
from tests.scoring.models import Broken, ByName, Doubling, Silent, TooShort


def test_a_file_becomes_a_line_an_event_and_metrics(
    deployment: Deployment, recording: Recording
) -> None:
    [line] = lines(score.run([deployment.file("a.parquet", [1.0, None, 3.0])]))
    [event] = told(recording, "prediction_completed")
    [latency] = told(recording, "prediction_latency_ms")
    [counter] = told(recording, "model_predictions")

    assert line.items() >= {"records": 2, "without_prediction": 1, "prediction_mean": 4.0}.items()
    of = {
        "plant_id": "PLANT001",
        "circuit_id": "CIRCUIT01",
        "model_name": "forecast-p001-c01",
        "model_version": "3",
    }
    statistics = {"records": "2", "prediction_mean": "4", "prediction_std": "2"}
    assert event["Properties"] == of | statistics | {"file": line["file"]}
    assert event["Measurements"]["latency_ms"] == latency["Sum"] > 0
    assert event["Measurements"]["without_prediction"] == 1
    assert counter["Properties"] == latency["Properties"] == of
    assert counter["Sum"] == 2


def test_a_file_of_which_half_the_rows_have_a_prediction_is_scored(
    deployment: Deployment, recording: Recording
) -> None:
    [line] = lines(score.run([deployment.file("a.parquet", [1.0, None])]))

    assert line.items() >= {"records": 1, "without_prediction": 1}.items()


def test_predictions_are_stored_with_their_times(
    deployment: Deployment, recording: Recording
) -> None:
    score.run([deployment.file("a.parquet", [1.0, None, 3.0])])

    first, last = deployment.stored()
    assert first == {
        "plant_id": "PLANT001",
        "circuit_id": "CIRCUIT01",
        "model_name": "forecast-p001-c01",
        "model_version": "3",
        "issued_at": START,
        "target_time": START + timedelta(minutes=60),
        "horizon": 60,
        "predicted_value": 2.0,
    }
    assert (last["issued_at"], last["predicted_value"]) == (START + timedelta(minutes=2), 6.0)


def test_a_file_may_say_how_far_ahead_each_row_is_forecast(
    deployment: Deployment, recording: Recording
) -> None:
    score.run([deployment.file("a.parquet", horizon=pa.array([15, 240], pa.int32()))])

    ahead = [(row["horizon"], row["target_time"] - row["issued_at"]) for row in deployment.stored()]
    assert ahead == [(15, timedelta(minutes=15)), (240, timedelta(hours=4))]


@pytest.mark.parametrize("folder", ["PLANT001/CIRCUIT01", "plant_id=PLANT001/circuit_id=CIRCUIT01"])
def test_folders_name_the_circuit_where_the_file_does_not(
    folder: str, deployment: Deployment, recording: Recording
) -> None:
    file = deployment.file(f"{folder}/a.parquet", plant_id=None, circuit_id=None)

    [line] = lines(score.run([file]))

    assert (line["plant_id"], line["circuit_id"]) == ("PLANT001", "CIRCUIT01")


def _empty(deployment: Deployment) -> str:
    path = Path(deployment.file("bad.parquet"))
    path.write_bytes(b"")
    return str(path)


def _cut(deployment: Deployment) -> str:
    path = Path(deployment.file("bad.parquet", [1.0] * 1000))
    path.write_bytes(path.read_bytes()[:-100])
    return str(path)


def _damaged(deployment: Deployment) -> str:
    path = Path(deployment.file("bad.parquet", [1.0] * 1000))
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    return str(path)


def _twice(deployment: Deployment) -> str:
    path = deployment.file("bad.parquet")
    table = pq.read_table(path)
    pq.write_table(table.append_column(FIRST, table[FIRST]), path)
    return path


def _with(**columns: Any) -> Callable[[Deployment], str]:
    return lambda deployment: deployment.file("bad.parquet", **columns)


BAD: dict[str, tuple[Callable[[Deployment], str], str, str]] = {
    "no content": (_empty, "empty-file", "the file has no content"),
    "no rows": (lambda d: d.file("bad.parquet", []), "empty-file", "the file has no rows"),
    "cut off": (_cut, "malformed-file", "no whole Parquet file"),
    "damaged": (_damaged, "malformed-file", "no whole Parquet file"),
    "not there": (lambda d: str(d.folder / "none.parquet"), "absent-file", "the file is not there"),
    "a folder": (lambda d: str(d.folder), "malformed-file", "no whole Parquet file"),
    "a column twice": (_twice, "malformed-file", "the file"),
    "no feature": (_with(pressure=None), "missing-column", "no column pressure"),
    "no time": (_with(timestamp=None), "missing-column", "no column timestamp"),
    "times as text": (_with(timestamp=["a", "b"]), "malformed-file", "has type string"),
    "a time missing": (
        _with(timestamp=pa.array([START, None], pa.timestamp("us", "UTC"))),
        "malformed-file",
        "1 of 2 rows have no timestamp",
    ),
    "a horizon missing": (_with(horizon=[60, None]), "malformed-file", "1 empty cells"),
    "a horizon back in time": (_with(horizon=[60, -5]), "malformed-file", "from -5 to 60"),
    "a horizon of none": (_with(horizon=[0, 60]), "malformed-file", "from 0 to 60"),
    "a horizon beyond a year": (
        _with(horizon=[60, 366 * 1440 + 1]),
        "malformed-file",
        "to 527,041",
    ),
    "a horizon that overflows": (_with(horizon=[60, 2**62]), "malformed-file", "minutes ahead"),
    "a horizon of 64 bits": (
        _with(horizon=pa.array([60, 2**63], pa.uint64())),
        "malformed-file",
        "minutes ahead, from 1 to 527,040",
    ),
    "of nobody": (
        _with(plant_id=None, circuit_id=None),
        "unknown-circuit",
        "and its folders name no enabled circuit",
    ),
    "two circuits": (
        _with(circuit_id=["CIRCUIT01", "CIRCUIT02"]),
        "malformed-file",
        "rows of 2 circuits (PLANT001/CIRCUIT01, PLANT001/CIRCUIT02)",
    ),
    "ids missing": (_with(plant_id=pa.nulls(2, pa.string())), "unknown-circuit", "names None/"),
    "a strange id": (_with(plant_id=["../../x"] * 2), "unknown-circuit", "../../x/CIRCUIT01"),
    "another model": (_with(circuit_id=["CIRCUIT02"] * 2), "wrong-model", "forecast-p001-c02"),
    "no readings": (
        lambda d: d.file("bad.parquet", [None, float("inf")]),
        "no-predictions",
        "none of the 2 predictions is a finite number",
    ),
    "readings of a few rows": (
        lambda d: d.file("bad.parquet", [1.0, None, 2.0, None, None]),
        "no-predictions",
        "only 2 of the 5 predictions are finite numbers; half of them must be",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_told_and_the_others_are_scored(
    case: str, deployment: Deployment, recording: Recording
) -> None:
    make, kind, reason = BAD[case]
    good = [deployment.file("a.parquet"), deployment.file("b.parquet", [5.0, 6.0])]

    scored = lines(score.run([good[0], make(deployment), good[1]]))
    [event] = told(recording, "prediction_failed")

    assert [line["file"][-9:] for line in scored] == ["a.parquet", "b.parquet"]
    assert [row["predicted_value"] for row in deployment.stored()] == [2.0, 10.0, 4.0, 12.0]
    assert len(told(recording, "prediction_completed")) == 2
    assert event["Properties"]["error_type"] == kind
    assert reason in event["Properties"]["error"]
    assert score._mini_batches is not None
    assert score._mini_batches.failed == 1


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Broken(), "the model broke (ZeroDivisionError: weights are all zero)"),
        (TooShort(), "the model gave 1 values for 2 rows"),
    ],
)
def test_a_model_that_fails_is_told_of_its_circuit(
    model: object, reason: str, deployment: Deployment
) -> None:
    deployment.register(model)
    score.init()
    assert score._mini_batches is not None
    score._mini_batches.sink = recording = Recording()

    assert score.run([deployment.file("a.parquet")]) == []

    [event] = told(recording, "prediction_failed")
    assert event["Properties"]["circuit_id"] == "CIRCUIT01"
    assert event["Properties"]["error_type"] == "model-error"
    assert reason in event["Properties"]["error"]


def test_a_broken_file_is_told_of_the_circuit_its_folders_name(
    deployment: Deployment, recording: Recording
) -> None:
    path = Path(deployment.file("PLANT001/CIRCUIT01/a.parquet"))
    path.write_bytes(b"PAR1 no more")

    score.run([str(path)])

    [event] = told(recording, "prediction_failed")
    assert event["Properties"]["plant_id"] == "PLANT001"
    assert event["Properties"]["file"] == "PLANT001/CIRCUIT01/a.parquet"


def test_what_a_file_is_named_makes_no_line_of_the_log(
    deployment: Deployment, recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    ids: dict[str, Any] = {"plant_id": ["P\nERROR forged"] * 2}
    bad = [deployment.file("a\nERROR forged.parquet", []), deployment.file("b.parquet", **ids)]

    score.run(bad)

    said = [each.message for each in caplog.records if each.levelno == logging.ERROR]
    assert len(said) == 2
    assert all("\\u{a}ERROR forged" in each for each in said)


def test_nothing_to_score_is_no_error(deployment: Deployment, recording: Recording) -> None:
    assert score.run([]) == []
    assert not deployment.predictions.exists()


def test_no_connection_is_said_once(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        score.init()
        for name in ("a.parquet", "b.parquet"):
            assert len(score.run([deployment.file(name)])) == 1

    said = [each for each in caplog.messages if "CONNECTION_STRING" in each]
    assert len(said) == 1


class _Failing(Recording):
    def emit(self, event: object) -> None:
        raise OSError("the disk of the queue is full")


def test_telemetry_that_breaks_ends_no_scoring(
    deployment: Deployment, recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    assert score._mini_batches is not None
    score._mini_batches.sink = _Failing()
    bad = _empty(deployment)

    for name in ("a.parquet", "b.parquet"):
        assert len(score.run([deployment.file(name), bad])) == 1

    assert len([each for each in caplog.messages if "telemetry is broken" in each]) == 1


@pytest.fixture
def deaf() -> Iterator[int]:
    """Listen on a port, and never answer."""
    with socket.create_server(("localhost", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def test_an_endpoint_that_never_answers_holds_up_no_scoring(
    deployment: Deployment, deaf: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would for as long as the test waits, if `run` waited for telemetry."""
    endpoint = f"https://localhost:{deaf}/"
    monkeypatch.setenv(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        f"InstrumentationKey=11111111-2222-4333-8444-555555555555;IngestionEndpoint={endpoint}",
    )
    score.init()

    scored = score.run([deployment.file(f"{i}.parquet", [float(i)]) for i in range(50)])

    assert len(scored) == 50
    assert score._sink is not None
    monkeypatch.setattr(score._sink, "_deadline_s", 0.0)
    assert "did not take it" in str(score._sink.close())


def test_predictions_that_cannot_be_stored_fail_the_mini_batch(
    deployment: Deployment, recording: Recording
) -> None:
    deployment.predictions.parent.mkdir(parents=True)
    deployment.predictions.write_text("a file where the table should be")

    with pytest.raises(SourceError, match="predictions"):
        score.run([deployment.file("a.parquet")])

    assert not told(recording, "prediction_completed")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MODEL_VERSION", "", "the environment variables MODEL_VERSION are not set"),
        ("MODEL_NAME", "forecast", "no enabled circuit of prod has the model 'forecast'"),
        ("MLMON_ENV", "staging", "no environment 'staging'"),
        ("HORIZON_MINUTES", "an hour", "HORIZON_MINUTES is 'an hour'"),
        ("HORIZON_MINUTES", "0", "write whole minutes"),
        ("HORIZON_MINUTES", "527041", "from 1 to 527,040"),
        ("HORIZON_MINUTES", "9" * 5000, "write whole minutes"),
        ("MLMON_DATASTORES", "workspaceblobstore", "does not say where a datastore is"),
    ],
)
def test_a_deployment_that_lacks_something_says_so(
    name: str, value: str, reason: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(DeploymentError, match=reason):
        score.init()


def _broken(deployment: Deployment, file: str, old: str, new: str) -> None:
    path = deployment.folder / "config" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_an_environment_that_is_wrong_is_not_told_as_one_that_is_not_there(
    deployment: Deployment,
) -> None:
    _broken(deployment, "environments/prod.yaml", "location: ", "location: [] #")

    with pytest.raises(DeploymentError) as raised:
        score.init()

    told = str(raised.value)
    assert "environments/prod.yaml:" in told
    assert "location" in told
    assert "`mlmon validate`" in told
    assert "MLMON_ENV" not in told


def test_a_circuit_that_is_wrong_is_not_told_as_one_that_is_not_there(
    deployment: Deployment,
) -> None:
    name = "model_name: forecast-p001-c01,"
    _broken(deployment, "circuits.yaml", name, f"{name} expected_every: often,")

    with pytest.raises(DeploymentError, match=r"(?s)circuits.yaml:\d+:\d+.*expected_every"):
        score.init()


def test_another_circuit_that_is_wrong_is_no_reason_not_to_forecast(
    deployment: Deployment,
) -> None:
    name = "model_name: forecast-p001-c02,"
    _broken(deployment, "circuits.yaml", name, f"{name} expected_every: often,")

    score.init()


def test_a_datastore_whose_place_is_not_known_is_said_at_the_start(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLMON_DATASTORES", "")

    with pytest.raises(SourceError, match="give MLMON_DATASTORES workspaceblobstore="):
        score.init()


def test_a_model_that_cannot_be_loaded_says_why(deployment: Deployment) -> None:
    path = deployment.register(Silent())
    with pytest.raises(DeploymentError, match=r"holds a Silent, which has no predict\(\)"):
        score.init()
    path.write_bytes(b"\x80\x04 no pickle")
    with pytest.raises(DeploymentError, match="cannot be loaded"):
        score.init()
    path.write_bytes(b"csklearn_of_yesterday\nRidge\n.")
    with pytest.raises(DeploymentError, match="needs the module sklearn_of_yesterday"):
        score.init()
    path.with_name("second.joblib").write_bytes(b"")
    with pytest.raises(DeploymentError, match=r"2 models are .*: model\.pkl, second\.joblib; "):
        score.init()
    (path.parent / "MLmodel").write_text("flavors: {}\n")
    with pytest.raises(DeploymentError, match="MLmodel needs the module mlflow; add its package"):
        score.init()


@pytest.mark.skipif(find_spec("joblib") is not None, reason="joblib is installed")
def test_a_joblib_file_needs_joblib(deployment: Deployment) -> None:
    path = deployment.register(Doubling())
    path.rename(path.with_suffix(".joblib"))

    with pytest.raises(DeploymentError, match="needs the module joblib; add its package"):
        score.init()


@pytest.mark.slow
def test_an_mlflow_model_is_given_names() -> None:
    if find_spec("pandas") is None:
        skip("pandas is not installed: `make spark`")
    model = MlflowModel(ByName("current"), DEFAULT_FEATURES)
    rows = np.arange(12.0).reshape(2, 6)

    assert model.predict(rows).tolist() == rows[:, DEFAULT_FEATURES.index("current")].tolist()


def test_circuits_of_one_model_have_the_same_features(deployment: Deployment) -> None:
    path = deployment.folder / "config" / "circuits.yaml"
    text = path.read_text("utf-8")
    second = "model_name: forecast-p001-c02,"
    assert second in text
    shared = "model_name: forecast-p001-c01, features: [current],"
    path.write_text(text.replace(second, shared), "utf-8")

    with pytest.raises(DeploymentError, match="PLANT001/CIRCUIT01 and PLANT001/CIRCUIT02 have the"):
        score.init()


def test_an_expired_limit_is_no_reason_not_to_forecast(deployment: Deployment) -> None:
    path = deployment.folder / "config" / "thresholds.yaml"
    override = "\ncircuits:\n  PLANT001/CIRCUIT01: {mae: 0.3, reason: trial, expires: 2020-01-01}\n"
    kept = path.read_text("utf-8").split("\ncircuits:")[0]
    path.write_text(kept + override, "utf-8")

    score.init()
