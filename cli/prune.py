"""What `mlmon prune` does and prints."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.tables import text_table
from deployment.errors import DeploymentError, InterruptedDeploymentError
from deployment.expected import expected_resources
from deployment.prune.deleting import Outcome, Result, carry_out
from deployment.prune.plan import Plan, make_plan
from deployment.prune.reading import read_holdings
from deployment.resource_id import parse, words
from deployment.subscription import environment_manager
from generator.diagnostics import printable
from generator.render import Rendered


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """What is asked for."""

    rendered: Rendered
    out: Path
    deletes: bool
    """False: only tell."""
    more_than_a_tenth: bool
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class PruneAnswer:
    """What is printed, what is said beside it, and whether nothing is left to do."""

    text: str
    note: str
    is_clean: bool


def run_prune(request: PruneRequest, note: Callable[[str], None]) -> PruneAnswer:
    """Compare Azure with what is rendered, and delete what is left over if asked to.

    Raises:
        DeploymentError: Azure cannot be reached, too much would go, or it was interrupted.
        BicepError: the compiler is missing, or it failed.
    """
    fleet = request.rendered.fleet
    with environment_manager(fleet) as manager:
        expected = expected_resources(request.rendered, request.out, manager.subscription_id)
        plan = make_plan(expected, read_holdings(manager, fleet), fleet)
        if not request.deletes:
            return _dry_run(plan, request)
        refusal = plan.refusal(more_than_a_tenth=request.more_than_a_tenth)
        if refusal:
            raise DeploymentError(f"{refusal}; nothing was deleted")
        try:
            outcomes = carry_out(plan, fleet, manager, lambda outcome: note(_line(outcome)))
        except KeyboardInterrupt:
            raise InterruptedDeploymentError(
                "interrupted; what is deleted stays so, Azure may go on with what was being "
                "deleted, and the same command continues"
            ) from None
    failed = sum(outcome.result is not Result.DELETED for outcome in outcomes)
    said = "" if not failed else f"{failed} were not deleted; correct the cause and run again"
    rows = [*_rows(outcomes), *_kept(plan)]
    return _answer(plan, rows, said, request.style, is_dry=False, failed=failed)


def _dry_run(plan: Plan, request: PruneRequest) -> PruneAnswer:
    going = [*(stack.id for stack in plan.stacks), *(item.id for item in plan.leaving)]
    rows = [(resource_id, "would be deleted", "") for resource_id in going] + _kept(plan)
    refusal = plan.refusal(more_than_a_tenth=request.more_than_a_tenth)
    said = ""
    if going:
        said = "nothing was deleted; --yes deletes"
        said += f", but now it would refuse: {refusal}" if refusal else ""
    return _answer(plan, rows, said, request.style, is_dry=True, failed=len(going))


def _answer(
    plan: Plan,
    rows: Sequence[tuple[str, str, str]],
    said: str,
    style: Literal["text", "json"],
    *,
    is_dry: bool,
    failed: int,
) -> PruneAnswer:
    text = _json(plan, rows, is_dry=is_dry) if style == "json" else _text(plan, rows)
    return PruneAnswer(text, said, not failed and not plan.unreadable)


def _rows(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str]]:
    return [(outcome.id, outcome.result.value, outcome.reason) for outcome in outcomes]


def _kept(plan: Plan) -> list[tuple[str, str, str]]:
    return [(kept.id, Result.KEPT.value, kept.reason) for kept in plan.kept]


def _line(outcome: Outcome) -> str:
    reason = f": {outcome.reason}" if outcome.reason else ""
    return printable(f"{outcome.result}: {outcome.id}{reason}")


def _text(plan: Plan, rows: Sequence[tuple[str, str, str]]) -> str:
    lines = []
    if rows:
        shown = [
            (what, words(parse(i).type), printable(parse(i).name), printable(reason))
            for i, what, reason in rows
        ]
        lines.append(text_table(("result", "type", "name", "reason"), shown))
    else:
        lines.append(f"{plan.environment}: all {plan.ours} resources of ours are rendered.")
    lines += [f"not read: {printable(problem)}" for problem in plan.unreadable]
    return "\n".join(lines)


def _json(plan: Plan, rows: Sequence[tuple[str, str, str]], *, is_dry: bool) -> str:
    content = {
        "environment": plan.environment,
        "dry_run": is_dry,
        "ours": plan.ours,
        "rendered": plan.rendered,
        "resources": [
            {"id": resource_id, "result": what, "reason": reason}
            for resource_id, what, reason in rows
        ],
        "unreadable": list(plan.unreadable),
    }
    return json.dumps(content, indent=2)
