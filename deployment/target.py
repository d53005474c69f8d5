"""Where an environment is deployed, and what is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deployment.azure_cli import Account
from deployment.bicep import BicepCompiler
from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource, expected_resources
from deployment.origin import Origins
from deployment.places import component_id, machine_learning_id, named_group_id
from deployment.resource_manager import ResourceManager
from generator import conventions
from generator.models.environments import Environment
from generator.render import EntryPoint, Rendered


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be deployed, and how."""

    rendered: Rendered
    out: Path
    """The folder of all environments."""
    origins: Origins
    is_first: bool = False
    """Whether rules are not validated, and the resource group may hold nothing of ours."""
    as_stack: bool = False


@dataclass(frozen=True)
class Target:
    """What shall be deployed, expanded, and the subscription that it goes to."""

    wanted: Wanted
    account: Account
    azure: ResourceManager
    resources: tuple[ExpectedResource, ...]
    template_bytes: Mapping[str, int]
    """Size of each compiled entry point, by its template."""

    @property
    def rendered(self) -> Rendered:
        """What stands in the folder."""
        return self.wanted.rendered

    @property
    def name(self) -> str:
        """Name of the environment."""
        return self.rendered.fleet.name

    @property
    def environment(self) -> Environment:
        """Its settings."""
        return self.rendered.fleet.environment

    @property
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """In the order in which they are deployed."""
        return self.rendered.entry_points

    @property
    def groups(self) -> tuple[str, ...]:
        """The resource group of the environment, then that of the Azure ML workspace if another."""
        environment = self.environment
        names = (environment.resource_group, environment.machine_learning_group)
        return names[:1] if names[0].lower() == names[1].lower() else names

    @property
    def group(self) -> str:
        """Id of the resource group of the environment."""
        return self.group_id(self.environment.resource_group)

    @property
    def workspace(self) -> str:
        """Id of the Azure ML workspace."""
        return machine_learning_id(self.rendered.fleet, self.azure.subscription)

    @property
    def component(self) -> str:
        """Id of the Application Insights component."""
        return component_id(self.rendered.fleet, self.azure.subscription)

    @cached_property
    def by_id(self) -> Mapping[str, ExpectedResource]:
        """What is deployed, by its id in lower case, as Azure changes the case of ids."""
        return {resource.id.lower(): resource for resource in self.resources}

    @property
    def tags(self) -> Mapping[str, str]:
        """What tells that a resource is of this environment."""
        return {"managed-by": conventions.MANAGED_BY, "environment": self.name}

    def group_id(self, name: str) -> str:
        """Id of a resource group."""
        return named_group_id(name, self.azure.subscription)


def make_target(wanted: Wanted, account: Account, azure: ResourceManager) -> Target:
    """Compile and expand what shall be deployed.

    Raises:
        DeploymentError: it does not compile.
        BicepError: the compiler is missing, or it failed.
    """
    sizes = {}
    folder = wanted.out / wanted.rendered.fleet.name
    with BicepCompiler() as compiler:
        for entry_point in wanted.rendered.entry_points:
            compiled, _ = compiler.compile_parameters(folder / entry_point.parameters)
            if compiled.template is None:
                raise DeploymentError("\n".join(compiled.diagnostics))
            sizes[entry_point.template] = len(compiled.template.encode())
    resources = tuple(expected_resources(wanted.rendered, wanted.out, account.subscription_id))
    return Target(wanted, account, azure, resources, sizes)
