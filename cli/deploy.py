"""Deploys an environment and tells a person how it goes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType

import typer
from rich.console import Console
from rich.text import Text

from cli.app import USAGE, count, note, print_result
from cli.tables import text_table
from deployment.azure_cli import AzureCli, azure_cli_credential, find_azure_cli
from deployment.bicep import BicepError, find_bicep
from deployment.closing import Left, Receivers, closing_page, left_by_stacks, live_receivers
from deployment.component import is_registered, needed_component, register_component
from deployment.deploy import Result, deploy
from deployment.errors import DeploymentError, InterruptedDeploymentError
from deployment.link import link_workspace
from deployment.preflight import Check, check_azure, check_here, is_refused
from deployment.preflight.tools import bicep_variables
from deployment.resource_manager import resource_manager
from deployment.secret_values import read_secrets
from deployment.target import Target, Wanted, make_target
from deployment.what_if import text as changes_text
from deployment.what_if import what_if
from generator.diagnostics import printable


@dataclass(frozen=True, slots=True)
class DeployRequest:
    """What is asked for."""

    wanted: Wanted
    is_confirmed: bool
    """Whether a person is shown the changes and asked."""


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells a person what goes on; `passing` is shown only while it lasts, on a terminal."""

    lasting: Callable[[str], None]
    passing: Callable[[str], None]


def run_deploy(request: DeployRequest) -> bool:
    """Check, deploy, and print what became of each entry point; True if all is deployed.

    Raises:
        DeploymentError: it could not be started, or was interrupted.
        BicepError: the compiler is missing, or it failed.
    """
    with _interruptible("interrupted before anything was deployed"):
        return _check_and_deploy(request)


def _check_and_deploy(request: DeployRequest) -> bool:
    wanted = request.wanted
    az = find_azure_cli()
    credential = azure_cli_credential()
    secrets, missing = read_secrets(wanted.rendered, os.environ)
    az = replace(az, secrets=secrets, variables=_variables(wanted))
    with _telling() as tell:
        tell.passing("looking at tools, secrets and login")
        checks, account = check_here(wanted.rendered, az, missing)
    if account is None:
        return _refused(checks)
    with resource_manager(credential, account.subscription_id) as azure:
        with _telling() as tell:
            tell.passing("compiling")
            target = make_target(wanted, account, azure)
            checks += check_azure(target, lambda what: tell.passing(f"looking at {what}"))
        if is_refused(checks):
            return _refused(checks)
        print_checks(checks)
        if request.is_confirmed and not _is_agreed(target, az):
            note("mlmon: nothing was deployed")
            return False
        before = live_receivers(target)
        with _interruptible(
            "interrupted between two steps; what is deployed stays, and the same command continues"
        ):
            return _deploy(target, az, before)


def _deploy(target: Target, az: AzureCli, before: Receivers) -> bool:
    with _telling() as tell:
        component = needed_component(target)
        if component is not None and not is_registered(target, component):
            tell.lasting(f"registering {component.name} {component.version}")
            register_component(target)
        results = deploy(target, az, tell.lasting)
        is_done = all(result.state == "deployed" for result in results)
        link = link_workspace(target) if results[0].state == "deployed" else None
    print_result(_results(results))
    if is_done and link is not None:
        left = left_by_stacks(target) if target.wanted.as_stack else Left()
        page = closing_page(target, before, link, left)
        print_result(f"\n{page}" if page else "")
    elif not is_done:
        note("mlmon: correct the cause and run the same command again")
    return is_done


def _is_agreed(target: Target, az: AzureCli) -> bool:
    if not sys.stdin.isatty():
        raise DeploymentError("--confirm asks a person, and nobody is at a terminal", USAGE)
    wanted = target.wanted
    changes = what_if(wanted.rendered, wanted.out, az, wanted.origins, note, stack=wanted.as_stack)
    print_result(changes_text(changes, everything=False))
    return typer.confirm(f"Deploy {target.name}?", err=True)


def _variables(wanted: Wanted) -> dict[str, str]:
    try:
        bicep = bicep_variables(find_bicep())
    except BicepError:
        bicep = {}  # the pre-flight says so
    return {**bicep, "MLMON_SKIP_QUERY_VALIDATION": str(wanted.is_first).lower()}


@contextmanager
def _telling() -> Iterator[_Teller]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Teller(lambda text: note(_printable(text)), lambda _: None)
        return
    with console.status("") as status:

        def lasting(text: str) -> None:
            console.print(Text(_printable(text)))
            status.update(Text(printable(text)))

        yield _Teller(lasting, lambda text: status.update(Text(printable(text))))


@contextmanager
def _interruptible(message: str) -> Iterator[None]:
    """Say what became of it, also when a pipeline is cancelled (SIGTERM) and not only at Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedDeploymentError(message) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def print_checks(checks: Sequence[Check]) -> None:
    """Print what was found: a table on a terminal, else only what needs attention."""
    if sys.stderr.isatty():
        rows = [(c.name, c.state, printable(c.found), printable(c.advice)) for c in checks]
        note(text_table(("check", "state", "found", "what to do"), rows) + "\n")
        return
    for check in checks:
        if check.state in ("refused", "warning"):
            advice = f"; {check.advice}" if check.advice else ""
            note(f"{check.state}: {check.name}: {printable(check.found)}{printable(advice)}")
    note(f"pre-flight: {count(len(checks), 'check')}, {_tally(checks)}")


def _tally(checks: Sequence[Check]) -> str:
    states = [check.state for check in checks]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))


def _refused(checks: Sequence[Check]) -> bool:
    print_checks(checks)
    note("mlmon: nothing was deployed")
    return False


def _results(results: Sequence[Result]) -> str:
    lines = []
    for result in results:
        name, why = result.entry_point.deployment_name, _printable(result.why)
        lines.append(f"{name}: {result.state}{f': {why}' if why else ''}")
        lines += [f"  deleted {resource_id.rpartition('/')[2]}" for resource_id in result.deleted]
    return "\n".join(lines)


def _printable(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
