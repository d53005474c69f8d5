"""What Azure is doing already: deployments that run, and stacks."""

from collections.abc import Iterator

from deployment.preflight.check import Check
from deployment.stacks import Stack, data_among, leaving, left_stacks, moving, own_stacks, stacks
from deployment.target import Target

_DEPLOYMENTS_API = "2025-04-01"
_ACTIVE = frozenset(("accepted", "running", "deleting"))


def check_running(target: Target) -> Iterator[Check]:
    """Check that nobody deploys the same at this moment, and how it was deployed before."""
    found = stacks(target)
    names = {entry_point.deployment_name for entry_point in target.entry_points}
    group = target.environment.resource_group
    running = False
    path = f"{target.group}/providers/Microsoft.Resources/deployments"
    # Azure may take the filter or not: what it answers is looked at again.
    for item in target.azure.list(
        path, _DEPLOYMENTS_API, **{"$filter": "provisioningState eq 'Running'"}
    ):
        properties = item["properties"]
        if item["name"] in names and properties["provisioningState"].lower() in _ACTIVE:
            running = True
            yield _running(item["name"], f"since {properties.get('timestamp', 'a while')}", group)
    for stack in own_stacks(target, found):
        if stack.is_running:
            running = True
            yield Check(
                "running deployments",
                "refused",
                f"the stack {stack.name} is {stack.state} at this moment",
                "run this again when it has ended; see `az stack group show "
                f"--resource-group {group} --name {stack.name}`",
            )
    if not running:
        yield Check("running deployments", "ok", "none")
    yield from _stacks(target, found)


def _running(name: str, since: str, group: str) -> Check:
    options = f"--resource-group {group} --name {name}"
    return Check(
        "running deployments",
        "refused",
        f"{name} is being deployed {since}",
        f"run this again when it has ended (`az deployment group wait {options} --created`), or "
        f"stop it with `az deployment group cancel {options}`",
    )


def _stacks(target: Target, found: list[Stack]) -> Iterator[Check]:
    group = target.environment.resource_group
    detach = f"`az stack group delete --resource-group {group} --action-on-unmanage detachAll"
    ours = own_stacks(target, found)
    if ours and not target.wanted.as_stack:
        yield Check(
            "stacks",
            "refused",
            f"{target.name} is deployed by {len(ours)} stacks ({_names(ours)}); what a plain "
            "deployment adds would be in none of them",
            f"run with --stack, or give the stacks up with {detach} --name NAME`, which deletes "
            "no resource",
        )
        return
    moves = list(moving(target, found))
    if moves:
        stack, resource_id = moves[0]
        more = f" and {len(moves) - 1} more" if len(moves) > 1 else ""
        yield Check(
            "stacks",
            "refused",
            f"{resource_id.rpartition('/')[2]}{more} would leave the stack {stack.name} for "
            "another, and the one that is left deletes it",
            f"give that stack up first with {detach} --name {stack.name}`, which deletes no "
            "resource; the new stacks take everything over",
        )
        return
    data = data_among(leaving(target, found))
    if data:
        yield Check(
            "stacks",
            "refused",
            f"{', '.join(i.rpartition('/')[2] for i in data)}: no longer rendered, and the stack "
            "would delete it with its data",
            f"render it again, or give the stack up first with {detach} --name NAME`, which "
            "deletes no resource",
        )
    if target.wanted.as_stack:
        left = left_stacks(target, found)
        if left:
            yield Check(
                "stacks",
                "warning",
                f"{_names(left)}: no longer rendered; they keep what they manage",
                f"`mlmon prune --env {target.name}` shows what of it would go",
            )
        else:
            yield Check("stacks", "ok", f"{len(ours)} of {len(target.entry_points)} exist")


def _names(found: list[Stack]) -> str:
    names = [stack.name for stack in found]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
