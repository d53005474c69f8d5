"""Commands that reach Azure."""

from pathlib import Path
from typing import Annotated, Literal

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


@app.command("what-if")
def what_if(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Show what a deployment would change (`az deployment group what-if`)."""
    _deployment("what-if", env, config, out)


@app.command()
def deploy(
    env: Annotated[str, typer.Option("--env", help="Environment.")],
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Deploy what was rendered (`az deployment group create`), entry point by entry point."""
    _deployment("create", env, config, out)


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
    from deployment.bicep import BicepError
    from deployment.errors import DeploymentError

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    request = PruneRequest(rendered[0], out, yes, more_than_a_tenth, style)
    try:
        answer = run_prune(request, note)
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    except BicepError as error:
        raise fail(str(error)) from None
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
    from cli.verify import VerifyRequest, run_verify
    from deployment.bicep import BicepError
    from deployment.errors import DeploymentError

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    try:
        answer = run_verify(VerifyRequest(configuration, rendered[0], out, style))
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    except BicepError as error:
        raise fail(str(error)) from None
    print_result(answer.text)
    if not answer.is_in_sync:
        raise typer.Exit(FINDINGS)


def _deployment(verb: str, env: str, config: Path, out: Path) -> None:
    from deployment.deploy import run
    from deployment.errors import DeploymentError

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    try:
        run(verb, rendered[0], out, note)
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
