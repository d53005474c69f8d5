"""Configured paths: which can be written from here, and what is said of the others."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitoring.baselines import BaselineError, Outcome, Places, create, datastore
from tests.monitoring.baselines.conftest import TAKING, Data

STORE = "azureml://datastores/workspaceblobstore/paths/baseline/PLANT001/CIRCUIT01/"
PROVIDER = "providers/Microsoft.MachineLearningServices/"
LONG = STORE.replace(
    "azureml://", f"azureml://subscriptions/s/resourcegroups/g/{PROVIDER}workspaces/w/"
)
LAKE = "abfss://lake@account.dfs.core.windows.net"


@pytest.mark.parametrize("uri", [STORE, LONG, LONG.replace(PROVIDER, "")])
def test_a_datastores_path_goes_where_the_datastore_is(uri: str, data: Data) -> None:
    circuit = replace(data.circuits[0], reference=uri)
    name, address = datastore(f"workspaceblobstore={LAKE}")

    places = Places.configured({name: address})

    assert places.folder(circuit, "inputs") == f"{LAKE}/baseline/PLANT001/CIRCUIT01/"


def test_an_abfss_path_is_taken_as_it_is(data: Data) -> None:
    uri = f"{LAKE}/baseline/PLANT001/CIRCUIT01"

    assert Places.configured({}).folder(replace(data.circuits[0], reference=uri), "inputs") == uri


def test_the_shipped_configuration_is_written_to_its_datastore(data: Data, tmp_path: Path) -> None:
    places = Places.configured({"workspaceblobstore": str(tmp_path)})

    made = create(data.circuits, "inputs", data.sensors, places, TAKING)

    assert {each.outcome for each in made.creations} == {Outcome.WRITTEN}
    assert (tmp_path / "baseline/PLANT001/CIRCUIT01/MLTable").is_file()


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        (None, "no path `data.reference` is configured"),
        (STORE, "it is not known where the datastore workspaceblobstore is"),
        ("azureml:baseline:1", "the address names no path of a datastore"),
        ("azureml://datastores/x", "the address names no path of a datastore"),
        ("https://account.blob.core.windows.net/ml/baseline", "neither a local folder nor"),
        ("wasbs://ml@account.blob.core.windows.net/baseline", "neither a local folder nor"),
        (f"{LAKE}/a/../../b", "the path leads upwards"),
        (f"{LAKE}/a/%2e%2e/b", "the path leads upwards"),
        (STORE.replace("baseline", ".."), "the path leads upwards"),
    ],
)
def test_what_cannot_be_written_from_here_is_refused(
    uri: str | None, told: str, data: Data
) -> None:
    circuit = replace(data.circuits[0], reference=uri)

    with pytest.raises(BaselineError, match=told) as caught:
        Places.configured({"other": LAKE}).folder(circuit, "inputs")

    assert "data.reference" in str(caught.value)


@pytest.mark.parametrize("option", ["", "name", "=abfss://x", "a b=abfss://x", "name=", "name= "])
def test_a_datastore_option_of_another_form_is_refused(option: str) -> None:
    with pytest.raises(BaselineError, match="does not say where a datastore is"):
        datastore(option)


def test_two_circuits_do_not_share_a_folder(data: Data, tmp_path: Path) -> None:
    same = [replace(each, reference=f"file://{tmp_path}/one") for each in data.circuits]

    with pytest.raises(BaselineError, match="have the same folder"):
        create(same, "inputs", data.sensors, Places.configured({}), TAKING)

    assert not (tmp_path / "one").exists()
