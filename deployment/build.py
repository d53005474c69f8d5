"""Compiles every entry point and measures it against Azure's limits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deployment.bicep import BicepCompiler
from generator import azure
from generator.render import Rendered


@dataclass(frozen=True, slots=True)
class Build:
    """An entry point after compilation."""

    environment: str
    template: str
    resources: int
    """Resources of the expanded template: loops and nested deployments counted."""
    compiled_bytes: int
    diagnostics: tuple[str, ...]

    @property
    def share(self) -> float:
        """The larger share of Azure's limits that it takes: bytes or resources, 0 to 1."""
        return max(
            self.compiled_bytes / azure.MAX_TEMPLATE_BYTES, self.resources / azure.MAX_RESOURCES
        )


def build(
    rendered: Rendered, out: Path, compiler: BicepCompiler, progress: Callable[[], None]
) -> list[Build]:
    """Compile and expand every entry point of one rendered environment.

    Args:
        rendered: what stands in the folder.
        out: the folder of all environments.
        compiler: a running compiler.
        progress: called after each entry point.

    Raises:
        BicepError: the compiler failed other than with a diagnostic.
    """
    environment = rendered.fleet.environment
    builds = []
    for entry_point in rendered.entry_points:
        folder = out / rendered.fleet.name
        compiled, _ = compiler.compile_parameters(folder / entry_point.parameters)
        text, resources = compiled.template or "", 0
        diagnostics = compiled.diagnostics
        if compiled.template is not None:
            template = compiler.compile(folder / entry_point.template)
            text = template.template or ""
            diagnostics = tuple(dict.fromkeys((*diagnostics, *template.diagnostics)))
            snapshot = compiler.snapshot(
                folder / entry_point.parameters, environment.resource_group, environment.location
            )
            resources = len(snapshot["predictedResources"])
        builds.append(
            Build(
                rendered.fleet.name,
                entry_point.template,
                resources,
                len(text.encode()),
                diagnostics,
            )
        )
        progress()
    return builds
