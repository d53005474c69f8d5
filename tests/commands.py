"""Whether the program would take a command line, asked of its own parser; nothing is run."""

from collections.abc import Sequence
from typing import Any

import typer.main

from cli.main import app

COMMANDS_TO_COME = frozenset(
    (
        ("daily",),
        ("notify",),
    )
)
"""Commands that pipelines and pages name already; a command that exists may not stand here."""


def problem_of(arguments: Sequence[str]) -> str:
    """Say what the program has against the arguments behind `mlmon`; empty for nothing."""
    if is_to_come(arguments):
        return ""
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


def is_to_come(arguments: Sequence[str]) -> bool:
    return any(tuple(arguments[: len(words)]) == words for words in COMMANDS_TO_COME)
