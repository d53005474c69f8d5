"""Models as people register them: plain classes with `predict`."""

from typing import Any


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


class Silent:
    """Has no `predict`."""


class ByName:
    """Takes a data frame, as MLflow's models do, and says what one column of it says."""

    def __init__(self, column: str) -> None:
        self.column = column

    def predict(self, frame: Any) -> Any:
        return frame[self.column].to_numpy()
