"""Schema `ingest`, learned boilerplate: which paragraphs the articles of a source share."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table
from sqlalchemy import text as sql

from sql.tables import metadata
from sql.tables.columns import instant, one_of, text
from sql.tables.ingest import SCHEMA, sources

RULINGS = ("keep", "drop")

boilerplate_sources = Table(
    "boilerplate_sources",
    metadata,
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    Column("articles", BigInteger, nullable=False, comment="Articles whose paragraphs were counted."),
    schema=SCHEMA,
    comment="How many articles of each source were looked through for boilerplate.",
)

boilerplate = Table(
    "boilerplate",
    metadata,
    Column("source_id", BigInteger, ForeignKey(sources.c.id), primary_key=True, comment="Source."),
    Column(
        "digest",
        LargeBinary,
        primary_key=True,
        comment="16-byte BLAKE2b of the paragraph's words and digits, without case, spacing and punctuation.",
    ),
    Column("articles", BigInteger, nullable=False, comment="Articles that print it, each counted once."),
    Column("since", BigInteger, nullable=False, comment="Articles of the source counted before the first of these."),
    instant("first_at", "The earliest time at which one of these articles could be known, UTC."),
    instant("last_at", "The latest time at which one of these articles could be known, UTC."),
    instant("counted_at", "When it was last counted, UTC."),
    Column(
        "article_id",
        BigInteger,
        nullable=False,
        comment="An article that prints it, the latest (tape.articles). No foreign key: ingest must not wait for tape.",
    ),
    text("text", "The paragraph; NULL: it was seen once only, then the digest has to do.", nullable=True),
    text("ruling", "keep or drop: what a person decided; NULL: the counts decide.", nullable=True),
    instant("ruled_at", "When a person decided, UTC; NULL: nobody did.", nullable=True),
    one_of("ruling", RULINGS),
    # Serves boilerplate.learned, whose condition must imply this one: nearly all rows were seen once.
    Index("ix_boilerplate_many", "source_id", postgresql_where=sql("articles >= 8 OR ruling IS NOT NULL")),
    schema=SCHEMA,
    comment="Short paragraphs of each source's articles: one that many articles print is boilerplate.",
)
