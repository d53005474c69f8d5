"""The circuits that a deployment scores, and which of them a file is of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from generator.diagnostics import Problem, format_problems
from generator.fleet import Circuit
from monitoring.sources.keys import CircuitKey
from scoring.errors import DeploymentError
from scoring.settings import Settings

Circuits = Mapping[CircuitKey, Circuit]


def read_circuits(settings: Settings) -> Circuits:
    """Read the configuration's circuits of an environment, with the deployed version of the model.

    Only what cannot be read is refused, where the deployed model needs it. What validation refuses
    besides, such as a limit that has expired, is no reason not to forecast.

    Raises:
        DeploymentError: the configuration cannot be read, has no such environment, or no circuit
            of the deployed model.
    """
    from generator.loader import load
    from generator.resolve import resolve

    folder = settings.mlmon_config
    configuration, problems = load(folder)
    if configuration is None:
        raise _wrong(folder, problems)
    if settings.mlmon_env not in configuration.environments:
        file = f"{settings.mlmon_env}.yaml"
        if own := [each for each in problems if Path(each.location.file).name == file]:
            raise _wrong(folder, own)
        known = ", ".join(configuration.environments)
        raise DeploymentError(
            f"{folder} has no environment {settings.mlmon_env!r}; set MLMON_ENV to one of {known}"
        )
    circuits = {
        CircuitKey.of(circuit): replace(circuit, model_version=settings.model_version)
        for circuit in resolve(configuration, settings.mlmon_env).circuits
    }
    if not any(circuit.model_name == settings.model_name for circuit in circuits.values()):
        if own := [each for each in problems if Path(each.location.file).name == "circuits.yaml"]:
            raise _wrong(folder, own)
        raise DeploymentError(
            f"no enabled circuit of {settings.mlmon_env} has the model {settings.model_name!r}; "
            "set MODEL_NAME to the circuit's `model_name`"
        )
    return circuits


def _wrong(folder: Path, problems: Sequence[Problem]) -> DeploymentError:
    """Name problems as `mlmon validate` does."""
    told = format_problems(problems, "text").rstrip()
    return DeploymentError(
        f"the configuration {folder} cannot be used; run `mlmon validate`, and deploy it anew:\n"
        f"{told}"
    )


def features_of(circuits: Sequence[Circuit]) -> tuple[str, ...]:
    """Return the features that circuits of one model share, in their order.

    Raises:
        DeploymentError: they differ, so that the model's columns would mean one thing in one file
            and another in the next.
    """
    first = circuits[0]
    for circuit in circuits:
        if circuit.features != first.features:
            raise DeploymentError(
                f"{first.key} and {circuit.key} have the model {first.model_name}, and not the "
                "same features in the same order; write the same `features`, or register a model "
                "for each"
            )
    return first.features


def circuit_of_path(path: Path, circuits: Circuits) -> Circuit | None:
    """Find the circuit that a file's folders name, as `PLANT/CIRCUIT` or with `plant_id=`."""
    folders = [
        part.removeprefix("plant_id=").removeprefix("circuit_id=") for part in path.parts[:-1]
    ]
    for pair in reversed(list(pairwise(folders))):
        if found := circuits.get(CircuitKey(*pair)):
            return found
    return None
