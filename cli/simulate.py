"""Simulates with a progress bar."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitoring.simulation import Simulation, write_simulation


def write(simulation: Simulation, out: Path) -> None:
    """Write a simulation, and show how far it is where a person watches."""
    console = Console(stderr=True)
    columns = (TextColumn("days"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("days", total=simulation.history_days)
        write_simulation(
            simulation, out, lambda done, total: progress.update(task, completed=done, total=total)
        )
