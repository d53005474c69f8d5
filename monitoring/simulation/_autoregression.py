"""First-order autoregression, compiled: scipy.signal takes most of a second to import."""

import numpy as np

from monitoring.compiling import compiled
from monitoring.sensors import FloatArray


@compiled
def first_order(values: FloatArray, gain: float, decay: float, last: float) -> FloatArray:
    """Return `gain * value + decay * last` of each value, where `last` is what came before."""
    result = np.empty(values.size)
    for i in range(values.size):
        last = gain * values[i] + decay * last
        result[i] = last
    return result
