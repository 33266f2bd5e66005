"""Schema `ingest`, what must not be on the tape: addresses of articles that were taken down by a person."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, func

from sql.tables import metadata
from sql.tables.columns import instant, text
from sql.tables.ingest import SCHEMA, sources

takedowns = Table(
    "takedowns",
    metadata,
    Column(
        "url_hash",
        LargeBinary,
        primary_key=True,
        comment="16-byte BLAKE2b of an address of the article in its normal form; it is never asked or loaded again.",
    ),
    text("canonical_url", "That address."),
    Column(
        "source_id", BigInteger, ForeignKey(sources.c.id), comment="Source that announced it; NULL: nobody has so far."
    ),
    Column(
        "article_id", BigInteger, comment="Article that was removed, a number without a row; NULL: there was none yet."
    ),
    text("reason", "Why, in the words of the person who took it down."),
    text("taken_down_by", "Who did it: login and machine."),
    instant("taken_down_at", "When, UTC.", server_default=func.now()),
    # Serves the list of takedowns.
    Index(None, "taken_down_at"),
    schema=SCHEMA,
    comment="Tombstones: addresses of articles that a person removed, or forbade beforehand; kept for good.",
)
