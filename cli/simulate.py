"""Simulates with a progress bar."""

from pathlib import Path

from cli.progress import counted
from monitoring.simulation import Simulation, write_simulation


def write(simulation: Simulation, out: Path) -> None:
    """Write a simulation, and show how far it is where a person watches."""
    with counted("days", simulation.history_days) as progress:
        write_simulation(simulation, out, progress)
