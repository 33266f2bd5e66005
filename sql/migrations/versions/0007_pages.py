"""What a source's file says about its pages: selectors by value, and on how many pages each found something.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sources",
        sa.Column(
            "pages",
            postgresql.JSONB(),
            nullable=True,
            comment="Where its pages show what: selectors by value, and how they are read; "
            "NULL: its file does not say.",
        ),
        schema="ingest",
    )
    op.create_table(
        "selector_counts",
        sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Source."),
        sa.Column("key", sa.Text(), nullable=False, comment="Key of pages in the source's file, such as title."),
        sa.Column(
            "selectors", postgresql.JSONB(), nullable=False, comment="The selectors counted; others begin anew."
        ),
        sa.Column(
            "pages", sa.BigInteger(), nullable=False, comment="Articles on whose pages they were tried."
        ),
        sa.Column("found", sa.BigInteger(), nullable=False, comment="On how many they found something."),
        sa.Column(
            "missed", sa.BigInteger(), nullable=False, comment="Pages since the last on which they found something."
        ),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that one was fetched, UTC; NULL: they never found anything.",
        ),
        sa.Column(
            "missed_url", sa.Text(), nullable=True, comment="The last page on which they found nothing; NULL: none."
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ingest.sources.id"], name=op.f("fk_selector_counts_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_selector_counts")),
        schema="ingest",
        comment="How often the selectors of each source's file found something on its new pages.",
    )


def downgrade() -> None:
    op.drop_table("selector_counts", schema="ingest")
    op.drop_column("sources", "pages", schema="ingest")
