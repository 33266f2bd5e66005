"""Schema `ingest`, what placing articles into stories remembers: sketches, their keys by week, counts of sentences."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text, func
from sqlalchemy.dialects.postgresql import ARRAY

from sql.tables import metadata
from sql.tables.columns import array, digest, instant, one_of, text
from sql.tables.ingest import SCHEMA
from sql.tables.tape import STORY_ROLES

sketches = Table(
    "sketches",
    metadata,
    Column(
        "placement_no", BigInteger, primary_key=True, comment="Order of placing (tape.placement_no_seq); ascending."
    ),
    Column(
        "article_id",
        BigInteger,
        nullable=False,
        comment="Article. No foreign key: the tape outlives the memory of placing.",
    ),
    text("language", "Its language; texts in other languages are never compared with it."),
    text("source", "Slug of its source."),
    instant("at", "From when on it could be known, UTC."),
    text("kind", "original, copy, partial or revision, as it was placed; what it is now says tape.articles."),
    digest("digest", "16 bytes, equal for the same words."),
    Column("tokens", LargeBinary, nullable=False, comment="Its words, 4 bytes each, in order; odd ones are numbers."),
    Column("starts", LargeBinary, nullable=False, comment="Where its sentences begin among the words, 4 bytes each."),
    Column("sentences", LargeBinary, nullable=False, comment="Hash of each sentence, 8 bytes; 0: too short."),
    Column(
        "entries", LargeBinary, nullable=False, comment="Of each sentence 1 where it is an entry or heading, 1 byte."
    ),
    Column("heading", LargeBinary, nullable=False, comment="The words of its title, 4 bytes each."),
    array("title", Text, "The folded words of its title; empty: none."),
    Column("title_hash", BigInteger, nullable=False, comment="Hash of the title; 0: too short to say anything."),
    Column("is_list", Boolean, nullable=False, comment="Entries (a calendar, a ticker) rather than prose."),
    Column("is_digest", Boolean, nullable=False, comment="Made of other articles; it attracts nobody."),
    Column("version", SmallInteger, nullable=False, comment="Version of the method; others can't be compared."),
    instant("placed_at", "When it was placed, UTC.", server_default=func.now()),
    one_of("kind", STORY_ROLES),
    # Serves the originals of stories, and takedowns.
    Index(None, "article_id"),
    # Serves copies word by word.
    Index(None, "language", "digest"),
    # Serves forgetting.
    Index(None, "placed_at"),
    schema=SCHEMA,
    comment="What is kept of each text to compare later ones with it; forgotten after a time.",
)

sketch_keys = Table(
    "sketch_keys",
    metadata,
    Column("key", BigInteger, nullable=False, comment="Band of the MinHash signature, or title, and the language."),
    Column("placement_no", BigInteger, nullable=False, comment="Sketch that has the key."),
    instant("placed_at", "When it was placed, UTC; the partition key.", server_default=func.now()),
    # Serves the candidates of a batch. Most keys are asked in vain: a small index is worth more than a covering one.
    Index(None, "key"),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (placed_at)",
    comment="The keys by which near-duplicates are found, by week of placing; old weeks are dropped.",
)

counted_texts = Table(
    "counted_texts",
    metadata,
    Column("hash", BigInteger, nullable=False, comment="Hash of its folded words and of the language."),
    Column("is_title", Boolean, nullable=False, comment="Whether titles are counted, or sentences."),
    Column("stories", ARRAY(BigInteger), nullable=False, comment="Stories that printed it, the first three."),
    Column("placement_no", BigInteger, nullable=False, comment="Text that printed it last, by placement number."),
    Column("day", Integer, nullable=False, comment="Last day on which it was printed, counted from 0001-01-01 as 1."),
    Column("days", Integer, nullable=False, comment="On how many days it was printed, as they came in order."),
    Column("is_boilerplate", Boolean, nullable=False, comment="Printed by too many to say anything about a story."),
    instant(
        "counted_at",
        "When it was first counted in its week, UTC; the partition key. A later week goes on in a row of its own.",
        server_default=func.now(),
    ),
    # Serves the sentences of a batch.
    Index(None, "hash"),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (counted_at)",
    comment="Sentences and titles, by week, with the stories that print them; what several print tells nothing.",
)
