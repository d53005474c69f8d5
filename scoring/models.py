"""The model of a deployment: a pickle, a joblib file or an MLflow model in the model's folder.

A model may run code when it is loaded: the folder holds what the workspace's own people registered.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from monitoring.sensors import FloatArray
from scoring.errors import DeploymentError

_MLFLOW: Final = "MLmodel"
"""The file that describes an MLflow model and lies in its folder: https://mlflow.org/docs/latest/ml/model/."""


class Model(Protocol):
    """What scores rows."""

    def predict(self, features: FloatArray, /) -> NDArray[Any]:
        """Return a value a row.

        Args:
            features: rows x features as doubles, in the order that the configuration lists them;
                NaN where a reading is missing.
        """


@dataclass(frozen=True)
class MlflowModel:
    """Gives an MLflow model the data frame that it takes, with the configuration's names."""

    model: Any
    features: Sequence[str]

    def predict(self, features: FloatArray, /) -> Any:
        """Return a value a row."""
        frame = import_module("pandas").DataFrame(features, columns=list(self.features))
        return self.model.predict(frame)


def load_model(folder: Path, features: Sequence[str]) -> Model:
    """Load the one model below a folder.

    Args:
        folder: with an MLflow model, or one file that ends in `.joblib` or `.pkl`.
        features: names of the columns that it is given.

    Raises:
        DeploymentError: there is none or more than one, it cannot be loaded, or it has no
            `predict`.
    """
    files = sorted(folder.rglob("*"))
    found = [path for path in files if path.name == _MLFLOW] or [
        path for path in files if path.suffix in (".joblib", ".pkl")
    ]
    if len(found) != 1:
        listed = f": {', '.join(path.name for path in found)}" if found else ""
        raise DeploymentError(
            f"{len(found)} models are below {folder}{listed}; register a folder with one .pkl or "
            ".joblib file, or an MLflow model"
        )
    [path] = found
    try:
        model = _load(path, features)
    except ModuleNotFoundError as error:
        raise DeploymentError(
            f"{path} needs the module {error.name}; add its package to scoring/environment.yml, "
            "in the version that the model was trained with"
        ) from error
    except Exception as error:
        raise DeploymentError(
            f"{path} cannot be loaded ({type(error).__name__}: {error}); register the model anew"
        ) from error
    if not callable(getattr(model, "predict", None)):
        raise DeploymentError(f"{path} holds a {type(model).__name__}, which has no predict()")
    loaded: Model = model
    return loaded


def _load(path: Path, features: Sequence[str]) -> Any:
    if path.name == _MLFLOW:
        return MlflowModel(import_module("mlflow.pyfunc").load_model(str(path.parent)), features)
    if path.suffix == ".joblib":
        return import_module("joblib").load(path)
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - what it means is said above
