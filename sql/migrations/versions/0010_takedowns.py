"""Tombstones of articles that a person took down.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "takedowns",
        sa.Column(
            "url_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="16-byte BLAKE2b of an address of the article in its normal form; it is never asked or loaded again.",
        ),
        sa.Column("canonical_url", sa.Text(), nullable=False, comment="That address."),
        sa.Column(
            "source_id",
            sa.BigInteger(),
            nullable=True,
            comment="Source that announced it; NULL: nobody has so far.",
        ),
        sa.Column(
            "article_id",
            sa.BigInteger(),
            nullable=True,
            comment="Article that was removed, a number without a row; NULL: there was none yet.",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, in the words of the person who took it down."),
        sa.Column("taken_down_by", sa.Text(), nullable=False, comment="Who did it: login and machine."),
        sa.Column(
            "taken_down_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When, UTC.",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["ingest.sources.id"], name=op.f("fk_takedowns_source_id_sources")),
        sa.PrimaryKeyConstraint("url_hash", name=op.f("pk_takedowns")),
        schema="ingest",
        comment="Tombstones: addresses of articles that a person removed, or forbade beforehand; kept for good.",
    )
    op.create_index(op.f("ix_takedowns_taken_down_at"), "takedowns", ["taken_down_at"], schema="ingest")


def downgrade() -> None:
    op.drop_table("takedowns", schema="ingest")
