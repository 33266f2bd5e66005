"""Tables: boxed on a terminal, columns in a pipe, and never markup."""

import os
import pty
import subprocess
import sys

import pytest

from flows.commands.tables import show_table

HEADINGS = ("source", "article")
ROWS = (("nzz", "[bold]Titel[/bold] in Klammern"), ("finanznachrichten", "kurz"))
CODE = f"from flows.commands.tables import show_table; show_table({HEADINGS!r}, {ROWS!r})"


def test_in_a_pipe_a_row_is_a_line_and_columns_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(HEADINGS, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "source             article",
        "nzz                [bold]Titel[/bold] in Klammern",
        "finanznachrichten  kurz",
    ]


@pytest.mark.timeout(60)
def test_on_a_terminal_a_table_is_boxed_and_brackets_stay_what_they_are() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", CODE], stdout=theirs, env=os.environ | {"COLUMNS": "100"}) as child:
        assert child.wait(50) == 0
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "│ nzz" in shown
    assert "[bold]Titel[/bold] in Klammern" in shown
