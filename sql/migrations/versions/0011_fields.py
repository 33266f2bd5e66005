"""The finance fields: a table per kind of fact, and the instruments that they name.

Rules: one change; frozen (import nothing from our code); expand, backfill (a flow, in batches), contract; old code
must run on the new schema; CREATE INDEX CONCURRENTLY is a migration of its own, marked `transactional = False`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instruments",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Surrogate key; says nothing but identity.",
        ),
        sa.Column("key", sa.Text(), nullable=False, comment="ISIN where it is known, else kind:name; unique."),
        sa.Column("kind", sa.Text(), nullable=False, comment="company, index, commodity, fx, crypto, fund or bond."),
        sa.Column("name", sa.Text(), nullable=False, comment="Usual name."),
        sa.Column(
            "isin",
            sa.Text(),
            nullable=True,
            comment="ISIN (ISO 6166); NULL: none, or it can't be told which line is meant.",
        ),
        sa.Column("ticker", sa.Text(), nullable=True, comment="Ticker at the home exchange; NULL: none is known."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruments")),
        sa.UniqueConstraint("key", name=op.f("uq_instruments_key")),
        schema="tape",
        comment="One row per instrument that an article named.",
    )
    op.create_index(op.f("ix_instruments_isin"), "instruments", ["isin"], unique=False, schema="tape")
    op.create_table(
        "amounts",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("value", sa.Numeric(), nullable=False, comment="Value in units of the currency, not in cents."),
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217; empty: none is said."),
        sa.Column(
            "is_approximate", sa.Boolean(), nullable=False, comment="Whether a hedge (about, nearly) stands on it."
        ),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_amounts_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_amounts")),
        schema="tape",
        comment="One row per sum of money.",
    )
    op.create_table(
        "citations",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="Name as printed."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_citations_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_citations")),
        schema="tape",
        comment="One row per medium, agency or provider of figures that something is attributed to.",
    )
    op.create_index(op.f("ix_citations_name"), "citations", ["name"], unique=False, schema="tape")
    op.create_table(
        "figures",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="What it is said of, by its usual name; empty: nothing is named.",
        ),
        sa.Column(
            "instrument_id",
            sa.BigInteger(),
            nullable=True,
            comment="Instrument of that name in the text; NULL: none is known.",
        ),
        sa.Column("metric", sa.Text(), nullable=False, comment="revenue, net_income, ebit ... (docs/fields.md)."),
        sa.Column(
            "period",
            sa.Text(),
            nullable=False,
            comment="Period that it is for, as 2025-Q2 or 2025; empty: none is said.",
        ),
        sa.Column("value", sa.Numeric(), nullable=True, comment="Value; NULL: only the change is said."),
        sa.Column("value_high", sa.Numeric(), nullable=True, comment="Upper end of a range; NULL: no range."),
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217; empty: none is said."),
        sa.Column(
            "change_percent",
            sa.Numeric(),
            nullable=True,
            comment="Change against the same period before, in percent; NULL: none is said.",
        ),
        sa.Column("change_percent_high", sa.Numeric(), nullable=True, comment="Upper end of a range; NULL: no range."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["tape.instruments.id"], name=op.f("fk_figures_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_figures_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_figures")),
        schema="tape",
        comment="One row per result or outlook of a company.",
    )
    op.create_index(
        op.f("ix_figures_instrument_id_revision_id"),
        "figures",
        ["instrument_id", "revision_id"],
        unique=False,
        schema="tape",
    )
    op.create_table(
        "identifiers",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("scheme", sa.Text(), nullable=False, comment="isin, wkn, valor, ticker or cusip."),
        sa.Column("value", sa.Text(), nullable=False, comment="The identifier without separators."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["tape.revisions.id"],
            name=op.f("fk_identifiers_revision_id_revisions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_identifiers")),
        schema="tape",
        comment="One row per security identifier that is printed.",
    )
    op.create_index(
        op.f("ix_identifiers_scheme_value"), "identifiers", ["scheme", "value"], unique=False, schema="tape"
    )
    op.create_table(
        "mentions",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("instrument_id", sa.BigInteger(), nullable=False, comment="Instrument."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["tape.instruments.id"], name=op.f("fk_mentions_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_mentions_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_mentions")),
        schema="tape",
        comment="One row per instrument that a text names.",
    )
    op.create_index(
        op.f("ix_mentions_instrument_id_revision_id"),
        "mentions",
        ["instrument_id", "revision_id"],
        unique=False,
        schema="tape",
    )
    op.create_table(
        "people",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="Name as printed."),
        sa.Column("role", sa.Text(), nullable=False, comment="Role as printed; empty: none."),
        sa.Column(
            "organisation",
            sa.Text(),
            nullable=False,
            comment="Whom the person speaks for or works for; empty: nobody is named.",
        ),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_people_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_people")),
        schema="tape",
        comment="One row per person with a role.",
    )
    op.create_index(op.f("ix_people_name"), "people", ["name"], unique=False, schema="tape")
    op.create_table(
        "price_moves",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="What it is said of, by its usual name; empty: nothing is named.",
        ),
        sa.Column(
            "instrument_id",
            sa.BigInteger(),
            nullable=True,
            comment="Instrument of that name in the text; NULL: none is known.",
        ),
        sa.Column(
            "percent", sa.Numeric(), nullable=True, comment="Change in percent, signed; NULL: a quote without a change."
        ),
        sa.Column("points", sa.Numeric(), nullable=True, comment="Change in points, signed; NULL: none is said."),
        sa.Column("price", sa.Numeric(), nullable=True, comment="Level that belongs to it; NULL: none is said."),
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217; empty: none is said."),
        sa.Column("venue", sa.Text(), nullable=False, comment="Place of trade as printed; empty: none is said."),
        sa.Column(
            "session", sa.Text(), nullable=False, comment="regular, premarket, afterhours ...; empty: none is said."
        ),
        sa.Column(
            "session_date",
            sa.Date(),
            nullable=True,
            comment="Trading day at the market that it speaks of; NULL: it can't be known.",
        ),
        sa.Column(
            "date_start",
            sa.Integer(),
            nullable=True,
            comment="Where the word stands that decided the day; NULL: the dateline alone did.",
        ),
        sa.Column("date_stop", sa.Integer(), nullable=True, comment="Where that word ends."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["tape.instruments.id"], name=op.f("fk_price_moves_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["tape.revisions.id"],
            name=op.f("fk_price_moves_revision_id_revisions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_price_moves")),
        schema="tape",
        comment="One row per move or quote of an instrument in one session.",
    )
    op.create_index(
        op.f("ix_price_moves_instrument_id_revision_id"),
        "price_moves",
        ["instrument_id", "revision_id"],
        unique=False,
        schema="tape",
    )
    op.create_index(op.f("ix_price_moves_session_date"), "price_moves", ["session_date"], unique=False, schema="tape")
    op.create_table(
        "ratings",
        sa.Column("revision_id", sa.BigInteger(), nullable=False, comment="Revision in whose text it stands."),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="Place among the facts of its kind in the text, from 1."
        ),
        sa.Column("house", sa.Text(), nullable=False, comment="Bank or analyst house."),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="What it is said of, by its usual name; empty: nothing is named.",
        ),
        sa.Column(
            "instrument_id",
            sa.BigInteger(),
            nullable=True,
            comment="Instrument of that name in the text; NULL: none is known.",
        ),
        sa.Column("rating", sa.Text(), nullable=False, comment="Verdict as printed; empty: none."),
        sa.Column(
            "previous_rating", sa.Text(), nullable=False, comment="Verdict before, where it changed; empty: it did not."
        ),
        sa.Column("target", sa.Numeric(), nullable=True, comment="Price target; NULL: none."),
        sa.Column(
            "previous_target",
            sa.Numeric(),
            nullable=True,
            comment="Price target before, where it changed; NULL: it did not.",
        ),
        sa.Column("currency", sa.Text(), nullable=False, comment="ISO 4217; empty: none is said."),
        sa.Column(
            "start",
            sa.Integer(),
            nullable=False,
            comment="Where its evidence begins: 0-based offset in code points into title + newline + text.",
        ),
        sa.Column(
            "stop", sa.Integer(), nullable=False, comment="Where it ends; the character there is not part of it."
        ),
        sa.Column("quote", sa.Text(), nullable=False, comment="The evidence: the text from start to stop."),
        sa.Column("rule", sa.Text(), nullable=False, comment="Rule that found it."),
        sa.Column(
            "confidence", sa.Numeric(precision=3, scale=2), nullable=False, comment="How sure the rule is, 0 to 1."
        ),
        sa.Column("fields_version", sa.Text(), nullable=False, comment="Version of the rules."),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["tape.instruments.id"], name=op.f("fk_ratings_instrument_id_instruments")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["tape.revisions.id"], name=op.f("fk_ratings_revision_id_revisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "number", name=op.f("pk_ratings")),
        schema="tape",
        comment="One row per analyst's verdict on a company.",
    )
    op.create_index(
        op.f("ix_ratings_instrument_id_revision_id"),
        "ratings",
        ["instrument_id", "revision_id"],
        unique=False,
        schema="tape",
    )
    op.add_column(
        "revisions",
        sa.Column(
            "fields_version",
            sa.Text(),
            nullable=True,
            comment="Version of the rules that looked for its finance fields; NULL: nobody looked so far.",
        ),
        schema="tape",
    )
    op.add_column(
        "revisions",
        sa.Column("fields_error", sa.Text(), nullable=True, comment="What they stumbled over; NULL: nothing."),
        schema="tape",
    )


def downgrade() -> None:
    op.drop_column("revisions", "fields_error", schema="tape")
    op.drop_column("revisions", "fields_version", schema="tape")
    op.drop_index(op.f("ix_ratings_instrument_id_revision_id"), table_name="ratings", schema="tape")
    op.drop_table("ratings", schema="tape")
    op.drop_index(op.f("ix_price_moves_session_date"), table_name="price_moves", schema="tape")
    op.drop_index(op.f("ix_price_moves_instrument_id_revision_id"), table_name="price_moves", schema="tape")
    op.drop_table("price_moves", schema="tape")
    op.drop_index(op.f("ix_people_name"), table_name="people", schema="tape")
    op.drop_table("people", schema="tape")
    op.drop_index(op.f("ix_mentions_instrument_id_revision_id"), table_name="mentions", schema="tape")
    op.drop_table("mentions", schema="tape")
    op.drop_index(op.f("ix_identifiers_scheme_value"), table_name="identifiers", schema="tape")
    op.drop_table("identifiers", schema="tape")
    op.drop_index(op.f("ix_figures_instrument_id_revision_id"), table_name="figures", schema="tape")
    op.drop_table("figures", schema="tape")
    op.drop_index(op.f("ix_citations_name"), table_name="citations", schema="tape")
    op.drop_table("citations", schema="tape")
    op.drop_table("amounts", schema="tape")
    op.drop_index(op.f("ix_instruments_isin"), table_name="instruments", schema="tape")
    op.drop_table("instruments", schema="tape")
