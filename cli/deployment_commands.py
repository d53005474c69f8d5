"""Commands that reach Azure."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.app import (
    CONFIG,
    FINDINGS,
    OUT,
    ConfigOption,
    OutOption,
    TableFormatOption,
    app,
    fail,
    note,
    print_result,
    rendered_environments,
    require_fresh,
    validated_configuration,
)
from cli.what_if import WhatIfFormat

if TYPE_CHECKING:
    from generator.loader import Configuration


@app.command("what-if")
def what_if(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
    style: Annotated[WhatIfFormat, typer.Option("--format", help="How to print.")] = "text",
    everything: Annotated[
        bool, typer.Option("--all", help="Also list what is known noise, and why.")
    ] = False,
    stack: Annotated[
        bool, typer.Option("--stack", help="Also show what a deployment stack would delete.")
    ] = False,
) -> None:
    """Show what a deployment would change (`az deployment group what-if`); nothing is changed."""
    from cli.what_if import run

    run(env, config, out, style, everything=everything, stack=stack)


@app.command()
def deploy(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    first: Annotated[
        bool,
        typer.Option(
            "--first",
            help="First deployment: the resource group may hold nothing of this environment yet, "
            "and rules are not validated, as their tables have no data.",
        ),
    ] = False,
    stack: Annotated[
        bool,
        typer.Option("--stack", help="Deploy stacks, which delete what is no longer rendered."),
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Show what would change, and ask.")
    ] = False,
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Check everything that can go wrong, then deploy what was rendered with the Azure CLI."""
    from cli.deploy import DeployRequest, run_deploy
    from deployment.origin import Origins
    from deployment.target import Wanted

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    origins = Origins(configuration, rendered[0])
    wanted = Wanted(rendered[0], out, origins, is_first=first, as_stack=stack)
    with _refusals():
        is_done = run_deploy(DeployRequest(wanted, is_confirmed=confirm))
    if not is_done:
        raise typer.Exit(FINDINGS)


@app.command()
def prune(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete; else only tell.")] = False,
    more_than_a_tenth: Annotated[
        bool,
        typer.Option("--more-than-a-tenth", help="Allow more than a tenth of ours to go."),
    ] = False,
    style: TableFormatOption = "text",
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Delete resources that are this project's own and no longer rendered."""
    from cli.prune import PruneRequest, run_prune

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    request = PruneRequest(rendered[0], out, yes, more_than_a_tenth, style)
    with _refusals():
        answer = run_prune(request, note)
    print_result(answer.text)
    if answer.note:
        note(answer.note)
    if not answer.is_clean:
        raise typer.Exit(FINDINGS)


@app.command()
def verify(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    style: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--format", help="How to print.")
    ] = "text",
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Compare what Azure holds with what was rendered, resource by resource."""
    from deployment.expected import expanding_compiler

    # The compiler gets ready while the configuration is read.
    with _refusals(), expanding_compiler() as compiler:
        configuration = validated_configuration(config, None)
        rendered = rendered_environments(configuration, [env], out)
        require_fresh(rendered, out)
        from cli.verify import VerifyRequest, run_verify

        answer = run_verify(VerifyRequest(configuration, rendered[0], out, compiler, style))
    print_result(answer.text)
    if not answer.is_in_sync:
        raise typer.Exit(FINDINGS)


@app.command()
def doctor(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    no_probe: Annotated[bool, typer.Option("--no-probe", help="Send no event.")] = False,
    wait: Annotated[
        int, typer.Option("--wait", min=0, max=3600, help="Seconds to look for the event.")
    ] = 300,
    style: TableFormatOption = "text",
    config: ConfigOption = CONFIG,
) -> None:
    """Tell whether telemetry arrives, rules work, and what they see right now."""
    from cli.doctor import DoctorRequest, run_doctor
    from evaluator.analysis.language_service import LanguageServiceMissing

    configuration = validated_configuration(config, None)
    _require_environment(configuration, env)
    seconds = None if no_probe else timedelta(seconds=wait)
    request = DoctorRequest(configuration, env, seconds, style)
    try:
        with _refusals():
            text, is_well = run_doctor(request, datetime.now(UTC), note)
    except LanguageServiceMissing as error:
        raise fail(str(error)) from None
    print_result(text)
    if not is_well:
        raise typer.Exit(FINDINGS)


@app.command("notify-test")
def notify_test_command(
    group: Annotated[str, typer.Argument(help="Action group, as alerts.yaml names it.")],
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    style: TableFormatOption = "text",
    config: ConfigOption = CONFIG,
) -> None:
    """Send Azure's test notification to every receiver of an action group."""
    from cli.notify_test import run_notify_test
    from generator.resolve import resolve

    configuration = validated_configuration(config, None)
    _require_environment(configuration, env)
    with _refusals():
        text, is_told = run_notify_test(resolve(configuration, env), group, style)
    print_result(text)
    if not is_told:
        raise typer.Exit(FINDINGS)


@contextmanager
def _refusals() -> Iterator[None]:
    """End the command with what Azure, its tools or the Bicep CLI refused."""
    from deployment.bicep import BicepError
    from deployment.errors import DeploymentError

    try:
        yield
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    except BicepError as error:
        raise fail(str(error)) from None


def _require_environment(configuration: "Configuration", env: str) -> None:
    if env not in configuration.environments:
        names = ", ".join(configuration.environments)
        raise fail(f"there is no environment {env!r}; known are {names}")
