"""What Azure shall hold: the rendered output, expanded by the Bicep CLI."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.bicep import BicepCompiler
from generator.render import EntryPoint, Rendered

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExpectedResource:
    """A resource that an entry point deploys."""

    id: str
    type: str
    """As Bicep writes it; Azure's own spelling may differ in case."""
    api_version: str
    entry_point: EntryPoint
    body: Mapping[str, Any]
    """Everything sent but id, type, name and API version: location, tags, kind, properties..."""


def is_unevaluated(value: object) -> bool:
    """Tell whether a value is known in a deployment only: a secure parameter, or a reference.

    `bicep snapshot` leaves it as an expression in brackets; text that begins with a bracket is
    written with two.
    """
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")


def expanding_compiler() -> BicepCompiler:
    """Start a compiler for `expected_resources`; it takes about a second until it is ready.

    Raises:
        BicepError: the compiler is missing.
    """
    # What is expected does not depend on how this command was called.
    return BicepCompiler(variables={"MLMON_SKIP_QUERY_VALIDATION": "false"})


def expected_resources(
    rendered: Rendered, out: Path, subscription_id: str, compiler: BicepCompiler | None = None
) -> Iterator[ExpectedResource]:
    """Expand every entry point, in order.

    Secrets are not read: where one would stand, the body has an expression (`is_unevaluated`).

    Args:
        rendered: what stands in the folder.
        out: the folder of all environments.
        subscription_id: where it is deployed; ids contain it.
        compiler: an `expanding_compiler` that was started early; one is started unless given.

    Raises:
        BicepError: the compiler is missing, or it failed.
    """
    environment = rendered.fleet.environment
    with nullcontext(compiler) if compiler else expanding_compiler() as running:
        for entry_point in rendered.entry_points:
            snapshot = running.snapshot(
                out / rendered.fleet.name / entry_point.parameters,
                environment.resource_group,
                environment.location,
                subscription_id,
            )
            for resource in snapshot["predictedResources"]:
                yield _resource(resource, entry_point)


def _resource(predicted: Json, entry_point: EntryPoint) -> ExpectedResource:
    known = ("id", "type", "name", "apiVersion")
    return ExpectedResource(
        id=predicted["id"],
        type=predicted["type"],
        api_version=predicted["apiVersion"],
        entry_point=entry_point,
        body={key: value for key, value in predicted.items() if key not in known},
    )
