"""Upkeep: the size of the schemas per day, and an index for the days of sources.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disk_days",
        sa.Column("day", sa.Date(), nullable=False, comment="Day, UTC."),
        sa.Column("schema_name", sa.Text(), nullable=False, comment="Schema: ingest, tape or news."),
        sa.Column(
            "bytes", sa.BigInteger(), nullable=False, comment="Size of its tables with their indexes, in bytes."
        ),
        sa.Column(
            "free_bytes",
            sa.BigInteger(),
            nullable=True,
            comment="Space left where the data lies, in bytes; NULL: another machine's, not known here.",
        ),
        sa.PrimaryKeyConstraint("day", "schema_name", name=op.f("pk_disk_days")),
        schema="ingest",
        comment="The size of each schema on each day, as of the last measure of that day. Written by maintain.",
    )
    op.create_index(
        "ix_entries_first_seen_at_live",
        "entries",
        ["first_seen_at"],
        schema="ingest",
        postgresql_where=sa.text("origin <> 'backfill'"),
    )
    op.alter_column(
        "run_stages",
        "stage",
        existing_type=sa.TEXT(),
        comment="discover, list, fetch, extract, load or reprocess; of maintain the name of a chore.",
        existing_comment="discover, list, fetch, extract, load or reprocess.",
        existing_nullable=False,
        schema="ingest",
    )


def downgrade() -> None:
    op.alter_column(
        "run_stages",
        "stage",
        existing_type=sa.TEXT(),
        comment="discover, list, fetch, extract, load or reprocess.",
        existing_comment="discover, list, fetch, extract, load or reprocess; of maintain the name of a chore.",
        existing_nullable=False,
        schema="ingest",
    )
    op.drop_index(
        "ix_entries_first_seen_at_live",
        table_name="entries",
        schema="ingest",
        postgresql_where=sa.text("origin <> 'backfill'"),
    )
    op.drop_table("disk_days", schema="ingest")
