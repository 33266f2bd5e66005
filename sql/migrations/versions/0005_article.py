"""The article model: subtitle, section headings, organisations, quality flags, and what stands behind a change's time.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXTS = {
    "subtitle": "Second headline below the title, where it is not the lead; NULL: none.",
    "modified_origin": "Layer and field of that string, as jsonld.dateModified; NULL: none.",
    "modified_precision": "second, minute or day (midnight by convention); NULL: no time.",
    "modified_zone": "stated, or the IANA zone that was assumed; NULL: no time.",
}
_ARRAYS = {
    "headings": "Numbers, from 1, of the paragraphs of text that are section headings; empty: none.",
    "organisations": "Desks, agencies and companies credited as authors, as printed; empty: none.",
    "flags": "What a reader should know about its quality (closed list); empty: nothing.",
}
_FLAGS = (
    "no_lead", "lead_repaired", "no_text", "short", "no_date", "date_only", "body_from_jsonld", "preview",
    "boilerplate_suspect",
)  # fmt: skip


def upgrade() -> None:
    for name, comment in _TEXTS.items():
        op.add_column("revisions", sa.Column(name, sa.Text(), nullable=True, comment=comment), schema="tape")
    for name, comment in _ARRAYS.items():
        kind = postgresql.ARRAY(sa.Integer) if name == "headings" else postgresql.ARRAY(sa.Text)
        op.add_column(
            "revisions",
            sa.Column(name, kind, server_default="{}", nullable=False, comment=comment),
            schema="tape",
        )
    flags = ", ".join(f"'{flag}'" for flag in _FLAGS)
    # NOT VALID: the rows that are there have the defaults, and to read them all would take longer than a migration may.
    op.execute(f"""
        ALTER TABLE tape.revisions
            ADD CONSTRAINT ck_revisions_flags_known CHECK (flags <@ ARRAY[{flags}]) NOT VALID,
            ADD CONSTRAINT ck_revisions_modified_precision_known
                CHECK (modified_precision IN ('second', 'minute', 'day')) NOT VALID
    """)


def downgrade() -> None:
    # Their checks go with them.
    for name in (*_ARRAYS, *_TEXTS):
        op.drop_column("revisions", name, schema="tape")
