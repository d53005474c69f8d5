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
    """Check what a what-if needs, ask Azure and print; end the command if anything refuses."""
    from dataclasses import replace

    from deployment.azure_cli import find_azure_cli
    from deployment.bicep import find_bicep
    from deployment.errors import DeploymentError
    from deployment.origin import Origins
    from deployment.preflight.tools import bicep_variables
    from deployment.target import Wanted
    from deployment.what_if import markdown, record, require_ready, text, what_if

    configuration = validated_configuration(config, None)
    rendered = rendered_environments(configuration, [env], out)
    require_fresh(rendered, out)
    origins = Origins(configuration, rendered[0])
    try:
        az = find_azure_cli()
        require_ready(Wanted(rendered[0], out, origins, is_first=True), az)
        az = replace(az, variables=bicep_variables(find_bicep()))
        result = what_if(rendered[0], out, az, origins, note, stack=stack)
    except DeploymentError as error:
        raise fail(str(error), error.code) from None
    if style == "json":
        print_result(record(result))
    elif style == "markdown":
        print_result(markdown(result))
    else:
        print_result(text(result, everything=everything))
