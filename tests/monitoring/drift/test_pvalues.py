import numpy as np
import pytest
from scipy.stats import kstwo

from monitoring.drift._pvalues import fill_pvalues


@pytest.mark.parametrize("readings", [1, 2, 5, 20, 140, 141, 200, 500, 3000, 8173, 100_001])
def test_pvalues_equal_those_of_scipy(readings: int) -> None:
    random = np.random.default_rng(readings)
    # Above 1.48 begins the sum, of which a few terms tell the rest from some 200 readings on.
    spread = np.exp(random.uniform(np.log(0.3 / readings), 0, 20))
    likely = np.array([0.3, 0.6, 1, 1.3, 1.47, *np.linspace(1.49, 2, 9), 3, 5, 8])
    likely /= np.sqrt(readings)
    # Where one way of computing ends and the next begins, and where readings times it is whole.
    edges = np.array([0.5, 1, min(2, readings), readings - 1]) / readings
    edges = np.append(edges, [np.sqrt(2.2 / readings), np.sqrt(4 / readings)])
    edges = np.append(edges, [(1.4 / readings) ** (2 / 3), 0.5])
    edges = np.concatenate([edges, np.nextafter(edges, 0), np.nextafter(edges, 1)])
    statistics = np.concatenate([[0.0, 1.0], spread, likely, edges])
    statistics = statistics[statistics <= 1]
    pvalues = np.empty(len(statistics))
    fill_pvalues(statistics, np.full(len(statistics), float(readings)), pvalues)
    expected = kstwo.sf(statistics, readings)
    assert pvalues == pytest.approx(expected, rel=1e-10, abs=1e-300)
