"""Files that storage does not deliver cost their rows; if it delivers none, the run ends."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from generator.project import ROOT
from monitoring.sources import SourceError, open_table, read_fleet
from tests.conftest import without_override
from tests.monitoring.sources.tables import (
    C1,
    C2,
    D1,
    FEATURES,
    WINDOW,
    delta,
    hours,
    parquet,
    read,
    sensors,
    three_days,
)


def _file_of(folder: Path, day: int) -> Path:
    [path] = (folder / f"date=2026-11-0{day}").glob("*.parquet")
    return path


@pytest.mark.parametrize("batch_bytes", [96, 1 << 20])
def test_a_file_that_was_vacuumed_costs_its_day(batch_bytes: int, tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))
    pinned = open_table(source)
    table = DeltaTable(source)
    name = _file_of(tmp_path / "t", 2).name
    table.delete("date = '2026-11-02'")
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    found, reading = read(pinned, batch_bytes=batch_bytes)

    assert {key: len(hours(found[key])) for key in found} == {C1: 8, C2: 8, D1: 8}
    [issue] = reading.issues
    assert (issue.kind, issue.days) == ("withheld-file", (date(2026, 11, 2),))
    assert issue.circuits == (C1, C2, D1)
    assert name in str(issue)
    assert "another results folder" in issue.fix


def test_a_table_whose_files_are_all_gone_is_one_error(tmp_path: Path) -> None:
    pinned = open_table(delta(tmp_path / "t", sensors(three_days())))
    for day in (1, 2, 3):
        _file_of(tmp_path / "t", day).unlink()

    with pytest.raises(SourceError, match=r"not there.*another results folder"):
        read(pinned)


@pytest.mark.parametrize("gone", [(3,), (1, 2, 3)])
def test_files_that_vanish_between_two_batches(gone: tuple[int, ...], tmp_path: Path) -> None:
    table = open_table(delta(tmp_path / "t", sensors(three_days()), rows=4))
    features = dict.fromkeys((C1, C2, D1), FEATURES)
    reading = read_fleet(table, features, WINDOW, batch_bytes=24 * 12)
    parts = iter(reading)
    [first] = next(parts)
    for day in gone:
        _file_of(tmp_path / "t", day).unlink()

    if len(gone) == 3:
        with pytest.raises(SourceError, match="not there"):
            list(parts)
        return
    rest = [circuit for part in parts for circuit in part]
    assert [len(hours(circuit)) for circuit in (first, *rest)] == [12, 8, 8]
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("withheld-file", (C2, D1))


def test_all_files_that_vanish_before_rows_are_sorted_are_one_error(tmp_path: Path) -> None:
    mixed = sorted(three_days(), key=lambda row: row[2])
    table = open_table(delta(tmp_path / "t", sensors(mixed)))
    features = dict.fromkeys((C1, C2, D1), FEATURES)
    reading = read_fleet(table, features, WINDOW, batch_bytes=96)
    for day in (1, 2, 3):
        _file_of(tmp_path / "t", day).unlink()

    with pytest.raises(SourceError, match="not there"):
        list(reading)


@pytest.mark.parametrize("target", ["/nonexistent", "part.parquet"], ids=["nothing", "itself"])
def test_a_link_that_leads_nowhere_is_told(target: str, tmp_path: Path) -> None:
    source = parquet(tmp_path, sensors(three_days()), hive=True)
    link = _file_of(tmp_path, 2)
    link.unlink()
    link.symlink_to(target)

    found, reading = read(source)

    assert len(hours(found[C1])) == 8
    [issue] = reading.issues
    assert (issue.kind, issue.days) == ("withheld-file", (date(2026, 11, 2),))
    assert "file date=2026-11-02/part.parquet" in str(issue)


READ = """
import json, sys
from monitoring.sources import SourceError, open_table
from tests.monitoring.sources.tables import read
try:
    found, reading = read(open_table(sys.argv[1]))
    told = {str(key): len(each.timestamps) for key, each in found.items()}
    print(json.dumps([told, [str(issue) for issue in reading.issues]]))
except SourceError as error:
    print(json.dumps([{}, [str(error)]]))
"""


@pytest.mark.parametrize(
    ("closed", "rows"),
    [("date=2026-11-02/part.parquet", 8), ("date=2026-11-02", 0), ("", 0), ("*/*.parquet", 0)],
    ids=["a file", "a day", "the folder", "every file"],
)
def test_what_may_not_be_read_is_named(closed: str, rows: int, tmp_path: Path) -> None:
    source = parquet(tmp_path / "t", sensors(three_days()), hive=True)
    paths = sorted((tmp_path / "t").glob(closed)) if closed else [tmp_path / "t"]
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ, source],
            cwd=ROOT,
            capture_output=True,
            check=True,
            preexec_fn=without_override,
        )
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)

    told, [sentence] = json.loads(done.stdout)
    assert told == (dict.fromkeys(map(str, (C1, C2, D1)), rows) if rows else {})
    assert sentence.startswith("permission is denied")
    assert str(paths[0].relative_to(tmp_path)).removeprefix("t/") in sentence
    assert sentence.endswith("make the path readable for this user")
    assert "network" not in sentence
