"""Monitors in the Azure ML workspace, which other environments and teams may share."""

from collections.abc import Iterator
from typing import Any

from deployment.expected import ExpectedResource
from deployment.preflight.check import Check
from deployment.prune.ownership import is_ours, ownership_of
from deployment.stacks import schedules_among
from deployment.target import Target


def check_monitors(target: Target) -> Iterator[Check]:
    """Check that no schedule would be overwritten that is not this environment's own."""
    wanted = schedules_among(list(target.by_id))
    if not wanted:
        return
    row = ownership_of(wanted[0])
    assert row is not None  # noqa: S101 - a schedule is rendered, so its type has a row
    foreign = [
        (expected, schedule)
        # Disabled schedules are left out unless asked for.
        for schedule in target.azure.list(
            f"{target.workspace}/schedules", row.api_version, listViewType="All"
        )
        if (expected := target.by_id.get(str(schedule["id"]).lower())) is not None
        and not is_ours(schedule, target.rendered.fleet)
    ]
    workspace = target.environment.machine_learning.workspace
    if not foreign:
        yield Check("monitors", "ok", f"{len(wanted)} are free or ours in {workspace}")
        return
    told = "; ".join(_told(expected, schedule) for expected, schedule in foreign[:3])
    more = f"; and {len(foreign) - 3} more" if len(foreign) > 3 else ""
    yield Check(
        "monitors",
        "refused",
        f"{workspace} has schedules of others that would be overwritten: {told}{more}",
        "choose other circuit ids, or an Azure ML workspace of its own in "
        f"environments/{target.name}.yaml; one that is of no use to anybody is disabled and "
        "deleted in Azure ML",
    )


def _told(expected: ExpectedResource, found: dict[str, Any]) -> str:
    """Name a schedule and, by its tags, whose it is: what it has otherwise than ours would."""
    ours = expected.body["properties"]["tags"]
    theirs = found["properties"].get("tags") or {}
    other = [f"{k}: {theirs[k]}" for k in sorted(ours) if k in theirs and theirs[k] != ours[k]]
    missing = [k for k in sorted(ours) if k not in theirs]
    why = other or [f"without {k}" for k in missing] or ["no monitor"]
    return f"{expected.id.rpartition('/')[2]} ({', '.join(why)})"
