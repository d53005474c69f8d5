"""Models as people register them: plain classes with `predict`."""

from typing import Any

import numpy as np


class Doubling:
    """Twice the first feature; NaN where it is missing."""

    def predict(self, features: Any) -> Any:
        return features[:, 0] * 2


class Broken:
    def predict(self, features: Any) -> Any:
        raise ZeroDivisionError("weights are all zero")


class TooShort:
    def predict(self, features: Any) -> Any:
        return features[1:, 0]


class Unlucky:
    """Says something else each time."""

    def predict(self, features: Any) -> Any:
        return np.random.default_rng().random((len(features), 1))


class Silent:
    """Has no `predict`."""
