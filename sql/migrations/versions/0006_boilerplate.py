"""Learned boilerplate: how many articles of a source print a paragraph, and how many were looked through.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boilerplate_sources",
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column("articles", sa.BigInteger(), nullable=False, comment="Articles whose paragraphs were counted."),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ingest.sources.id"], name=op.f("fk_boilerplate_sources_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_boilerplate_sources")),
        schema="ingest",
        comment="How many articles of each source were looked through for boilerplate.",
    )
    op.create_table(
        "boilerplate",
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="16-byte BLAKE2b of the paragraph's words and digits, without case, spacing and punctuation.",
        ),
        sa.Column(
            "articles", sa.BigInteger(), nullable=False, comment="Articles that print it, each counted once."
        ),
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            comment="Articles of the source counted before the first of these.",
        ),
        sa.Column(
            "first_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="The earliest time at which one of these articles could be known, UTC.",
        ),
        sa.Column(
            "last_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="The latest time at which one of these articles could be known, UTC.",
        ),
        sa.Column(
            "counted_at", sa.DateTime(timezone=True), nullable=False, comment="When it was last counted, UTC."
        ),
        sa.Column(
            "article_id",
            sa.BigInteger(),
            nullable=False,
            comment="An article that prints it, the latest (tape.articles). "
            "No foreign key: ingest must not wait for tape.",
        ),
        sa.Column(
            "text",
            sa.Text(),
            nullable=True,
            comment="The paragraph; NULL: it was seen once only, then the digest has to do.",
        ),
        sa.Column(
            "ruling",
            sa.Text(),
            nullable=True,
            comment="keep or drop: what a person decided; NULL: the counts decide.",
        ),
        sa.Column(
            "ruled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a person decided, UTC; NULL: nobody did.",
        ),
        sa.CheckConstraint("ruling IN ('keep', 'drop')", name=op.f("ck_boilerplate_ruling_known")),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_boilerplate_source_id_sources")),
        sa.PrimaryKeyConstraint("source_id", "digest", name=op.f("pk_boilerplate")),
        schema="ingest",
        comment="Short paragraphs of each source's articles: one that many articles print is boilerplate.",
    )
    op.create_index(
        "ix_boilerplate_many",
        "boilerplate",
        ["source_id"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("articles >= 8 OR ruling IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("boilerplate", schema="ingest")
    op.drop_table("boilerplate_sources", schema="ingest")
