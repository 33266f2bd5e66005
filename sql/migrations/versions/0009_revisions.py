"""What each revision changed, and what it says of itself: corrections, updates, withdrawals.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTS = {
    "paragraphs_added": "Paragraphs that the revision before lacks; NULL: the first one, or loaded before this was told.",
    "paragraphs_removed": "Paragraphs that only the revision before has; NULL: as above.",
    "paragraphs_changed": "Paragraphs in another wording than in the revision before; NULL: as above.",
}
_NOTICES = {
    "notice": "What the text says of itself: correction, update or withdrawal; NULL: nothing.",
    "notice_quote": "The line that says so; NULL: none.",
}


def upgrade() -> None:
    for name, comment in _COUNTS.items():
        op.add_column("revisions", sa.Column(name, sa.Integer(), nullable=True, comment=comment), schema="tape")
    op.add_column(
        "revisions",
        sa.Column(
            "title_changed",
            sa.Boolean(),
            nullable=True,
            comment="Whether the title is another one than in the revision before; NULL: as above.",
        ),
        schema="tape",
    )
    op.add_column(
        "revisions",
        sa.Column(
            "numbers_changed",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="Numbers that stand in place of others: [{paragraph, old, new}], as printed, the paragraph from 1; "
            "empty: none.",
        ),
        schema="tape",
    )
    for name, comment in _NOTICES.items():
        op.add_column("revisions", sa.Column(name, sa.Text(), nullable=True, comment=comment), schema="tape")
    # NOT VALID: the rows that are there have NULL, and to read them all would take longer than a migration may.
    op.execute("""
        ALTER TABLE tape.revisions
            ADD CONSTRAINT ck_revisions_notice_known
                CHECK (notice IN ('correction', 'update', 'withdrawal')) NOT VALID
    """)


def downgrade() -> None:
    # Their checks go with them.
    for name in (*_NOTICES, "numbers_changed", "title_changed", *_COUNTS):
        op.drop_column("revisions", name, schema="tape")
