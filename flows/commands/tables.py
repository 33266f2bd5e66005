"""Tables on the terminal, and the same as plain columns where the output goes into a file or a pipe."""

import sys
from collections.abc import Sequence

import click


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` under `headings`: boxed and folded to the window on a terminal, else a line a row."""
    if sys.stdout.isatty():
        _boxed(headings, rows)
        return
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    for row in [headings, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _boxed(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        # As Text: brackets in a title or an address are no markup.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
