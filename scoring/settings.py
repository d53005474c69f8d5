"""What a deployment says in its environment variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitoring.sources.datastores import datastore
from monitoring.sources.errors import SourceError
from scoring.errors import DeploymentError

DATASTORES: Final = "MLMON_DATASTORES"
LONGEST_HORIZON: Final = 366 * 24 * 60
"""Minutes ahead that a forecast is made for at most."""
_CONFIG: Final = Path(__file__).resolve().parent.parent / "config"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of `scoring/deployment.yml`, with its names in lower case."""

    azureml_model_dir: Path
    """Folder of the model; set by Azure ML."""
    model_name: str
    """Registered name of the model; circuits of another one are not scored."""
    model_version: str
    """Registered version of the model."""
    mlmon_env: str
    """Environment of the configuration."""
    mlmon_config: Path
    """Folder of the configuration."""
    mlmon_datastores: Mapping[str, str]
    """Address of each Azure ML datastore that a configured path names; names in lower case."""
    horizon_minutes: int
    """How far ahead a row is forecast, where a file has no column `horizon`."""
    connection_string: str = field(repr=False)
    """Of Application Insights; empty for none."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment variables of a deployment.

    Raises:
        DeploymentError: one is missing or has another form.
    """
    missing = [
        name
        for name in ("AZUREML_MODEL_DIR", "MODEL_NAME", "MODEL_VERSION")
        if not environment.get(name)
    ]
    if missing:
        raise DeploymentError(
            f"the environment variables {', '.join(missing)} are not set; "
            "see scoring/deployment.yml"
        )
    return Settings(
        Path(environment["AZUREML_MODEL_DIR"]),
        environment["MODEL_NAME"],
        environment["MODEL_VERSION"],
        environment.get("MLMON_ENV", "prod"),
        Path(environment.get("MLMON_CONFIG", _CONFIG)),
        dict(_datastores(environment.get(DATASTORES, ""))),
        _minutes(environment.get("HORIZON_MINUTES", "60")),
        environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING", ""),
    )


def _datastores(text: str) -> Iterator[tuple[str, str]]:
    for each in text.split():
        try:
            name, address = datastore(each, DATASTORES)
        except SourceError as error:
            raise DeploymentError(str(error)) from None
        yield name.lower(), address


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise DeploymentError(f"HORIZON_MINUTES is {text!r}; write whole minutes, such as 60")
    if not 1 <= int(text) <= LONGEST_HORIZON:
        raise DeploymentError(
            f"HORIZON_MINUTES is {text}; write whole minutes, from 1 to {LONGEST_HORIZON:,}"
        )
    return int(text)
