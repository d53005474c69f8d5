"""Compares an environment with Azure, and prints it: for a terminal, as JSON, as Markdown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from cli.app import count
from cli.tables import text_table
from cli.verify_markdown import DIFFERING, markdown
from cli.verify_values import (
    before_and_after,
    changed_lines,
    is_long,
    resource_name,
    unreadable,
)
from deployment.bicep import BicepCompiler
from deployment.expected import expected_resources
from deployment.origin import Origins
from deployment.subscription import environment_manager
from deployment.verify.compare import Difference, Kind
from deployment.verify.result import State, Verification, Verified
from deployment.verify.verifying import verify
from generator.diagnostics import printable
from generator.loader import Configuration
from generator.render import Rendered

VerifyFormat = Literal["text", "json", "markdown"]
_NOTED: Final = (State.NOT_VALIDATED, State.COMPANION)


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """What is asked for."""

    configuration: Configuration
    rendered: Rendered
    out: Path
    compiler: BicepCompiler
    """An `expanding_compiler`."""
    style: VerifyFormat


@dataclass(frozen=True, slots=True)
class VerifyAnswer:
    """What is printed, and whether Azure holds what was rendered."""

    text: str
    is_in_sync: bool


def run_verify(request: VerifyRequest) -> VerifyAnswer:
    """Compare an environment with what Azure holds.

    Raises:
        BicepError: the compiler failed.
        DeploymentError: Azure cannot be reached, or gave no token.
    """
    rendered = request.rendered
    origins = Origins(request.configuration, rendered)
    with environment_manager(rendered.fleet) as manager:
        expected = expected_resources(
            rendered, request.out, manager.subscription_id, request.compiler
        )
        verification = verify(rendered.fleet, expected, manager, origins)
    return VerifyAnswer(written(verification, request.style), verification.is_in_sync)


def written(verification: Verification, style: VerifyFormat) -> str:
    """Write a verification."""
    return {"text": _text, "json": _json, "markdown": markdown}[style](verification)


def _json(verification: Verification) -> str:
    record = {
        "environment": verification.environment,
        "in_sync": verification.is_in_sync,
        "counts": {state.value: number for state, number in verification.counts.items()},
        "requests": verification.requests,
        "resources": [_resource_record(resource) for resource in verification.resources],
    }
    return json.dumps(record, indent=2)


def _resource_record(resource: Verified) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": resource.id,
        "type": resource.type,
        "name": resource.name,
        "state": resource.state.value,
        "differences": [_difference_record(d) for d in resource.differences],
    }
    if resource.note:
        record["note"] = resource.note
    if resource.place:
        record["place"] = resource.place
    return record


def _difference_record(difference: Difference) -> dict[str, Any]:
    record = {"property": difference.property, "kind": difference.kind.value}
    if difference.kind is not Kind.UNEXPECTED:
        record["expected"] = difference.expected
    if difference.kind is not Kind.MISSING:
        record["found"] = difference.found
    return record


def _text(verification: Verification) -> str:
    parts = []
    differing = verification.of(*DIFFERING)
    if differing:
        rows = [row for resource in differing for row in _rows(resource)]
        parts.append(text_table(("state", "resource", "property", "expected", "found"), rows))
        parts += _long_values(differing)
    if closed := unreadable(verification):
        rows = [(State.UNREADABLE.value, *row) for row in closed]
        parts.append(text_table(("state", "resources", "reason"), rows))
    noted = verification.of(*_NOTED)
    if noted:
        rows = [(r.state.value, resource_name(r), printable(r.note)) for r in noted]
        parts.append(text_table(("state", "resource", "note"), rows))
    states = ", ".join(f"{n} {state.value}" for state, n in verification.counts.items())
    requests = count(verification.requests, "request")
    parts.append(f"{verification.environment}: {states} ({requests})")
    return "\n\n".join(parts)


def _rows(resource: Verified) -> list[tuple[str, ...]]:
    """Write a row for each difference, and below the first where to change what is expected."""
    head = (resource.state.value, resource_name(resource))
    rows: list[tuple[str, ...]] = [
        (*(head if index == 0 else ("", "")), printable(d.property), *before_and_after(d))
        for index, d in enumerate(resource.differences)
    ] or [(*head, "", "", "")]
    if resource.place:
        rows.append(("", f"  {printable(resource.place)}", "", "", ""))
    return rows


def _long_values(resources: Sequence[Verified]) -> list[str]:
    return [
        "\n".join([f"{resource_name(r)} {printable(d.property)}:", *changed_lines(d)])
        for r in resources
        for d in r.differences
        if is_long(d)
    ]
