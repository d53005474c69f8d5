"""Commands that reach Azure."""

from typing import Annotated

import typer

from cli.app import (
    CONFIG,
    FINDINGS,
    OUT,
    ConfigOption,
    OutOption,
    app,
    fail,
    rendered_environments,
    require_fresh,
    validated_configuration,
)
from cli.what_if import WhatIfFormat


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
    from deployment.bicep import BicepError
    from deployment.errors import DeploymentError
    from deployment.origin import Origins
    from deployment.target import Wanted

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    origins = Origins(configuration, rendered[0])
    wanted = Wanted(rendered[0], out, origins, is_first=first, as_stack=stack)
    try:
        is_done = run_deploy(DeployRequest(wanted, is_confirmed=confirm))
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    except BicepError as error:
        raise fail(str(error)) from None
    if not is_done:
        raise typer.Exit(FINDINGS)
