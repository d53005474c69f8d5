"""What judges command lines in pipelines and pages judges as the program does."""

import pytest

from tests.commands import problem_of


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
