"""The preprocessing component: there, or ready to be registered."""

from collections.abc import Iterator

from deployment.component import can_register, is_registered, is_shipped, needed_component
from deployment.preflight.check import Check
from deployment.target import Target

_NAME = "preprocessing component"


def check_component(target: Target) -> Iterator[Check]:
    """Check that the component that monitors name is registered, or can be."""
    component = needed_component(target)
    if component is None:
        return
    name = f"{component.name} {component.version}"
    if is_registered(target, component):
        yield Check(_NAME, "ok", f"{name} is registered")
    elif not is_shipped(component):
        yield Check(
            _NAME,
            "refused",
            f"{name} is not registered in {target.environment.machine_learning.workspace}, and it "
            "is not the one that is shipped",
            "register it with `az ml component create`, or correct `preprocessing_component`",
        )
    elif not can_register():
        yield Check(
            _NAME,
            "refused",
            f"{name} is not registered, and azure-ai-ml, which registers it, is not installed",
            "run `pip install 'mlmon[azureml]'`",
        )
    else:
        yield Check(_NAME, "ok", f"{name} will be registered")
