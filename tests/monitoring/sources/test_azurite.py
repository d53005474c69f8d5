"""Reads from Azurite over the real protocol; `azurite.py` says what that proves and what not."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from deltalake import DeltaTable, WriterProperties, write_deltalake
from pyarrow import fs
from pyarrow import parquet as pq

from monitoring.drift.records import RECORDS
from monitoring.results.records_table import merge_records
from monitoring.sources import SourceError, open_table, read_fleet
from monitoring.sources.storage import Storage
from tests.monitoring.sources.azurite import ACCOUNT, KEY, Azurite, running, token
from tests.monitoring.sources.refusing import refusing
from tests.monitoring.sources.tables import (
    C1,
    C2,
    D1,
    FEATURES,
    WINDOW,
    hours,
    read,
    sensors,
    three_days,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running(tmp_path_factory.mktemp("azurite")) as service:
        yield service


@pytest.fixture(scope="module")
def lake(azurite: Azurite) -> str:
    """Write a Delta table of three days, in two versions."""
    uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/sensors/"
    options = _key(azurite)
    write_deltalake(uri, sensors(three_days()), partition_by=["date"], storage_options=options)
    later = sensors([("P1", "C1", 1, 7.0)])
    write_deltalake(uri, later, mode="append", storage_options=options)
    return uri


def _key(azurite: Azurite) -> dict[str, str]:
    return azurite.storage() | {"account_key": KEY}


def _token(azurite: Azurite, given: AccessToken) -> dict[str, str]:
    return azurite.storage() | {"bearer_token": given.token}


@pytest.mark.parametrize("batch_bytes", [96, 1 << 20])
def test_a_delta_table_is_read_with_a_key_and_with_a_token(
    batch_bytes: int, lake: str, azurite: Azurite
) -> None:
    for options in (_key(azurite), _token(azurite, token())):
        table = open_table(lake, storage_options=options)

        found, reading = read(table, batch_bytes=batch_bytes)

        assert {key: len(hours(found[key])) for key in found} == {C1: 13, C2: 12, D1: 12}
        assert (reading.version, reading.issues) == (1, [])


def test_an_older_version_is_read(lake: str, azurite: Azurite) -> None:
    table = open_table(lake, version=0, storage_options=_key(azurite))

    assert len(hours(read(table)[0][C1])) == 12


def test_a_folder_of_parquet_files_is_read(azurite: Azurite) -> None:
    from deltalake.fs import DeltaStorageHandler

    uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/plain"
    handler = fs.PyFileSystem(DeltaStorageHandler(uri, _key(azurite)))
    with handler.open_output_stream("date=2026-11-01/part.parquet") as stream:
        pq.write_table(sensors(three_days()[:12]).drop_columns(["date"]), stream)

    found, _ = read(open_table(uri, storage_options=_key(azurite)))

    assert {key: len(hours(found[key])) for key in found} == {C1: 4, C2: 4, D1: 4}


@pytest.mark.parametrize(
    "credentials",
    [
        {"account_key": "d3Jvbmcga2V5"},
        {"bearer_token": token(-60).token},
        {"bearer_token": token(audience="https://example.com").token},
    ],
    ids=["wrong key", "token that ran out", "token for another service"],
)
def test_refused_credentials_are_told_as_such(
    credentials: dict[str, str], lake: str, azurite: Azurite
) -> None:
    with pytest.raises(SourceError, match=r"refused the credentials.*Storage Blob Data Reader"):
        open_table(lake, storage_options=azurite.storage() | credentials)


def test_credentials_that_are_refused_while_a_run_reads_are_told(
    lake: str, azurite: Azurite
) -> None:
    table = open_table(lake, storage_options=_token(azurite, token()))
    table.storage._given["bearer_token"] = token(-60).token

    with pytest.raises(SourceError, match="refused the credentials"):
        read(table)


def test_a_container_or_a_table_that_is_missing_is_told(azurite: Azurite, lake: str) -> None:
    elsewhere = f"abfss://no-such@{ACCOUNT}.dfs.core.windows.net/sensors"
    for uri, told in ((elsewhere, "404 Not Found: ContainerNotFound"), (f"{lake}x", "no Delta")):
        with pytest.raises(SourceError) as caught:
            open_table(uri, storage_options=_key(azurite))
        assert told in str(caught.value)
        assert uri in str(caught.value)


def test_a_corrupt_file_in_the_lake_costs_its_day(azurite: Azurite) -> None:
    container = azurite.new_container()
    uri = f"abfss://{container}@{ACCOUNT}.dfs.core.windows.net/sensors"
    options = _key(azurite)
    write_deltalake(uri, sensors(three_days()), partition_by=["date"], storage_options=options)
    [path] = DeltaTable(uri, storage_options=options).file_uris(
        file_pruning_predicate="date = '2026-11-02'"
    )
    azurite.upload(f"{container}/sensors{path.removeprefix(uri)}", b"PAR1 is all that is left")

    found, reading = read(open_table(uri, storage_options=_key(azurite)))

    assert {key: len(hours(found[key])) for key in found} == {C1: 8, C2: 8, D1: 8}
    assert [issue.kind for issue in reading.issues] == ["unreadable-file"]


def test_vacuumed_files_cost_their_day(azurite: Azurite) -> None:
    uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/sensors"
    options = _key(azurite)
    write_deltalake(uri, sensors(three_days()), partition_by=["date"], storage_options=options)
    pinned = open_table(uri, storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    table.delete("date = '2026-11-02'")
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    found, reading = read(pinned)

    assert {key: len(hours(found[key])) for key in found} == {C1: 8, C2: 8, D1: 8}
    [issue] = reading.issues
    assert issue.kind == "withheld-file"
    assert "changed or vacuumed" in str(issue)


@pytest.mark.parametrize(
    ("refused", "status", "told"),
    [
        ("date=2026-11-02/", 403, None),
        ("date=2026-11-02/", 404, None),
        ("date=", 403, "refused the credentials .403 Forbidden"),
        ("date=", 404, "is not there"),
        ("date=2026-11-02/", 401, "refused the credentials .401 Unauthorized"),
        ("date=2026-11-02/", 409, "did not answer as expected .409 Conflict"),
    ],
)
def test_what_is_refused_for_one_path_costs_it_and_all_else_ends_the_run(
    refused: str, status: int, told: str | None, azurite: Azurite, lake: str, tmp_path: Path
) -> None:
    with refusing(azurite, tmp_path) as (service, refuse):
        pinned = open_table(lake, storage_options=_token(service, token()))
        refuse(refused, status)

        if told is not None:
            with pytest.raises(SourceError, match=told):
                read(pinned)
            return
        found, reading = read(pinned)
        assert {key: len(hours(found[key])) for key in found} == {C1: 9, C2: 8, D1: 8}
        [issue] = reading.issues
        assert (issue.kind, issue.days) == ("withheld-file", (date(2026, 11, 2),))


@pytest.mark.parametrize("status", [401, 403])
def test_access_that_is_withdrawn_between_two_batches_ends_the_run(
    status: int, azurite: Azurite, tmp_path: Path
) -> None:
    uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/sensors"
    each = WriterProperties(max_row_group_size=4)
    rows = sensors(three_days())
    write_deltalake(uri, rows, storage_options=_key(azurite), writer_properties=each)
    with refusing(azurite, tmp_path) as (service, refuse):
        table = open_table(uri, storage_options=_token(service, token()))
        features = dict.fromkeys((C1, C2, D1), FEATURES)
        parts = iter(read_fleet(table, features, WINDOW, batch_bytes=24 * 12))
        next(parts)
        refuse(".parquet", status)

        with pytest.raises(SourceError, match="refused the credentials"):
            list(parts)


def test_a_token_is_renewed_while_a_run_reads(azurite: Azurite, lake: str) -> None:
    """The first token is near its end: each use of storage asks for another."""

    class Identity:
        asked = 0

        def get_token(self, *_scopes: str, **_: Any) -> AccessToken:
            self.asked += 1
            return token(120)

    identity = Identity()
    table = open_table(lake, credential=identity, storage_options=azurite.storage())

    assert len(hours(read(table)[0][C1])) == 13
    assert identity.asked > 4


def test_records_make_a_new_table_and_none_of_a_folder_of_files(azurite: Azurite) -> None:
    container = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net"
    lake = Storage(f"{container}/sensors/", _key(azurite)).filesystem()
    with lake.open_output_stream("plant_id=P1/a.parquet") as stream:
        stream.write(b"PAR1")

    with pytest.raises(SourceError, match="the first is plant_id=P1"):
        merge_records(
            f"{container}/sensors/", RECORDS, date(2026, 11, 1), [], storage_options=_key(azurite)
        )
    merge_records(
        f"{container}/records/", RECORDS, date(2026, 11, 1), [], storage_options=_key(azurite)
    )

    assert not DeltaTable.is_deltatable(f"{container}/sensors/", _key(azurite))
    assert DeltaTable.is_deltatable(f"{container}/records/", _key(azurite))
