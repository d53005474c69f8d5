"""Commands that reach Azure."""

from pathlib import Path
from typing import Annotated

import typer

from cli.app import (
    CONFIG,
    OUT,
    ConfigOption,
    OutOption,
    app,
    fail,
    note,
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
    config: ConfigOption = CONFIG,
    out: OutOption = OUT,
) -> None:
    """Deploy what was rendered (`az deployment group create`), entry point by entry point."""
    _deployment("create", env, config, out)


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
