"""The schema comes up on every server we support, goes down and up again, and refuses what it must."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from config.errors import Misconfigured
from sql import migrate, roles
from sql.store import schema

UNCOMMENTED = text("""
    SELECT format('%s.%s%s', n.nspname, c.relname, coalesce('.' || a.attname, '')) AS name
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname IN ('ingest', 'tape', 'news') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
      AND c.relname <> 'alembic_version'
      AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)
    ORDER BY 1
""")


def test_an_empty_database_is_brought_to_head_and_a_second_upgrade_changes_nothing(empty_database: Engine) -> None:
    assert migrate.upgrade(empty_database) == f"schema version none -> {migrate.head_revision()}"
    assert migrate.upgrade(empty_database) == f"schema version {migrate.head_revision()}"


# SQLAlchemy reads of a check that it is NOT VALID, and does not know the option that it makes of it.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options':sqlalchemy.exc.SAWarning")
def test_the_tables_of_the_code_are_the_tables_of_the_database(empty_database: Engine) -> None:
    migrate.upgrade(empty_database)
    with empty_database.begin() as conn:
        config = migrate._config()
        config.attributes["connection"] = conn
        command.check(config)


def test_the_schema_goes_down_to_nothing_and_up_again(empty_database: Engine) -> None:
    migrate.upgrade(empty_database)
    with empty_database.begin() as conn:
        migrate._drop_views(conn)
        config = migrate._config()
        config.attributes["connection"] = conn
        command.downgrade(config, "base")
        left = conn.execute(text("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                 "WHERE n.nspname IN ('ingest', 'tape', 'news') AND c.relkind IN ('r', 'p', 'S', 'v') "
                                 "AND c.relname <> 'alembic_version'")).scalar()  # fmt: skip
    assert left == 0
    migrate.upgrade(empty_database)
    with empty_database.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM news.articles")).scalar() == 0


def test_a_newer_schema_is_refused_and_says_what_to_do(empty_database: Engine) -> None:
    migrate.upgrade(empty_database)
    with empty_database.begin() as conn:
        conn.execute(text("UPDATE ingest.alembic_version SET version_num = '9999'"))
    for attempt in (migrate.upgrade, migrate.ensure):
        with pytest.raises(Misconfigured, match=r"9999.*newer Newstape.*Install"):
            attempt(empty_database)


def test_a_database_with_other_tables_is_not_touched_unasked(
    empty_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.connect.is_embedded", lambda: False)
    with empty_database.begin() as conn:
        conn.execute(text("CREATE TABLE public.somebodys (id int)"))
    with pytest.raises(Misconfigured, match="newstape db upgrade"):
        migrate.ensure(empty_database)
    with empty_database.connect() as conn:
        assert schema.current_revision(conn) is None


def test_an_entirely_empty_database_is_set_up_by_itself(
    empty_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sql.connect.is_embedded", lambda: False)
    migrate.ensure(empty_database)
    with empty_database.connect() as conn:
        assert schema.current_revision(conn) == migrate.head_revision()


def test_an_analysts_own_view_stops_the_upgrade_with_its_name_and_survives(empty_database: Engine) -> None:
    migrate.upgrade(empty_database)
    with empty_database.begin() as conn:
        conn.execute(text("CREATE VIEW public.mine AS SELECT article_id FROM news.articles"))
    with pytest.raises(Misconfigured, match="mine"):
        migrate.upgrade(empty_database)
    with empty_database.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM public.mine")).scalar() == 0


def test_every_table_view_and_column_has_a_comment(conn: Connection) -> None:
    assert conn.execute(UNCOMMENTED).scalars().all() == []


def test_every_view_says_its_grain_first(conn: Connection) -> None:
    views = text("""
        SELECT c.relname, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'news' AND c.relkind = 'v'
    """)
    found = conn.execute(views).all()
    assert found
    assert [name for name, comment in found if not comment.startswith("One row per ")] == []


def test_partitions_exist_for_this_month_and_a_year_ahead(conn: Connection) -> None:
    now = datetime.now(UTC)
    assert schema.ensure_partitions(conn, now) == []
    made = schema.ensure_partitions(conn, now, months=schema.MONTHS_AHEAD + 1)
    assert len(made) == sum(parts.unit == "month" for parts in schema.PARTITIONED.values())


def test_page_bodies_are_stored_without_a_second_compression(conn: Connection) -> None:
    storage = text("SELECT DISTINCT attstorage FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                   "JOIN pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE n.nspname = 'ingest' AND c.relname LIKE 'pages%' AND a.attname = 'body'")  # fmt: skip
    assert conn.execute(storage).scalars().all() == ["e"]


def test_missing_roles_are_named_and_the_upgrade_goes_on(
    empty_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database.begin() as conn:
        roles.create_missing(conn)
    monkeypatch.setattr(roles, "may_create", lambda _: False)
    monkeypatch.setattr(roles, "existing", lambda _: {roles.WRITER})
    assert "roles missing: newstape_owner, newstape_analyst" in migrate.upgrade(empty_database)
