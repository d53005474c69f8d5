"""What judges command lines in pipelines and pages judges as the program does."""

import pytest
import typer.main

from cli.main import app
from tests.commands import COMMANDS_TO_COME, problem_of


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("drift run --data d --results r", ""),
        ("drift run --help", ""),
        ("drift run --data d", "MissingParameter"),
        ("drift run --data d --results r --result r", "No such option"),
        ("drift calibrate --data d --out o --days 3", "greater than or equal to 38"),
        ("drft run", "No such command"),
        ("drift rn", "No such command"),
    ],
)
def test_a_command_line_is_parsed_as_the_program_does(arguments: str, problem: str) -> None:
    found = problem_of(arguments.split())

    assert problem in found
    assert bool(found) == bool(problem)


def test_a_command_that_exists_is_not_to_come() -> None:
    group = typer.main.get_command(app)
    existing = set()
    for name, command in getattr(group, "commands", {}).items():
        existing |= {(name,)} | {(name, sub) for sub in getattr(command, "commands", {})}

    assert not COMMANDS_TO_COME & existing
