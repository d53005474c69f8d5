"""What a human still has to do after a deployment: only what applies, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deployment.link import Link
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


def closing_page(target: Target, before: Receivers, link: Link, left: Sequence[str]) -> str:
    """Write what is left to do; empty if nothing is.

    Args:
        target: what was deployed.
        before: who was told before.
        link: what became of the workspace's link to Application Insights.
        left: names of stacks that are no longer rendered.
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


def _left(target: Target, left: Sequence[str]) -> Iterator[str]:
    for name in left:
        yield (
            f"- **The stack {name}** is no longer rendered, and what it manages still runs: "
            f"`mlmon prune --env {target.name}` shows what would go."
        )
