"""The `mlmon` command: no logic, and nothing imported before it is needed."""

import io
import sys

from cli import configuration_commands, rule_commands, deployment_commands  # isort: skip
from cli.app import app

__all__ = ["app", "configuration_commands", "deployment_commands", "main", "rule_commands"]


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode
    app(prog_name="mlmon")
