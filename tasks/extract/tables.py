"""Tables that lay out the page: the headline's column stays, the columns beside it go, and no table is left.

Body finders read a table as figures. Tables of figures hold no headline and are left alone.
"""

from lxml.etree import _Element as Element

from tasks.extract.tree import SENTENCE_ENDS, drop, lines_of

_PARTS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")
# The least line that counts as a sentence of the text when columns are compared.
_SENTENCE_CHARACTERS = 40
# A column with this many times the text of the headline's column is the text itself.
_MAX_RATIO = 2


def flatten_layout_tables(headline: Element) -> None:
    """Turn the tables around the headline into plain blocks, without the columns beside its own; in place."""
    for part in list(headline.iterancestors(*_PARTS)):
        if part.tag in ("td", "th"):
            _drop_columns_beside(part)
        if part.tag == "table":
            _flatten_rows(part)


def _drop_columns_beside(cell: Element) -> None:
    """Drop the other cells of the row, unless one of them holds the text."""
    row = cell.getparent()
    own = _prose_length(cell)
    if row is None or not own:
        return
    for other in [column for column in row if column is not cell and column.tag in ("td", "th")]:
        if _prose_length(other) <= _MAX_RATIO * own:
            drop(other)


def _flatten_rows(table: Element) -> None:
    """Rename the table and its own rows and cells; tables inside a cell stay what they are."""
    inner = [part for part in table.iter(*_PARTS) if next(part.iterancestors("table"), None) is table]
    for part in (table, *inner):
        if part.tag != "table" or part is table:
            part.tag = "div"


def _prose_length(cell: Element) -> int:
    """Characters in sentences of the cell."""
    lines = lines_of(cell)
    return sum(len(line) for line in lines if len(line) >= _SENTENCE_CHARACTERS and line[-1] in SENTENCE_ENDS)
