from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from monitoring.drift.records import RECORDS
from monitoring.results.records_table import merge_records
from monitoring.sources import SourceError
from tests.monitoring.sources.tables import delta, sensors, three_days

DAY = date(2026, 11, 1)


def test_a_table_of_something_else_is_told_and_left_alone(tmp_path: Path) -> None:
    source = delta(tmp_path / "sensors", sensors(three_days()))
    log = tmp_path / "sensors" / "_delta_log"
    before = sorted(log.iterdir())

    with pytest.raises(SourceError) as caught:
        merge_records(source, RECORDS, DAY, [])

    told = f"other columns than these records: `run_date` is missing @ {source}; give"
    assert told in str(caught.value)
    assert sorted(log.iterdir()) == before


def test_a_folder_of_source_data_does_not_become_a_table_of_records(tmp_path: Path) -> None:
    (tmp_path / "sensors" / "plant_id=PLANT001").mkdir(parents=True)

    with pytest.raises(SourceError) as caught:
        merge_records(str(tmp_path / "sensors"), RECORDS, DAY, [])

    assert "it holds files and is no Delta table; the first is plant_id=PLANT001" in str(
        caught.value
    )
    assert [path.name for path in (tmp_path / "sensors").iterdir()] == ["plant_id=PLANT001"]


@pytest.mark.parametrize("left", ["", "run_date=2026-11-01"])
def test_an_empty_folder_and_what_a_killed_run_left_become_a_table(
    tmp_path: Path, left: str
) -> None:
    (tmp_path / "records" / left).mkdir(parents=True)

    merge_records(str(tmp_path / "records"), RECORDS, DAY, [])

    assert DeltaTable.is_deltatable(str(tmp_path / "records"))


def test_columns_of_another_type_are_told(tmp_path: Path) -> None:
    texts = pa.table({field.name: ["x"] for field in RECORDS.schema})
    write_deltalake(tmp_path / "records", texts)

    with pytest.raises(SourceError, match="`run_date` has type string"):
        merge_records(str(tmp_path / "records"), RECORDS, DAY, [])
