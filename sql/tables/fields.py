"""Schema `tape`, the finance fields: a table per kind of fact, each row with its evidence in the text of a revision."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Numeric, Table, UniqueConstraint

from sql.tables import metadata
from sql.tables.columns import surrogate_key, text
from sql.tables.tape import SCHEMA, revisions

instruments = Table(
    "instruments",
    metadata,
    surrogate_key(),
    text("key", "ISIN where it is known, else kind:name; unique."),
    text("kind", "company, index, commodity, fx, crypto, fund or bond."),
    text("name", "Usual name."),
    text("isin", "ISIN (ISO 6166); NULL: none, or it can't be told which line is meant.", nullable=True),
    text("ticker", "Ticker at the home exchange; NULL: none is known.", nullable=True),
    UniqueConstraint("key"),
    # Serves questions by ISIN.
    Index(None, "isin"),
    schema=SCHEMA,
    comment="One row per instrument that an article named.",
)


def _subject() -> "list[Column[Any]]":
    return [
        text("subject", "What it is said of, by its usual name; empty: nothing is named."),
        Column(
            "instrument_id",
            BigInteger,
            ForeignKey(instruments.c.id),
            comment="Instrument of that name in the text; NULL: none is known.",
        ),
    ]


def _number(name: str, comment: str) -> "Column[Any]":
    return Column(name, Numeric, comment=comment)


def _facts(name: str, comment: str, *columns: "Column[Any] | Index") -> Table:
    """A table of facts, with what all of them have."""
    return Table(
        name,
        metadata,
        Column(
            "revision_id",
            BigInteger,
            ForeignKey(revisions.c.id, ondelete="CASCADE"),
            primary_key=True,
            comment="Revision in whose text it stands.",
        ),
        Column("number", Integer, primary_key=True, comment="Place among the facts of its kind in the text, from 1."),
        *columns,
        Column(
            "start",
            Integer,
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        Column("stop", Integer, nullable=False, comment="Where it ends; the character there is not part of it."),
        text("quote", "The evidence: the text from start to stop."),
        text("rule", "Rule that found it."),
        Column("confidence", Numeric(3, 2), nullable=False, comment="How sure the rule is, 0 to 1."),
        text("fields_version", "Version of the rules."),
        schema=SCHEMA,
        comment=comment,
    )


_CURRENCY = "ISO 4217; empty: none is said."
mentions = _facts(
    "mentions",
    "One row per instrument that a text names.",
    Column("instrument_id", BigInteger, ForeignKey(instruments.c.id), nullable=False, comment="Instrument."),
    # Serves everything about an instrument.
    Index(None, "instrument_id", "revision_id"),
)
price_moves = _facts(
    "price_moves",
    "One row per move or quote of an instrument in one session.",
    *_subject(),
    _number("percent", "Change in percent, signed; NULL: a quote without a change."),
    _number("points", "Change in points, signed; NULL: none is said."),
    _number("price", "Level that belongs to it; NULL: none is said."),
    text("currency", _CURRENCY),
    text("venue", "Place of trade as printed; empty: none is said."),
    text("session", "regular, premarket, afterhours ...; empty: none is said."),
    Column("session_date", Date, comment="Trading day at the market that it speaks of; NULL: it can't be known."),
    Column("date_start", Integer, comment="Where the word stands that decided the day; NULL: the dateline alone did."),
    Column("date_stop", Integer, comment="Where that word ends."),
    # Serves everything about an instrument, and the movers of a day.
    Index(None, "instrument_id", "revision_id"),
    Index(None, "session_date"),
)
amounts = _facts(
    "amounts",
    "One row per sum of money.",
    Column("value", Numeric, nullable=False, comment="Value in units of the currency, not in cents."),
    text("currency", _CURRENCY),
    Column("is_approximate", Boolean, nullable=False, comment="Whether a hedge (about, nearly) stands on it."),
)
people = _facts(
    "people",
    "One row per person with a role.",
    text("name", "Name as printed."),
    text("role", "Role as printed; empty: none."),
    text("organisation", "Whom the person speaks for or works for; empty: nobody is named."),
    # Serves everything about a person.
    Index(None, "name"),
)
citations = _facts(
    "citations",
    "One row per medium, agency or provider of figures that something is attributed to.",
    text("name", "Name as printed."),
    Index(None, "name"),
)
ratings = _facts(
    "ratings",
    "One row per analyst's verdict on a company.",
    text("house", "Bank or analyst house."),
    *_subject(),
    text("rating", "Verdict as printed; empty: none."),
    text("previous_rating", "Verdict before, where it changed; empty: it did not."),
    _number("target", "Price target; NULL: none."),
    _number("previous_target", "Price target before, where it changed; NULL: it did not."),
    text("currency", _CURRENCY),
    Index(None, "instrument_id", "revision_id"),
)
figures = _facts(
    "figures",
    "One row per result or outlook of a company.",
    *_subject(),
    text("metric", "revenue, net_income, ebit ... (docs/fields.md)."),
    text("period", "Period that it is for, as 2025-Q2 or 2025; empty: none is said."),
    _number("value", "Value; NULL: only the change is said."),
    _number("value_high", "Upper end of a range; NULL: no range."),
    text("currency", _CURRENCY),
    _number("change_percent", "Change against the same period before, in percent; NULL: none is said."),
    _number("change_percent_high", "Upper end of a range; NULL: no range."),
    Index(None, "instrument_id", "revision_id"),
)
identifiers = _facts(
    "identifiers",
    "One row per security identifier that is printed.",
    text("scheme", "isin, wkn, valor, ticker or cusip."),
    text("value", "The identifier without separators."),
    Index(None, "scheme", "value"),
)
