"""Schema `tape`: the product. Articles are identities with two clocks; their texts are revisions.

A portal's edit is a new revision. Only a better reading of the same page (flow reprocess) changes one in place.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from sql.tables import metadata
from sql.tables.columns import all_of, array, digest, instant, one_of, surrogate_key, text
from sql.tables.ingest import sources

SCHEMA = "tape"

ARTICLE_KINDS = ("article", "flash", "live_blog", "gallery", "press_release", "analyst_note", "video")
FLAGS = (
    "no_lead", "lead_repaired", "no_text", "short", "no_date", "date_only", "body_from_jsonld", "preview",
    "boilerplate_suspect",
)  # fmt: skip
NOTICES = ("correction", "update", "withdrawal")
STORY_ROLES = ("original", "copy", "partial", "revision")

placement_no = Sequence("placement_no_seq", metadata=metadata, schema=SCHEMA, data_type=BigInteger)

stories = Table(
    "stories",
    metadata,
    surrogate_key(),
    text("language", "Language of its articles, ISO 639-1."),
    instant("opened_at", "When its first article was placed.", server_default=func.now()),
    schema=SCHEMA,
    comment="One row per story: articles that carry the same text, an original and its copies.",
)

articles = Table(
    "articles",
    metadata,
    surrogate_key(),
    Column("source_id", BigInteger, ForeignKey(sources.c.id), nullable=False, comment="Source that published it."),
    Column(
        "entry_id",
        BigInteger,
        nullable=False,
        comment="Entry it came from (ingest.entries). No foreign key: the tape outlives the frontier.",
    ),
    text("canonical_url", "Normal form of its address; the identity of the article."),
    digest("url_hash", "16-byte BLAKE2b of canonical_url; unique."),
    Column("story_id", BigInteger, ForeignKey(stories.c.id), nullable=False, comment="Story it belongs to."),
    text("story_role", "original, copy, partial or revision: what it is in its story."),
    Column(
        "is_exact_copy",
        Boolean,
        nullable=False,
        server_default="false",
        comment="Whether it repeats another article of its story word by word.",
    ),
    Column(
        "containment",
        Numeric(4, 3),
        comment="Share, 0 to 1, of the smaller text that it has in common with the closest article of its story; "
        "NULL: it was like none.",
    ),
    Column(
        "placement_no",
        BigInteger,
        placement_no,
        nullable=False,
        server_default=placement_no.next_value(),
        comment="Order in which articles were placed into stories.",
    ),
    Column(
        "head_revision_id",
        BigInteger,
        comment="Latest revision (tape.revisions). No foreign key: they would point at each other; "
        "NULL only inside a load.",
    ),
    instant(
        "published_at",
        "When they say it was published, UTC; NULL: nobody said. The first value seen stays.",
        nullable=True,
    ),
    text("published_raw", "The string that said so; NULL: none.", nullable=True),
    text(
        "published_origin",
        "Layer and field of that string, as jsonld.datePublished; NULL: none.",
        nullable=True,
    ),
    text("published_precision", "second, minute or day (midnight by convention); NULL: no time.", nullable=True),
    text("published_zone", "stated, or the IANA zone that was assumed; NULL: no time.", nullable=True),
    instant("first_seen_at", "When we first saw it listed, UTC; true for us, never rewritten."),
    instant(
        "available_at",
        "From when on it could be known, UTC: first_seen_at, or for backfilled articles the best bound.",
    ),
    instant("loaded_at", "When its first revision was loaded, UTC.", server_default=func.now()),
    instant("gone_at", "When its address was found to answer 404 or 410, UTC; NULL: it did not.", nullable=True),
    UniqueConstraint("url_hash"),
    one_of("story_role", STORY_ROLES),
    one_of("published_precision", ("second", "minute", "day")),
    # Serves the newest-first lists of news.articles, over all sources and per source.
    Index(None, "first_seen_at"),
    Index(None, "source_id", "first_seen_at"),
    Index(None, "published_at"),
    # Serves news.as_of and the views of fields: what could be known in a span of time.
    Index(None, "available_at"),
    # Serves the members of a story.
    Index(None, "story_id"),
    # Serves search: from a revision that was found to its article.
    Index(None, "head_revision_id", unique=True),
    schema=SCHEMA,
    comment="One row per article, known by its canonical URL; what it says stands in its revisions.",
)

_SEARCH_TEXT = "coalesce(kicker, '') || ' ' || title || ' ' || left(text, 200000)"
_SEARCH_VECTOR = (
    "CASE language"
    f" WHEN 'de' THEN to_tsvector('german'::regconfig, {_SEARCH_TEXT})"
    f" WHEN 'en' THEN to_tsvector('english'::regconfig, {_SEARCH_TEXT})"
    f" WHEN 'fr' THEN to_tsvector('french'::regconfig, {_SEARCH_TEXT})"
    f" ELSE to_tsvector('simple'::regconfig, {_SEARCH_TEXT}) END"
)

revisions = Table(
    "revisions",
    metadata,
    surrogate_key(),
    Column("article_id", BigInteger, ForeignKey(articles.c.id), nullable=False, comment="Article."),
    Column("number", Integer, nullable=False, comment="1 for the first text that we saw, then counting up."),
    text("title", "Headline, without the portal's name."),
    text("kicker", "Line above the headline; NULL: none.", nullable=True),
    text("subtitle", "Second headline below the title, where it is not the lead; NULL: none.", nullable=True),
    Column("summary", ARRAY(Text), nullable=False, comment="Summary bullets in order; empty: none."),
    text("lead", "Opening paragraph where the page marks one; NULL: none.", nullable=True),
    text(
        "text",
        "Paragraphs joined by a blank line: bullets and lead first, section headings included, title and kicker not.",
    ),
    array("headings", Integer, "Numbers, from 1, of the paragraphs of text that are section headings; empty: none."),
    text("language", "Language of the text, ISO 639-1."),
    Column("authors", ARRAY(Text), nullable=False, comment="Authors as printed, in order; empty: none."),
    array("organisations", Text, "Desks, agencies and companies credited as authors, as printed; empty: none."),
    text("agency", "News agency credited as origin; NULL: none.", nullable=True),
    text("section", "Section of the portal; NULL: none.", nullable=True),
    Column("tags", ARRAY(Text), nullable=False, comment="Keywords that the page states; empty: none."),
    text("image_url", "Address of the main image; NULL: none.", nullable=True),
    text("image_credit", "Credit of the main image; NULL: none.", nullable=True),
    Column("paywall", Boolean, comment="Whether the page says that only a part is free; NULL: it does not say."),
    text("kind", "article, flash, live_blog, gallery, press_release, analyst_note or video."),
    array("flags", Text, "What a reader should know about its quality (closed list); empty: nothing."),
    Column("word_count", Integer, nullable=False, comment="Words in text."),
    instant("modified_at", "When they say it was last changed, UTC; NULL: nobody said.", nullable=True),
    text("modified_raw", "The string that said so; NULL: none.", nullable=True),
    text("modified_origin", "Layer and field of that string, as jsonld.dateModified; NULL: none.", nullable=True),
    text("modified_precision", "second, minute or day (midnight by convention); NULL: no time.", nullable=True),
    text("modified_zone", "stated, or the IANA zone that was assumed; NULL: no time.", nullable=True),
    Column(
        "paragraphs_added",
        Integer,
        comment="Paragraphs that the revision before lacks; NULL: the first one, or loaded before this was told.",
    ),
    Column("paragraphs_removed", Integer, comment="Paragraphs that only the revision before has; NULL: as above."),
    Column(
        "paragraphs_changed",
        Integer,
        comment="Paragraphs in another wording than in the revision before; NULL: as above.",
    ),
    Column(
        "title_changed",
        Boolean,
        comment="Whether the title is another one than in the revision before; NULL: as above.",
    ),
    Column(
        "numbers_changed",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="Numbers that stand in place of others: [{paragraph, old, new}], as printed, the paragraph from 1; "
        "empty: none.",
    ),
    text(
        "fields_version",
        "Version of the rules that looked for its finance fields; NULL: nobody looked so far.",
        nullable=True,
    ),
    text("fields_error", "What they stumbled over; NULL: nothing.", nullable=True),
    text("notice", "What the text says of itself: correction, update or withdrawal; NULL: nothing.", nullable=True),
    text("notice_quote", "The line that says so; NULL: none.", nullable=True),
    Column("provenance", JSONB, nullable=False, comment="Layer that gave each value, by column name."),
    digest("content_hash", "Digest of title and text in a normal form without case, spacing and punctuation."),
    digest("text_hash", "Digest by which copies are known: of the text alone from 40 words on, below with the title."),
    digest("body_sha256", "SHA-256 of the page body it was read from."),
    Column(
        "page_id",
        BigInteger,
        nullable=False,
        comment="Archived page, with page_fetched_at the key of ingest.pages. No foreign key: pages expire.",
    ),
    instant("page_fetched_at", "When that page was fetched, UTC."),
    text("extractor_version", "Version of the extractor that read it."),
    instant("revised_at", "From when on we know this text, UTC: the time of the fetch that brought it."),
    instant("loaded_at", "When the row was written, UTC.", server_default=func.now()),
    Column(
        "search_vector",
        TSVECTOR,
        Computed(_SEARCH_VECTOR, persisted=True),
        comment="Kicker, title and text for full-text search in the article's language.",
    ),
    UniqueConstraint("article_id", "number"),
    one_of("kind", ARTICLE_KINDS),
    one_of("notice", NOTICES),
    all_of("flags", FLAGS),
    one_of("modified_precision", ("second", "minute", "day")),
    # Serves the exact-copy look-up of the load.
    Index(None, "text_hash"),
    # Serves full-text search.
    Index(None, "search_vector", postgresql_using="gin"),
    schema=SCHEMA,
    comment="One row per text of an article; only a reprocess changes a row, and keeps what it replaced.",
)
