"""Prints what a deployment would change."""

from pathlib import Path
from typing import Literal

from cli.app import (
    fail,
    note,
    print_result,
    rendered_environments,
    require_fresh,
    validated_configuration,
)

WhatIfFormat = Literal["text", "json", "markdown"]


def run(
    env: str, config: Path, out: Path, style: WhatIfFormat, *, everything: bool, stack: bool
) -> None:
    """Ask Azure and print; end the command if Azure refuses."""
    from deployment.azure_cli import find_azure_cli
    from deployment.errors import DeploymentError
    from deployment.origin import Origins
    from deployment.what_if import markdown, record, text, what_if

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    origins = Origins(configuration, rendered[0])
    try:
        result = what_if(rendered[0], out, find_azure_cli(), origins, note, stack=stack)
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    if style == "json":
        print_result(record(result))
    elif style == "markdown":
        print_result(markdown(result))
    else:
        print_result(text(result, everything=everything))
