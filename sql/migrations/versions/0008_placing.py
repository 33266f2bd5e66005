"""What placing articles into stories remembers, and what it says of each article.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _sketches()
    _sketch_keys()
    _counted_texts()
    op.add_column(
        "articles",
        sa.Column(
            "is_exact_copy",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="Whether it repeats another article of its story word by word.",
        ),
        schema="tape",
    )
    op.add_column(
        "articles",
        sa.Column(
            "containment",
            sa.Numeric(precision=4, scale=3),
            nullable=True,
            comment="Share, 0 to 1, of the smaller text that it has in common with the closest article of its story; "
            "NULL: it was like none.",
        ),
        schema="tape",
    )


def _sketches() -> None:
    op.create_table(
        "sketches",
        sa.Column(
            "placement_no",
            sa.BigInteger(),
            nullable=False,
            comment="Order of placing (tape.placement_no_seq); ascending.",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger(),
            nullable=False,
            comment="Article. No foreign key: the tape outlives the memory of placing.",
        ),
        sa.Column(
            "language",
            sa.Text(),
            nullable=False,
            comment="Its language; texts in other languages are never compared with it.",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="Slug of its source."),
        _instant("at", "From when on it could be known, UTC."),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="original, copy, partial or revision, as it was placed; what it is now says tape.articles.",
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="16 bytes, equal for the same words."),
        sa.Column(
            "tokens",
            sa.LargeBinary(),
            nullable=False,
            comment="Its words, 4 bytes each, in order; odd ones are numbers.",
        ),
        sa.Column(
            "starts",
            sa.LargeBinary(),
            nullable=False,
            comment="Where its sentences begin among the words, 4 bytes each.",
        ),
        sa.Column(
            "sentences", sa.LargeBinary(), nullable=False, comment="Hash of each sentence, 8 bytes; 0: too short."
        ),
        sa.Column(
            "entries",
            sa.LargeBinary(),
            nullable=False,
            comment="Of each sentence 1 where it is an entry or heading, 1 byte.",
        ),
        sa.Column("heading", sa.LargeBinary(), nullable=False, comment="The words of its title, 4 bytes each."),
        sa.Column(
            "title",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="The folded words of its title; empty: none.",
        ),
        sa.Column(
            "title_hash", sa.BigInteger(), nullable=False, comment="Hash of the title; 0: too short to say anything."
        ),
        sa.Column(
            "is_list", sa.Boolean(), nullable=False, comment="Entries (a calendar, a ticker) rather than prose."
        ),
        sa.Column(
            "is_digest", sa.Boolean(), nullable=False, comment="Made of other articles; it attracts nobody."
        ),
        sa.Column(
            "version", sa.SmallInteger(), nullable=False, comment="Version of the method; others can't be compared."
        ),
        _instant("placed_at", "When it was placed, UTC.", default="now()"),
        sa.CheckConstraint(
            "kind IN ('original', 'copy', 'partial', 'revision')", name=op.f("ck_sketches_kind_known")
        ),
        sa.PrimaryKeyConstraint("placement_no", name=op.f("pk_sketches")),
        schema="ingest",
        comment="What is kept of each text to compare later ones with it; forgotten after a time.",
    )
    for columns in (["article_id"], ["language", "digest"], ["placed_at"]):
        op.create_index(op.f(f"ix_sketches_{'_'.join(columns)}"), "sketches", columns, schema="ingest")


def _sketch_keys() -> None:
    op.create_table(
        "sketch_keys",
        sa.Column(
            "key",
            sa.BigInteger(),
            nullable=False,
            comment="Band of the MinHash signature, or title, and the language.",
        ),
        sa.Column("placement_no", sa.BigInteger(), nullable=False, comment="Sketch that has the key."),
        _instant("placed_at", "When it was placed, UTC; the partition key.", default="now()"),
        schema="ingest",
        comment="The keys by which near-duplicates are found, by week of placing; old weeks are dropped.",
        postgresql_partition_by="RANGE (placed_at)",
    )
    op.create_index(op.f("ix_sketch_keys_key"), "sketch_keys", ["key"], schema="ingest")


def _counted_texts() -> None:
    op.create_table(
        "counted_texts",
        sa.Column(
            "hash", sa.BigInteger(), nullable=False, comment="Hash of its folded words and of the language."
        ),
        sa.Column(
            "is_title", sa.Boolean(), nullable=False, comment="Whether titles are counted, or sentences."
        ),
        sa.Column(
            "stories",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="Stories that printed it, the first three.",
        ),
        sa.Column(
            "placement_no",
            sa.BigInteger(),
            nullable=False,
            comment="Text that printed it last, by placement number.",
        ),
        sa.Column(
            "day",
            sa.Integer(),
            nullable=False,
            comment="Last day on which it was printed, counted from 0001-01-01 as 1.",
        ),
        sa.Column(
            "days", sa.Integer(), nullable=False, comment="On how many days it was printed, as they came in order."
        ),
        sa.Column(
            "is_boilerplate",
            sa.Boolean(),
            nullable=False,
            comment="Printed by too many to say anything about a story.",
        ),
        _instant(
            "counted_at",
            "When it was first counted in its week, UTC; the partition key. A later week goes on in a row of its own.",
            default="now()",
        ),
        schema="ingest",
        comment="Sentences and titles, by week, with the stories that print them; what several print tells nothing.",
        postgresql_partition_by="RANGE (counted_at)",
    )
    op.create_index(op.f("ix_counted_texts_hash"), "counted_texts", ["hash"], schema="ingest")


def _instant(name: str, comment: str, default: str | None = None) -> "sa.Column[datetime]":
    now = sa.text(default) if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False, comment=comment)


def downgrade() -> None:
    op.drop_column("articles", "containment", schema="tape")
    op.drop_column("articles", "is_exact_copy", schema="tape")
    for table in ("counted_texts", "sketch_keys", "sketches"):
        op.drop_table(table, schema="ingest")
