"""Baselines in Azure's storage, over the real protocol; `azurite.py` says what that proves."""

from collections.abc import Iterator

import pytest

from monitoring.baselines import Outcome, Places, accept, create, pin
from monitoring.baselines.folder import BaselineFolder
from monitoring.sources import SourceError
from monitoring.sources.store import Store
from tests.monitoring.baselines.conftest import LATER, TAKING, Data, acceptance
from tests.monitoring.sources.azurite import ACCOUNT, KEY, Azurite, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as service:
        yield service


def test_a_baseline_is_written_replaced_and_read(data: Data, azurite: Azurite) -> None:
    lake = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net"
    options = azurite.storage() | {"account_key": KEY}
    places = Places.configured({"workspaceblobstore": lake})
    circuits = data.circuits[:2]

    for outcome in (Outcome.WRITTEN, Outcome.UNCHANGED):
        made = create(circuits, "inputs", data.sensors, places, TAKING, storage_options=options)
        assert {each.outcome for each in made.creations} == {outcome}
    accept(
        circuits[0],
        {"inputs": data.sensors},
        places,
        LATER,
        acceptance(),
        storage_options=options,
    )

    folder = BaselineFolder(places.folder(circuits[0], "inputs"), options)
    assert folder.in_force().model_version == "2"
    assert [entry["by"] for entry in folder.audit_log()] == ["ana"]
    pinned = pin(circuits, places, ("inputs", "outputs"), storage_options=options)
    assert pinned.snapshot(circuits[1], "inputs").values is not None
    assert pinned.snapshot(circuits[1], "outputs").status == "missing"


@pytest.mark.parametrize("size", [0, 1, 4 << 20, (9 << 20) + 7])
def test_a_file_of_any_size_comes_back_as_it_was(size: int, azurite: Azurite) -> None:
    uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/folder"
    store = Store(uri, azurite.storage() | {"account_key": KEY})
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    for _ in range(2):
        store.write("a/b", content)

    assert store.read("a/b") == content
    assert store.read("a") is None


def test_credentials_that_are_refused_end_the_command(data: Data, azurite: Azurite) -> None:
    lake = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net"
    options = azurite.storage() | {"account_key": "bm90IHRoZSBrZXk="}
    places = Places.under(lake)

    with pytest.raises(SourceError, match="refused the credentials"):
        create(data.circuits, "inputs", data.sensors, places, TAKING, storage_options=options)
    with pytest.raises(SourceError, match="refused the credentials"):
        pin(data.circuits, places, ("inputs",), storage_options=options)
