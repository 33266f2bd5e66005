"""Articles by when they could be known: what news.as_of and the views of fields are asked by.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_articles_available_at"), "articles", ["available_at"], unique=False, schema="tape")


def downgrade() -> None:
    op.drop_index(op.f("ix_articles_available_at"), table_name="articles", schema="tape")
