import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.drift.budget import fit_budget

_EXCEEDANCES = st.lists(st.lists(st.floats(0, 10) | st.just(np.nan), max_size=80), max_size=5)


@given(_EXCEEDANCES, st.floats(0, 1), st.floats(0.5, 5))
def test_the_raised_limit_keeps_the_past_within_the_budget(
    fleet: list[list[float]], budget: float, configured: float
) -> None:
    found = fit_budget([np.array(c) for c in fleet], configured=configured, budget=budget)

    past = np.array([value for circuit in fleet for value in circuit if not np.isnan(value)])
    assert (past > found.immediate).sum() == found.severe <= budget * past.size
    assert found.immediate >= configured
    assert found.circuit_days == past.size


def test_the_limit_is_raised_no_further_than_needed() -> None:
    past = np.concatenate([np.full(997, 0.5), [1.6, 1.7, 1.8]])

    found = fit_budget([past], configured=1.5, budget=0.002)

    assert (found.immediate, found.severe_at_configured, found.severe) == (1.6, 3, 2)


def test_a_fleet_within_the_budget_keeps_its_limit() -> None:
    assert fit_budget([np.full(600, 1.4)], configured=1.5).immediate == 1.5
    assert fit_budget([], configured=1.5).immediate == 1.5


def test_a_budget_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"budget is 2, not between 0 and 1"):
        fit_budget([], configured=1.5, budget=2)
    with pytest.raises(ValueError, match=r"configured limit is 0, not above 0"):
        fit_budget([], configured=0)
