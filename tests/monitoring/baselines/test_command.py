"""The commands from the terminal: what they print, and how they end."""

import json
from pathlib import Path

import pytest

from cli.baseline import notes_of
from generator.project import ROOT
from tests.conftest import Mlmon
from tests.monitoring.baselines.conftest import Data

CONFIG = ("--config", str(ROOT / "config"), "--env", "prod")
ONE = "PLANT001/CIRCUIT01"


def test_a_baseline_is_created_compared_with_and_replaced(data: Data, mlmon: Mlmon) -> None:
    # The shipped configuration asks for a row a minute, which these data do not have.
    create = ("baseline", "create", "--data", data.sensors.uri, "--out", "b", "--anyway", *CONFIG)
    of_one = ("--circuit", ONE, "--as-of", "2026-10-01")

    first = mlmon(*create, *of_one)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.startswith(f"baselines: 1 written\n  {ONE} inputs: 720 rows, b/inputs/")
    assert mlmon(*create, *of_one).stdout == "baselines: 1 unchanged\n"

    other = mlmon(*create, "--circuit", ONE, "--as-of", "2026-10-02", "--format", "json")
    assert other.exit_code == 3
    assert json.loads(other.stdout)[0]["outcome"] == "refused"
    assert "another baseline is in force" in other.stderr

    accept = ("baseline", "accept", ONE, "--data", data.sensors.uri, "--out", "b", "--anyway")
    why = ("--model-version", "2", "--reason", "retrained", "--by", "ana")
    done = mlmon(*accept, "--as-of", "2026-10-02", *why, *CONFIG)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "baselines: 1 written")
    assert f"says that {ONE} has model version 1: until it says 2" in done.stderr
    (log,) = Path("b").rglob("accepted.jsonl")
    assert json.loads(log.read_text())["by"] == "ana"


def test_a_run_says_which_circuits_have_no_baseline_that_can_be_used(
    data: Data, mlmon: Mlmon
) -> None:
    create = ("baseline", "create", "--data", data.sensors.uri, "--out", "b", "--anyway", *CONFIG)
    mlmon(*create, "--circuit", ONE, "--as-of", "2026-10-01")
    run = ("drift", "run", "--data", data.sensors.uri, "--as-of", "2026-10-31", *CONFIG)

    missing = mlmon(*run, "--results", "r1", "--baselines", "b")
    assert missing.exit_code == 0
    assert "mlmon: without a baseline: PLANT001/CIRCUIT02 (drift)" in missing.stderr

    (file,) = Path("b").rglob("data.parquet")
    file.write_bytes(b"something else")
    damaged = mlmon(*run, "--results", "r2", "--baselines", "b")
    assert damaged.exit_code == 3
    assert f"mlmon: {ONE} (drift): the file was changed after it was written" in damaged.stderr

    resumed = mlmon(*run, "--results", "r2")
    assert resumed.exit_code == 2
    assert "which differs in baselines" in resumed.stderr


def test_limits_are_taken_against_baselines_too(data: Data, mlmon: Mlmon) -> None:
    create = ("baseline", "create", "--data", data.sensors.uri, "--out", "b", "--anyway", *CONFIG)
    mlmon(*create, "--circuit", ONE, "--as-of", "2026-10-01")

    calibrate = ("drift", "calibrate", "--data", data.sensors.uri, "--out", "l.json", *CONFIG)
    result = mlmon(*calibrate, "--as-of", "2026-10-31", "--days", "130", "--baselines", "b")

    assert result.exit_code == 0
    missing = ", ".join(circuit.key for circuit in data.circuits[1:])
    assert f"mlmon: without a baseline: {missing}\n" in result.stderr
    assert "mlmon: and 102 more circuits without a row\n" in result.stderr
    limits = json.loads(Path("l.json").read_text())["circuits"]
    references = [{f["reference"] for f in circuit["features"]} for circuit in limits]
    assert references == [{"rolling", "training"}, {"rolling"}, {"rolling"}]

    (file,) = Path("b").rglob("data.parquet")
    file.write_bytes(b"something else")
    damaged = mlmon(*calibrate, "--as-of", "2026-10-31", "--days", "130", "--baselines", "b")

    assert damaged.exit_code == 3
    told = f"mlmon: {ONE} (no limits against its baseline): the file was changed"
    assert told in damaged.stderr


def test_a_datastore_that_is_not_known_is_told_once(data: Data, mlmon: Mlmon) -> None:
    asked = ("--data", data.sensors.uri, "--as-of", "2026-10-31", "--baselines", "configured")

    made = mlmon("drift", "calibrate", *asked, "--out", "l.json", "--days", "130", *CONFIG)
    judged = mlmon("drift", "run", *asked, "--results", "r", *CONFIG)

    unknown = "it is not known where the datastore workspaceblobstore is @ data.reference"
    assert (made.exit_code, judged.exit_code) == (3, 3)
    assert f"{ONE} (no limits against its baseline) and 2 more: {unknown}; give" in made.stderr
    assert made.stderr.count(unknown) == judged.stderr.count(unknown) == 1


def test_problems_of_baselines_are_told_once_each_and_the_first_so_many() -> None:
    unusable = [(f"P/C{n:03}", f"problem {max(n, 105)}") for n in range(130)]

    told = notes_of([f"P/D{n:03}" for n in range(125)], unusable)

    assert told[0] == "mlmon: P/C000 and 105 more: problem 105"
    assert told[1] == "mlmon: P/C106: problem 106"
    assert told[20] == "mlmon: and 5 more problems of baselines that cannot be used"
    assert told[21].startswith("mlmon: without a baseline: P/D000, P/D001,")
    assert told[21].endswith(", P/D019 and 105 more")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "--circuit", "PLANT001/NONE"), "there is no enabled circuit 'PLANT001/NONE'"),
        (("create", "--as-of", "2999-01-01"), "is in the future"),
        (("create", "--as-of", "soon"), "--as-of 'soon' is not a day"),
        (("create", "--out", "b", "--datastore", "a=b"), "leave it or --out away"),
        (("create", "--datastore", "workspaceblobstore"), "does not say where a datastore is"),
        (("create", "--data", "nowhere"), "there is no Delta table and no Parquet file"),
        (("accept", "../../x", "--model-version", "2", "--reason", "r"), "no enabled circuit"),
        (("accept", ONE, "--out", "b", "--model-version", "2", "--reason", " "), "--reason"),
        (("accept", ONE, "--out", "b", "--model-version", "2", "--reason", "r"), "no baseline to"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: tuple[str, ...], told: str, data: Data, mlmon: Mlmon
) -> None:
    given = ("--data", data.sensors.uri, "--as-of", "2026-10-01", *CONFIG)

    result = mlmon("baseline", arguments[0], *given, *arguments[1:])

    assert result.exit_code == 2
    assert told in result.stderr
    assert not Path("b").exists()


def test_a_configured_path_without_its_datastore_is_refused(data: Data, mlmon: Mlmon) -> None:
    result = mlmon(
        *("baseline", "create", "--data", data.sensors.uri, "--as-of", "2026-10-01", *CONFIG),
        *("--circuit", ONE),
    )

    assert result.exit_code == 3
    assert "give --datastore workspaceblobstore=abfss://" in result.stderr
