"""Resource groups and the Azure ML workspace: there, and nobody else's."""

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence

from deployment.places import MACHINE_LEARNING_API, RESOURCES_API
from deployment.preflight.check import Check
from deployment.target import Target
from generator import azure, conventions

_DIAGNOSTICS_API = "2021-05-01-preview"
# Azure makes the rule of Failure Anomalies by itself, without tags, once the component is there.
_MADE_BY_AZURE = frozenset(("microsoft.alertsmanagement/smartdetectoralertrules",))
# https://learn.microsoft.com/azure/azure-resource-manager/management/resources-without-resource-group-limit
_WITHOUT_LIMIT = frozenset(("microsoft.insights/scheduledqueryrules",))


def check_groups(target: Target) -> Iterator[Check]:
    """Check that the resource groups exist, that the workspace does, and whose they are."""
    missing = [
        name for name in target.groups if not target.azure.get(target.group_id(name), RESOURCES_API)
    ]
    for name in target.groups:
        yield _group(target, name, name in missing)
    if target.environment.resource_group not in missing:
        yield from _ownership(target)
    if target.environment.machine_learning_group not in missing:
        yield from _workspace(target)


def _group(target: Target, name: str, is_missing: bool) -> Check:
    if not is_missing:
        return Check("resource group", "ok", name)
    path = f"{target.azure.subscription}/resourcegroups"
    names = [str(group["name"]) for group in target.azure.list(path, RESOURCES_API)]
    return Check(
        "resource group",
        "refused",
        f"the subscription {target.account.subscription} has no resource group {name}"
        f"{_did_you_mean(name, names)}",
        f"correct environments/{target.name}.yaml, sign in to the subscription that has it, or "
        f"run `az group create --name {name} --location {target.environment.location}`",
    )


def _ownership(target: Target) -> Iterator[Check]:
    group = target.environment.resource_group
    found = list(target.azure.list(f"{target.group}/resources", RESOURCES_API))
    tagged = [r for r in found if _tag(r, "managed-by") == conventions.MANAGED_BY]
    foreign = sorted({_tag(r, "environment") for r in tagged} - {target.name})
    ours = [r for r in tagged if _tag(r, "environment") == target.name]
    if foreign:
        yield Check(
            "ownership",
            "refused",
            f"{group} holds resources of {', '.join(f or 'an unnamed one' for f in foreign)}, and "
            "a resource group has one environment",
            f"correct `resource_group` in environments/{target.name}.yaml",
        )
        return
    others = _other_owners(target, ours)
    taken = [
        str(r["id"])
        for r in found
        if r not in ours
        and str(r["id"]).lower() in target.by_id
        and str(r["type"]).lower() not in _MADE_BY_AZURE
    ]
    if taken:
        tags = " ".join(f"{k}={shlex.quote(v)}" for k, v in _all_tags(target).items())
        yield Check(
            "ownership",
            "refused",
            f"{_few(taken)} would be overwritten, and {_does(taken)} not carry the tags of "
            f"{target.name}",
            f"choose other names, or take over what is yours: `az tag update --operation merge "
            f"--tags {tags} --resource-id ID`",
        )
    elif others and not target.wanted.is_first:
        yield Check(
            "ownership",
            "refused",
            f"{group} holds {target.name} of {', '.join(others)}",
            "if its owner changed, run with --first; else correct `resource_group` in "
            f"environments/{target.name}.yaml",
        )
    elif not ours and not target.wanted.is_first:
        yield Check(
            "ownership",
            "refused",
            f"{group} holds nothing of {target.name} yet",
            "if that is the right resource group, run with --first",
        )
    else:
        yield Check("ownership", "ok", f"{len(ours)} resources of {target.name} in {group}")
    yield from _instances(target, found)


def _all_tags(target: Target) -> Mapping[str, str]:
    return {**target.tags, "owner": target.environment.owner}


def _other_owners(target: Target, tagged: Sequence[dict[str, object]]) -> list[str]:
    """Owners of an environment of the same name, if this group is theirs.

    What is left over of a former owner does not count, once everything that is rendered is ours.
    """
    wanted = target.environment.owner.casefold()
    # Resources of a version that wrote no owner have none.
    owners = {str(r["id"]).lower(): _tag(r, "owner") for r in tagged if _tag(r, "owner")}
    others = {i: owner for i, owner in owners.items() if owner.casefold() != wanted}
    is_settled = len(others) < len(owners) and others.keys().isdisjoint(target.by_id)
    return [] if is_settled else sorted(set(others.values()))


def _instances(target: Target, found: Sequence[dict[str, object]]) -> Iterator[Check]:
    group = target.group.lower()
    ids: dict[str, set[str]] = {}
    for resource_id, kind in [
        *((str(r["id"]), str(r["type"])) for r in found),
        *((r.id, r.type) for r in target.resources if r.id.lower().startswith(f"{group}/")),
    ]:
        if kind.count("/") == 1 and kind.lower() not in _WITHOUT_LIMIT:
            ids.setdefault(kind.lower(), set()).add(resource_id.lower())
    for kind, names in sorted(ids.items()):
        if len(names) > azure.MAX_INSTANCES:
            yield Check(
                "limits",
                "refused",
                f"{len(names)} resources of type {kind} in one resource group, and Azure takes "
                f"{azure.MAX_INSTANCES}",
                "use a resource group of its own",
            )


def _workspace(target: Target) -> Iterator[Check]:
    name, group = target.environment.machine_learning.workspace, target.groups[-1]
    if target.azure.get(target.workspace, MACHINE_LEARNING_API) is None:
        path = f"{target.group_id(group)}/providers/Microsoft.MachineLearningServices/workspaces"
        names = [str(w["name"]) for w in target.azure.list(path, MACHINE_LEARNING_API)]
        yield Check(
            "Azure ML workspace",
            "refused",
            f"{group} has no Azure ML workspace {name}{_did_you_mean(name, names)}",
            f"correct `machine_learning` in environments/{target.name}.yaml",
        )
        return
    for setting in target.resources:
        if setting.type.lower() == "microsoft.insights/diagnosticsettings":
            found = target.azure.get(setting.id, _DIAGNOSTICS_API)
            sends_to = found["properties"].get("workspaceId") if found else None
            ours = setting.body["properties"]["workspaceId"]
            if sends_to and sends_to.lower() != ours.lower():
                yield Check(
                    "Azure ML workspace",
                    "refused",
                    f"{name} is monitored from elsewhere: its diagnostic setting "
                    f"`{setting.id.rpartition('/')[2]}` sends to {sends_to}",
                    f"correct `machine_learning` in environments/{target.name}.yaml, or delete "
                    "that setting",
                )
                return
    yield Check("Azure ML workspace", "ok", name)


def _tag(resource: dict[str, object], name: str) -> str:
    tags = resource.get("tags")
    if not isinstance(tags, dict):
        return ""
    return str({key.lower(): value for key, value in tags.items()}.get(name, ""))


def _did_you_mean(name: str, names: Sequence[str]) -> str:
    by_lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(name.lower(), by_lower, 1)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def _few(ids: Sequence[str]) -> str:
    names = [i.rpartition("/")[2] for i in ids[:3]]
    more = f" and {len(ids) - len(names)} more" if len(ids) > len(names) else ""
    return ", ".join(names) + more


def _does(ids: Sequence[str]) -> str:
    return "does" if len(ids) == 1 else "do"
