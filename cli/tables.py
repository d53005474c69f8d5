"""Draws tables for the terminal."""

import io
from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def text_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()
) -> str:
    """Draw a table, in colour only on a terminal.

    Args:
        columns: headers.
        rows: a text for each column; it is shown as it is, markup is not read.
        right: columns that are set to the right.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console()
    buffer = io.StringIO()
    printer = Console(
        file=buffer,
        width=console.width if console.is_terminal else 200,
        force_terminal=console.is_terminal,
        no_color=console.no_color,
    )
    printer.print(table)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())
