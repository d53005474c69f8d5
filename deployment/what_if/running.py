"""Asks Azure, by the Azure CLI, what a deployment of an environment would change."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deployment import resource_id
from deployment.arm_errors import Cause, explain
from deployment.azure_cli import AzureCli
from deployment.bicep import BicepError
from deployment.errors import DeploymentError
from deployment.expected import ExpectedResource, expected_resources
from deployment.origin import Origins
from deployment.what_if.reading import Answer, read
from deployment.what_if.result import WhatIf, assemble
from generator.render import EntryPoint, Rendered

_NO_STACK = ("DeploymentStackNotFound", "ResourceNotFound", "could not be found")


def what_if(
    rendered: Rendered,
    out: Path,
    az: AzureCli,
    origins: Origins,
    note: Callable[[str], None],
    *,
    stack: bool = False,
) -> WhatIf:
    """Tell what a deployment of what was rendered would change; nothing is changed.

    Args:
        rendered: what stands in the folder, unchanged.
        out: the folder of all environments.
        az: signed in to the right subscription.
        origins: of the environment's resources.
        note: told what is about to run.
        stack: also tell what the deployment stack of each entry point would delete.

    Raises:
        DeploymentError: the Bicep CLI is missing, or Azure refused; all entry points at once.
    """
    try:
        account = az.account()
        expected = list(expected_resources(rendered, out, account.subscription_id))
    except BicepError as error:
        raise DeploymentError(str(error), 2) from None
    secrets = [os.environ.get(s, "") for e in rendered.entry_points for s in e.secrets]
    answers: list[Answer] = []
    unstacked: list[str] = []
    refused: dict[Cause, list[Path]] = {}
    number = len(rendered.entry_points)
    for index, entry_point in enumerate(rendered.entry_points, 1):
        template = out / rendered.fleet.name / entry_point.template
        note(f"[{index}/{number}] what-if: {template}")
        try:
            answers.append(read(_ask(rendered, out, az, entry_point)))
            if stack:
                unstacked += _leaving(rendered, az, entry_point, expected)
        except _RefusedError as error:
            for cause in explain(error.text, origins, expected, secrets=secrets).causes:
                refused.setdefault(cause, []).append(template)
    if refused:
        raise DeploymentError("\n".join(told_once(refused, number)))
    return assemble(
        rendered.fleet.name, answers, expected, origins, unstacked=unstacked, secrets=secrets
    )


def told_once(refused: Mapping[Cause, Sequence[Path]], number: int) -> Iterator[str]:
    """Tell every cause once, with the templates that met it, of `number` in all."""
    for cause, templates in refused.items():
        met_by_all = 1 < number == len(templates)
        where = "every entry point" if met_by_all else ", ".join(map(str, templates))
        yield f"{where}: {cause.text}"


class _RefusedError(Exception):
    """What the Azure CLI printed when it failed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def _ask(rendered: Rendered, out: Path, az: AzureCli, entry_point: EntryPoint) -> Any:
    ended = az.run(
        *("deployment", "group", "what-if"),
        *("--resource-group", rendered.fleet.environment.resource_group),
        *("--name", entry_point.deployment_name),
        *("--parameters", str(out / rendered.fleet.name / entry_point.parameters)),
        *("--no-pretty-print", "--output", "json"),
    )
    if ended.code != 0:
        raise _RefusedError(ended.errors or ended.output)
    return _json(ended.output)


def _leaving(
    rendered: Rendered, az: AzureCli, entry_point: EntryPoint, expected: list[ExpectedResource]
) -> Iterator[str]:
    """Tell what the entry point's stack holds and its template does not."""
    ended = az.run(
        *("stack", "group", "show"),
        *("--resource-group", rendered.fleet.environment.resource_group),
        *("--name", entry_point.deployment_name),
        *("--output", "json"),
    )
    if ended.code != 0:
        if any(sign in ended.errors for sign in _NO_STACK):
            return
        raise _RefusedError(ended.errors or ended.output)
    own = {
        resource_id.key(r.id)
        for r in expected
        if r.entry_point.deployment_name == entry_point.deployment_name
    }
    for resource in _json(ended.output).get("resources") or ():
        if resource_id.key(resource["id"]) not in own:
            yield resource["id"]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        first = text.strip().partition("\n")[0]
        raise DeploymentError(f"az printed no JSON but {first[:200]!r}") from None
