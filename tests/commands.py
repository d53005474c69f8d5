"""Whether the program would take a command line, asked of its own parser; nothing is run."""

from collections.abc import Sequence
from typing import Any

import typer.main

from cli.main import app


def problem_of(arguments: Sequence[str]) -> str:
    """Say what the program has against the arguments behind `mlmon`; empty for nothing."""
    command: Any = typer.main.get_command(app)
    context, name, rest = None, "mlmon", list(arguments)
    try:
        while hasattr(command, "commands"):
            context = command.make_context(name, rest, parent=context)
            name, command, rest = command.resolve_command(
                context, [*context._protected_args, *context.args]
            )
        command.make_context(name, rest, parent=context)
    except typer.Exit:  # --help
        return ""
    except Exception as error:  # noqa: BLE001 - the parser's own classes are not public
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"
    return ""
