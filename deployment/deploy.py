"""Deploys entry point by entry point, with the real Azure CLI."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from deployment.arm_errors import Explanation, explain
from deployment.azure_cli import AzureCli, Ended
from deployment.errors import DeploymentError, InterruptedDeploymentError
from deployment.failed_operations import failed_operations
from deployment.schedules import disable_schedule
from deployment.stacks import STACKS_API, leaving, schedules_among, stacks
from deployment.target import Target
from generator.render import EntryPoint

_LOGIN = re.compile(r"AADSTS\d+|(Expired|Invalid)AuthenticationToken")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an entry point."""

    entry_point: EntryPoint
    state: Literal["deployed", "failed", "not tried"]
    why: str = ""
    deleted: tuple[str, ...] = ()
    """Ids of what its stack deleted."""


def deploy(target: Target, az: AzureCli, note: Callable[[str], None]) -> list[Result]:
    """Deploy every entry point, the core first; plants do not depend on each other.

    Whatever succeeded before is deployed again: in place, which changes nothing that is in order
    and puts right what somebody changed since.

    Args:
        target: what is deployed, after its pre-flight.
        az: the Azure CLI, with the secrets.
        note: told what begins and how it ended.

    Raises:
        InterruptedDeploymentError: by the person, or whoever runs the command.
        DeploymentError: az cannot be started, or Azure did not let a schedule be disabled.
    """
    if target.wanted.as_stack:
        _disable_leaving(target, note)
    results: list[Result] = []
    total = len(target.entry_points)
    for number, entry_point in enumerate(target.entry_points, 1):
        name = entry_point.deployment_name
        note(f"[{number}/{total}] {name}: deploying")
        result, goes_on = _deploy(target, az, entry_point)
        note(f"[{number}/{total}] {name}: {result.state}{f': {result.why}' * bool(result.why)}")
        results.append(result)
        is_core = number == 1
        if result.state == "failed" and (is_core or not goes_on):
            rest = target.entry_points[number:]
            why = "the core failed" if is_core else "the failure before would meet it too"
            return [*results, *(Result(e, "not tried", why) for e in rest)]
    return results


def _disable_leaving(target: Target, note: Callable[[str], None]) -> None:
    for schedule in schedules_among(leaving(target, stacks(target))):
        if disable_schedule(target.azure, schedule):
            note(f"disabled {_last(schedule)}, which its stack deletes")


def _deploy(target: Target, az: AzureCli, entry_point: EntryPoint) -> tuple[Result, bool]:
    """Deploy one; the result, and whether another may succeed where it failed."""
    try:
        ended = az.run(*_command(target, entry_point))
    except KeyboardInterrupt:
        raise InterruptedDeploymentError(
            f"interrupted; {_may_go_on(target, entry_point)}"
        ) from None
    if ended.code == 0:
        return _of_answer(entry_point, ended), True
    causes = _explained(target, az, _with_resources(target, entry_point, ended)).causes
    why = "\n".join(cause.text for cause in causes)
    if any(_LOGIN.fullmatch(cause.code) for cause in causes):
        return Result(entry_point, "failed", why), False
    if not any(cause.code for cause in causes):
        # az, or the way to Azure: what the next entry point would meet as well.
        return Result(entry_point, "failed", f"{why}\n{_may_go_on(target, entry_point)}"), False
    return Result(entry_point, "failed", why), True


def _explained(target: Target, az: AzureCli, ended: Ended) -> Explanation:
    return explain(
        ended.errors or ended.output,
        target.wanted.origins,
        target.resources,
        secrets=az.secrets.values(),
    )


def _with_resources(target: Target, entry_point: EntryPoint, ended: Ended) -> Ended:
    """The same errors, but told by resource, where a deployment began and failed."""
    if not re.search(r"\b(ResourceDeploymentFailure|Deployment(Stack\w+)?Failed)\b", ended.errors):
        return ended
    try:
        deployment_id = _deployment_id(target, entry_point)
        found = list(failed_operations(target.azure, deployment_id)) if deployment_id else []
    except DeploymentError:
        return ended  # az has said why it failed; only where is missing
    return replace(ended, errors=json.dumps({"error": {"details": found}})) if found else ended


def _deployment_id(target: Target, entry_point: EntryPoint) -> str:
    name = entry_point.deployment_name
    if not target.wanted.as_stack:
        return f"{target.group}/providers/Microsoft.Resources/deployments/{name}"
    path = f"{target.group}/providers/Microsoft.Resources/deploymentStacks/{name}"
    stack = target.azure.get(path, STACKS_API)
    return str(stack["properties"].get("deploymentId") or "") if stack else ""


def _command(target: Target, entry_point: EntryPoint) -> Iterator[str]:
    folder = target.wanted.out / target.name
    yield from ("stack" if target.wanted.as_stack else "deployment", "group", "create")
    yield from ("--name", entry_point.deployment_name, *_place(target))
    yield from ("--parameters", str(folder / entry_point.parameters), "--output", "json")
    if target.wanted.as_stack:
        yield from ("--action-on-unmanage", "deleteResources", "--deny-settings-mode", "none")
        yield from ("--tags", *(f"{key}={value}" for key, value in target.tags.items()), "--yes")
    else:
        yield from ("--no-prompt", "true")


def _place(target: Target) -> Sequence[str]:
    return (
        *("--subscription", target.azure.subscription_id),
        *("--resource-group", target.environment.resource_group),
    )


def _of_answer(entry_point: EntryPoint, ended: Ended) -> Result:
    """What Azure answers: a stack tells what it deleted, and what it could not delete."""
    try:
        answer = json.loads(ended.output)
    except ValueError:
        first_line = ended.output.strip().partition("\n")[0]
        return Result(entry_point, "failed", f"az printed no JSON but {first_line[:200]!r}")
    deleted = tuple(str(r["id"]) for r in answer.get("deletedResources") or ())
    undeleted = [
        f"{_last(r['id'])} was not deleted: {(r.get('error') or {}).get('message', 'no reason')}"
        for r in answer.get("failedResources") or ()
    ]
    if undeleted:
        return Result(entry_point, "failed", "\n".join(undeleted), deleted)
    return Result(entry_point, "deployed", deleted=deleted)


def _last(resource_id: str) -> str:
    return resource_id.rpartition("/")[2]


def _may_go_on(target: Target, entry_point: EntryPoint) -> str:
    name, group = entry_point.deployment_name, target.environment.resource_group
    options = f"--resource-group {group} --name {name}"
    if target.wanted.as_stack:
        return (
            f"Azure goes on with the stack {name} if it has begun it. See `az stack group show "
            f"{options}`; the deployment that it names (`deploymentId`) can be cancelled. When it "
            "has ended, the same command continues"
        )
    return (
        f"Azure goes on with {name} if it has begun it. See `az deployment group show {options}`, "
        f"stop it with `az deployment group cancel {options}`. When it has ended, the same "
        "command continues"
    )
