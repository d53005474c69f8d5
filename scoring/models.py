"""The model of a deployment: anything with `predict`, from a pickle in the model's folder.

A pickle runs code when it is loaded: the folder holds what the workspace's own people registered.
"""

import pickle
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from monitoring.sensors import FloatArray
from scoring.errors import DeploymentError


class Model(Protocol):
    """What scores rows."""

    def predict(self, features: FloatArray, /) -> NDArray[Any]:
        """Return a value a row.

        Args:
            features: rows x features as doubles, in the order that the configuration lists them;
                NaN where a reading is missing.
        """


def load_model(folder: Path) -> Model:
    """Load the one `.pkl` file below a folder.

    Raises:
        DeploymentError: there is none or more than one, it cannot be loaded, or it has no
            `predict`.
    """
    found = sorted(folder.rglob("*.pkl"))
    if len(found) != 1:
        listed = f": {', '.join(path.name for path in found)}" if found else ""
        raise DeploymentError(
            f"{len(found)} .pkl files are below {folder}{listed}; register a model with one"
        )
    [path] = found
    try:
        with path.open("rb") as file:
            model = pickle.load(file)  # noqa: S301 - what it means is said above
    except ModuleNotFoundError as error:
        raise DeploymentError(
            f"{path} needs the module {error.name}; add its package to scoring/environment.yml, "
            "in the version that the model was trained with"
        ) from error
    except Exception as error:
        raise DeploymentError(
            f"{path} cannot be loaded ({type(error).__name__}: {error}); write it with pickle.dump"
        ) from error
    if not callable(getattr(model, "predict", None)):
        raise DeploymentError(f"{path} holds a {type(model).__name__}, which has no predict()")
    loaded: Model = model
    return loaded
