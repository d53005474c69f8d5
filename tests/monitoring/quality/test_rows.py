"""Coverage, gaps, age, duplicates, order and late rows."""

import numpy as np
import pytest

from monitoring.quality import CircuitQuality, QualityStatus
from tests.monitoring.quality.conftest import (
    HOURS_LEFT,
    TIMES,
    Rows,
    between,
    check,
    find,
    last,
    readings,
)

ALL = np.arange(TIMES.size)


def without(rows: Rows) -> CircuitQuality:
    return check(readings(rows=~rows))


def test_a_day_that_has_not_arrived_makes_the_circuit_stale() -> None:
    quality = without(last(24))

    assert quality.status is QualityStatus.STALE
    assert quality.reasons[0] == (
        "PLANT001/CIRCUIT01: the newest row is 24.1 h old when the last day ends; "
        "the limit is 12 h."
    )


def test_half_of_the_last_day_is_enough() -> None:
    quality = without(last(11.9))

    assert find(quality, "newest_age").status is QualityStatus.OK
    assert quality.passes


def test_a_lost_circuit_has_no_verdict() -> None:
    nothing = check(readings(rows=ALL[:0]))

    assert nothing.status is QualityStatus.INSUFFICIENT_DATA
    assert nothing.coverage == 0.0
    assert "PLANT001/CIRCUIT01: there is no row at all." in nothing.reasons
    assert without(last(24 * 10)).status is QualityStatus.STALE


def test_five_days_of_seven_are_enough_and_four_are_not() -> None:
    assert without(between(72, 24)).passes
    four = without(between(96, 24))
    assert four.status is QualityStatus.INSUFFICIENT_DATA
    assert find(four, "missing_rows").value == pytest.approx(3 / 7)
    assert four.coverage == pytest.approx(4 / 7)


def test_a_long_gap_warns_unless_the_reference_has_such_gaps() -> None:
    gap = between(40, 33)

    quality = without(gap)
    assert find(quality, "longest_gap").value == pytest.approx(7.0)
    assert quality.status is QualityStatus.WARN

    nights = (HOURS_LEFT % 24 > 8) & (HOURS_LEFT % 24 < 16)
    assert find(without(nights | gap), "longest_gap").value < 8.1
    assert find(without(nights), "longest_gap").status is QualityStatus.OK


def test_a_gap_at_the_edges_of_the_window_counts() -> None:
    assert find(without(last(7)), "longest_gap").value == pytest.approx(7.0)
    assert find(without(between(200, 161)), "longest_gap").value == pytest.approx(7.0)


def test_a_file_that_was_loaded_twice_fails() -> None:
    quality = check(readings(rows=np.sort(np.concatenate((ALL, ALL[last(24)])))))

    duplicates = find(quality, "duplicate_rows")
    assert duplicates.value == pytest.approx(0.5)
    assert quality.status is QualityStatus.FAILED
    assert quality.coverage == 1.0


def test_disorder_warns_and_changes_no_other_check() -> None:
    shuffled = check(readings(rows=ALL[::-1]))

    assert shuffled.status is QualityStatus.WARN
    assert find(shuffled, "disordered_rows").value == pytest.approx(1.0, abs=1e-3)
    in_order = check(readings())
    assert shuffled.features == in_order.features


def test_rows_filed_under_another_date_warn() -> None:
    quality = check(readings(late=288))

    assert find(quality, "late_rows").value == pytest.approx(1 / 7)
    assert quality.status is QualityStatus.WARN
    assert quality.passes


def test_an_unreadable_circuit_is_an_error_with_its_reason() -> None:
    quality = CircuitQuality.unreadable("PLANT001", "CIRCUIT01", "part-0.parquet is no Parquet.")

    assert (quality.status, quality.passes) == (QualityStatus.ERROR, False)
    assert quality.reasons == ("PLANT001/CIRCUIT01: part-0.parquet is no Parquet.",)
    assert quality.failures() == ()
    assert np.isnan(quality.largest("null_rate"))
