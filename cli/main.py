"""The `mlmon` command: no logic, and nothing imported before it is needed."""

import gc
import io
import sys

from cli import configuration_commands, rule_commands, deployment_commands  # isort: skip
from cli import drift_commands, performance_commands  # isort: skip
from cli import baseline_commands, simulation_commands  # isort: skip
from cli import report_commands, daily_commands  # isort: skip
from cli import notify_commands  # isort: skip
from cli.app import app

__all__ = [
    "app",
    "baseline_commands",
    "configuration_commands",
    "daily_commands",
    "deployment_commands",
    "drift_commands",
    "main",
    "notify_commands",
    "performance_commands",
    "report_commands",
    "rule_commands",
    "simulation_commands",
]


def main() -> None:
    """Run the command line."""
    # A short process makes little garbage in cycles; looking for it each 700 objects costs a tenth.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Unicode
    app(prog_name="mlmon")
