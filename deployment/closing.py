"""What a human still has to do after a deployment: only what applies, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deployment.link import Link
from deployment.prune.plan import make_plan
from deployment.prune.reading import read_holdings
from deployment.resource_id import key, parse
from deployment.stacks import left_stacks, stacks
from deployment.target import Target
from generator.models.action_groups import ActionGroup

_GROUPS_API: Final = "2023-01-01"
_GUIDE: Final = "docs/deployment.md"


@dataclass(frozen=True, slots=True)
class Receivers:
    """Whom action groups tell: pairs of the group's name in lower case and the receiver."""

    emails: frozenset[str]
    """Addresses in lower case; a confirmation holds for all groups."""
    webhooks: frozenset[tuple[str, str]]


def live_receivers(target: Target) -> Receivers:
    """Read who is told before the deployment.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    path = f"{target.group}/providers/Microsoft.Insights/actionGroups"
    groups: list[Mapping[str, Any]] = list(target.azure.list(path, _GROUPS_API))
    return Receivers(
        frozenset(
            str(receiver["emailAddress"]).lower()
            for group in groups
            for receiver in group["properties"].get("emailReceivers") or ()
        ),
        frozenset(
            (str(group["name"]).lower(), str(receiver["name"]))
            for group in groups
            for receiver in group["properties"].get("webhookReceivers") or ()
        ),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What is this environment's own, in Azure, and no longer rendered."""

    stacks: tuple[str, ...] = ()
    """Names of stacks."""
    resources: tuple[str, ...] = ()
    """Ids of what no stack manages, such as what one failed to delete."""
    unread: tuple[str, ...] = ()
    """Why something could not be looked at, a sentence each."""


def left_by_stacks(target: Target) -> Left:
    """Find what the stacks of an environment leave there.

    Azure tells what a stack failed to delete only in its answer to that deployment; the next one
    of the same stack knows nothing of it.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    fleet = target.rendered.fleet
    plan = make_plan(target.resources, read_holdings(target.azure, fleet), fleet)
    gone = left_stacks(target, stacks(target))
    managed = {resource_id for stack in gone for resource_id in stack.resources}
    return Left(
        tuple(stack.name for stack in gone),
        tuple(item.id for item in plan.leaving if key(item.id) not in managed),
        plan.unreadable,
    )


def closing_page(target: Target, before: Receivers, link: Link, left: Left) -> str:
    """Write what is left to do; empty if nothing is.

    Args:
        target: what was deployed.
        before: who was told before.
        link: what became of the workspace's link to Application Insights.
        left: what is no longer rendered.
    """
    groups = target.rendered.fleet.action_groups
    items = [
        *_emails(groups, before),
        *_webhooks(groups, before),
        *_link(target, link),
        *_first(target),
        *_left(target, left),
    ]
    return "\n".join(["# Left to do", "", *items]) if items else ""


def _emails(groups: Sequence[ActionGroup], before: Receivers) -> Iterator[str]:
    addresses = {r.email_address.lower() for g in groups for r in g.email_receivers}
    for address in sorted(addresses - before.emails):
        yield (
            f"- **{address}**: enter the code that Azure sends to it within 30 minutes; until "
            "then it gets nothing."
        )


def _webhooks(groups: Sequence[ActionGroup], before: Receivers) -> Iterator[str]:
    for group in groups:
        for receiver in group.webhook_receivers:
            if (group.name.lower(), receiver.name) not in before.webhooks:
                yield (
                    f"- **{receiver.name}** of {group.name}: for a Teams channel, register the "
                    f"workflow that turns an alert into a card ({_GUIDE}, A Teams channel)."
                )


def _link(target: Target, link: Link) -> Iterator[str]:
    workspace = target.environment.machine_learning.workspace
    if link.state == "another":
        yield (
            f"- **{workspace}** stays linked to {link.why}: to link it to "
            f"{target.environment.application_insights.name}, set "
            "`machine_learning.replace_application_insights: true` and deploy again."
        )
    elif link.state == "failed":
        yield (
            f"- **{workspace}** could not be linked to Application Insights ({link.why}): somebody "
            f"who may write the workspace does it ({_GUIDE}, Link the Azure ML workspace)."
        )


def _first(target: Target) -> Iterator[str]:
    if not target.wanted.is_first:
        return
    rules = len(target.rendered.rules)
    if rules:
        yield (
            f"- **{rules} rules** were deployed without validation of their queries. When the "
            f"tables have data, run `mlmon deploy --env {target.name}`; `mlmon verify` lists what "
            "is not validated."
        )
    component = target.environment.application_insights.name
    yield (
        f"- **Jobs** need the connection string of {component} in the variable "
        "`APPLICATIONINSIGHTS_CONNECTION_STRING`."
    )
    insights, roles = target.environment.application_insights, target.environment.roles
    if not insights.local_authentication and not roles.metrics_publishers:
        yield (
            f"- **Nobody may send** to {component}: name the identities of the jobs in "
            "`roles.metrics_publishers`."
        )


def _left(target: Target, left: Left) -> Iterator[str]:
    prune = f"`mlmon prune --env {target.name}` shows what would go."
    for name in left.stacks:
        yield (
            f"- **The stack {name}** is no longer rendered, and what it manages still runs: {prune}"
        )
    if left.resources:
        names = [parse(resource_id).name for resource_id in left.resources]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        verb, noun = ("is", "resource") if len(names) == 1 else ("are", "resources")
        yield (
            f"- **{len(names)} {noun}** ({', '.join(names[:3])}{more}) {verb} left, in no stack "
            f"and no longer rendered: {prune}"
        )
    for problem in left.unread:
        yield f"- **Whether anything is left** is not known in full: {problem}"
