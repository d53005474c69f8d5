"""What holds for whatever is given."""

import json
from math import isnan

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.quality import CHECKS, CircuitQuality, QualityStatus
from monitoring.quality.definitions import CIRCUIT_CHECKS, FEATURE_CHECKS
from monitoring.quality.records import worst
from monitoring.sensors import CircuitReadings
from tests.monitoring.quality.conftest import TIMES, check, find, last, readings, with_values

STRANGE = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 181.0, 1e-300)


@st.composite
def strange_readings(draw: st.DrawFn) -> CircuitReadings:
    """Few or many rows, in any order, some twice, with whatever a cell can hold."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = rng.integers(0, TIMES.size, draw(st.sampled_from((0, 1, 2, 30, 2000, TIMES.size))))
    if draw(st.booleans()):
        rows = np.sort(rows)
    share = draw(st.sampled_from((0.0, 0.01, 0.5, 1.0)))

    def column() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        usual = rng.normal(50, draw(st.sampled_from((0.0, 1.0))), rows.size)
        return np.where(rng.random(rows.size) < share, rng.choice(STRANGE, rows.size), usual)

    values = {"temperature": column(), "pressure": np.round(column())}
    errors = {"temperature": draw(st.integers(0, 10**6))}
    return CircuitReadings("PLANT001", "CIRCUIT01", TIMES[rows], values, errors)


@given(strange_readings())
@settings(max_examples=40, deadline=None)
def test_rates_lie_between_0_and_1_and_what_is_not_ok_says_why(given: CircuitReadings) -> None:
    with np.errstate(all="raise", under="ignore"):
        quality = check(given)

    for found in (*quality.checks, *(c for f in quality.features for c in f.checks)):
        if found.unit == "share" and not isnan(found.value):
            assert 0.0 <= found.value <= 1.0
        assert (found.status is QualityStatus.OK) == (found.reason == "")
        assert not (isnan(found.value) and found.status is QualityStatus.OK)
        assert "nan" not in found.reason
        assert found.reason.startswith("PLANT001/CIRCUIT01") or not found.reason
    assert (quality.status is QualityStatus.OK) == (not quality.reasons)
    written = json.loads(json.dumps(quality.as_json(), allow_nan=False))
    assert (written["status"], written["passes"]) == (quality.status, quality.passes)


@given(strange_readings(), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing_but_the_order_check(
    given: CircuitReadings, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(given.timestamps.size)
    shuffled = CircuitReadings(
        given.plant_id,
        given.circuit_id,
        given.timestamps[order],
        {name: values[order] for name, values in given.values.items()},
        given.type_errors,
    )

    def but_order(quality: CircuitQuality) -> str:
        kept = [each for each in quality.checks if each.name != "disordered_rows"]
        return repr((quality.rows, kept, quality.features))

    assert but_order(check(given)) == but_order(check(shuffled))


@given(st.lists(st.sampled_from(sorted(QualityStatus))))
def test_the_worst_status_wins(statuses: list[QualityStatus]) -> None:
    order = list(QualityStatus)
    assert worst(statuses) is order[max((order.index(each) for each in statuses), default=0)]


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_more_nulls_are_never_better(one: float, other: float) -> None:
    place = np.arange(TIMES.size) % 101 / 101

    def status(share: float) -> int:
        nulls = (place < share) & last(168)
        given = with_values("temperature", lambda v: np.where(nulls, np.nan, v))
        found = find(check(given), "null_rate", "temperature")
        return list(QualityStatus).index(found.status)

    assert status(min(one, other)) <= status(max(one, other))


def test_every_check_is_made_once_and_in_the_order_of_its_definition() -> None:
    quality = check(readings())

    assert [each.name for each in quality.checks] == [each.name for each in CIRCUIT_CHECKS]
    for feature in quality.features:
        assert [each.name for each in feature.checks] == [each.name for each in FEATURE_CHECKS]
    assert len({each.name for each in CHECKS}) == len(CHECKS)
