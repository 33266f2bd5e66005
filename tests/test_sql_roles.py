"""What each role may do, and what not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

ADD_SOURCE = (
    "INSERT INTO ingest.sources (slug, name, homepage, language, country, time_zone, delay, concurrency) "
    "VALUES ('x', 'X', 'https://x.example/', 'de', 'CH', 'Europe/Zurich', '1s', 1)"
)


@pytest.fixture(params=["newstape_analyst", "newstape_writer", "newstape_owner"])
def role(request: pytest.FixtureRequest, conn: Connection) -> Iterator[str]:
    conn.execute(text(f"SET LOCAL ROLE {request.param}"))
    yield request.param
    conn.execute(text("RESET ROLE"))


ALLOWED = {
    "SELECT count(*) FROM news.articles": {"newstape_analyst", "newstape_writer", "newstape_owner"},
    "SELECT count(*) FROM tape.articles": {"newstape_writer", "newstape_owner"},
    "SELECT count(*) FROM ingest.pages": {"newstape_writer", "newstape_owner"},
    ADD_SOURCE: {"newstape_writer", "newstape_owner"},
    "SELECT nextval('ingest.pages_id_seq')": {"newstape_writer", "newstape_owner"},
    "UPDATE ingest.alembic_version SET version_num = version_num": {"newstape_owner"},
    "CREATE TABLE ingest.mine (id int)": {"newstape_owner"},
    "DROP VIEW news.runs": {"newstape_owner"},
    "CREATE VIEW news.mine AS SELECT 1 AS one": {"newstape_owner"},
}


@pytest.mark.parametrize("statement", ALLOWED)
def test_a_role_may_do_what_it_is_for_and_nothing_else(conn: Connection, role: str, statement: str) -> None:
    attempt = conn.begin_nested()
    if role in ALLOWED[statement]:
        conn.execute(text(statement))
        attempt.rollback()
    else:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            conn.execute(text(statement))
        attempt.rollback()
