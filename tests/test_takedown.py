"""What a person takes down goes with everything that tells of it, and never comes back, whoever brings it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from makers import LEASE, NOW, archived_row, entry_row, extracted, known_feeds, listed, listed_row, page, share
from sqlalchemy import Connection, Engine, text
from test_steps_reprocess import AGAIN, Archive, archived, html, ingested, opened

from config.errors import Misconfigured
from flows.commands.articles import articles
from sql.store import frontier, pages, past_pages, takedowns
from tasks.load import load
from tasks.takedown import take_down

BODY = "Die Werft Nordkai verdient mehr als vor einem Jahr und stellt in Emden zweihundert Menschen ein."
REASON = "Der Betroffene hat es verlangt."


def rows(conn: Connection, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(text(statement), values)]


def run(*arguments: str, typed: str = "") -> str:
    done = CliRunner().invoke(articles, arguments, input=typed)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(articles, arguments, standalone_mode=False)
    assert isinstance(done.exception, Misconfigured), (done.output, done.exception)
    return str(done.exception)


@pytest.fixture
def archive(tape: Engine) -> Archive:
    """Two articles as an ingest brings them, with teasers of the feed."""
    return archived(tape, html(0), html(1), title="Werk waechst", summary="Ein Werk waechst, und die Nachbarn staunen.")


# Columns that hold words of an article somewhere in the schemas; addresses and logs of requests are none.
WORDS = """
    SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns
    WHERE table_schema IN ('ingest', 'tape') AND data_type IN ('text', 'ARRAY', 'jsonb', 'bytea')
"""


def traces(archive: Archive, words: str) -> set[str]:
    """Columns in which the words still stand; bodies of pages are compressed, they are counted."""
    found = set()
    for table, column in archive.rows(WORDS):
        if archive.rows(f"SELECT 1 FROM {table} WHERE position('{words}' IN to_jsonb({column})::text) > 0 LIMIT 1"):
            found.add(f"{table}.{column}")
    return found


def test_nothing_that_tells_of_the_article_is_left(archive: Archive) -> None:
    archive.age()
    archive.read(AGAIN)
    words = "Im Werk 1 stieg"
    assert traces(archive, words) == {"tape.revisions.text"}
    assert archive.rows("SELECT count(*) FROM ingest.pages") == [(2,)]
    assert "ingest.reprocess_changes.before" in traces(archive, "Unsinn")
    run("remove", page(1), "--reason", REASON, "--yes")
    assert traces(archive, words) == set()
    assert archive.rows("SELECT url FROM news.articles") == [(page(0),)]
    assert archive.rows("SELECT count(*) FROM ingest.pages") == [(1,)]
    assert archive.rows("SELECT count(*) FROM ingest.sketches") == [(1,)]
    assert archive.rows("SELECT count(*) FROM tape.stories") == [(1,)]
    left = archive.rows(
        "SELECT state, reason, detail, title, summary, page_id, article_id FROM ingest.entries ORDER BY id"
    )
    assert left[1] == ("skipped", "taken_down", REASON, None, None, None, None)
    assert left[0][0] == "loaded"
    assert archive.rows("SELECT title FROM ingest.sightings ORDER BY entry_id") == [("Werk waechst",), (None,)]


def everything(archive: Archive) -> list[Any]:
    tables = (
        "ingest.entries",
        "ingest.sightings",
        "ingest.takedowns",
        "ingest.pages",
        "tape.articles",
        "tape.revisions",
    )
    return [archive.rows(f"SELECT to_jsonb(t) - 'settled_at' FROM {table} t ORDER BY 1::text") for table in tables]


def test_twice_is_once(archive: Archive) -> None:
    run("remove", page(1), "--reason", REASON, "--yes")
    before = everything(archive)
    assert "no article on the tape" in run("remove", page(1), "--reason", REASON, "--yes")
    assert everything(archive) == before


def comes_back_listed(archive: Archive) -> None:
    """Polled again with another title, under the same address and with a tracking parameter."""
    with archive.tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        again = [
            listed_row(feed, page(1), 0, title="Werk 1 neu"),
            listed_row(feed, page("1?utm_source=x"), 1, title="Werk 1", canonical=page(1)),
        ]
        frontier.add(conn, again, datetime.now(UTC))


def comes_back_by_hand(archive: Archive) -> None:
    with archive.tape.begin() as conn:
        row = entry_row(0, page(1), known_feeds(conn, "alpha")["alpha/all"][0])
        wanted = {key: row[key] for key in ("source_id", "canonical_url", "url_hash")}
        wanted |= {"url": page(1), "host": "alpha.example:443", "portal_id": None}
        frontier.add_by_hand(conn, [wanted], datetime.now(UTC))


def comes_back_by_a_retry(archive: Archive) -> None:
    with archive.tape.begin() as conn:
        for reason in (None, "taken_down"):
            wanted: dict[str, Any] = {"source_id": None, "reason": reason, "states": ("skipped", "dead", "gone")}
            assert frontier.revivable(conn, **wanted) == []
            assert frontier.revive(conn, datetime.now(UTC), **wanted, limit=None) == []


def comes_back_by_a_backfill(archive: Archive) -> None:
    """A page that an archive brings along, and an announcement."""
    with archive.tape.begin() as conn:
        feed, now = known_feeds(conn, "alpha")["alpha/all"], datetime.now(UTC)
        frontier.add(conn, [listed_row(feed, page(1), 0)], now, priority=1)
        ids = [row[0] for row in rows(conn, "SELECT id FROM ingest.entries WHERE canonical_url = :url", url=page(1))]
        for again in (False, True):
            assert past_pages.wanting(conn, ids, again=again) == set()


def comes_back_by_a_reprocess(archive: Archive) -> None:
    archive.age()
    assert archive.read(AGAIN).entries == 0


BACK: dict[str, Callable[[Archive], None]] = {
    "a poll": comes_back_listed,
    "a person": comes_back_by_hand,
    "a retry": comes_back_by_a_retry,
    "a backfill": comes_back_by_a_backfill,
    "a reprocess": comes_back_by_a_reprocess,
}


@pytest.mark.parametrize("name", BACK)
def test_it_does_not_come_back_by(archive: Archive, name: str) -> None:
    run("remove", page(1), "--reason", REASON, "--yes")
    BACK[name](archive)
    with archive.tape.begin() as conn:
        _, claimed = frontier.claim(conn, "me", datetime.now(UTC) + timedelta(days=9), LEASE, share())
        conn.rollback()
    assert [row["canonical_url"] for row in claimed] == []
    assert archive.rows("SELECT url FROM news.articles") == [(page(0),)]
    assert archive.rows("SELECT DISTINCT state, title FROM ingest.entries WHERE reason = 'taken_down'") == [
        ("skipped", None)
    ]
    assert archive.rows("SELECT s.title FROM ingest.sightings s JOIN ingest.entries e ON e.id = s.entry_id "
                        "WHERE e.reason = 'taken_down' AND s.title IS NOT NULL") == []  # fmt: skip


def test_a_variant_that_states_its_address_is_not_loaded_either(archive: Archive) -> None:
    run("remove", page(1), "--reason", REASON, "--yes")
    with archive.tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        (entry_id,) = set(listed(conn, feed, [page("print-1")])) - {0}
        pages.archive(conn, [archived_row(NOW, entry_id=entry_id)])
        variant = entry_row(entry_id, page("print-1"), feed[0])
        (row,) = load(conn, [extracted(variant, "Werk 1 waechst", BODY, canonical_url=page(1))])
        assert (row["state"], row["reason"], row["article_id"]) == ("skipped", "taken_down", None)
        assert rows(conn, "SELECT 1 FROM ingest.pages WHERE entry_id = :id", id=entry_id) == []
    assert archive.rows("SELECT count(*) FROM news.articles") == [(1,)]


def test_what_is_fetched_at_this_moment_leaves_nothing(archive: Archive) -> None:
    """The entry is asked again, its article goes meanwhile, and then the answer is stored."""
    with archive.tape.begin() as conn:
        conn.execute(text("UPDATE ingest.entries SET recheck_at = now() WHERE canonical_url = :url"), {"url": page(1)})
        run_ = opened(conn, "ingest")
    changed = html(1).replace(b"Umsatz", b"Gewinn")
    import asyncio

    from tasks.steps import fetch

    stored = fetch._save_answers

    def behind_a_takedown(*given: Any) -> Any:
        run("remove", page(1), "--reason", REASON, "--yes")
        return stored(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_save_answers", behind_a_takedown)
        asyncio.run(ingested(run_, {page(0): html(0), page(1): changed}))
    assert traces(archive, "Gewinn in Linie") == set()
    assert archive.rows("SELECT count(*) FROM ingest.pages WHERE url LIKE '%/1'") == [(0,)]
    assert archive.rows("SELECT state, reason FROM ingest.entries WHERE canonical_url LIKE '%/1'") == [
        ("skipped", "taken_down")
    ]


def test_a_load_under_way_ends_before_and_is_taken_down_with_the_rest(archive: Archive) -> None:
    with archive.tape.connect() as conn, conn.begin():
        feed = known_feeds(conn, "alpha")["alpha/all"]
        waiting = Thread(target=run, args=("remove", page(7), "--reason", REASON, "--yes", "--beforehand"))
        load(conn, [extracted(entry_row(700, page(7), feed[0]), "Werk 7 waechst", BODY)])
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        conn.commit()
    waiting.join(30)
    assert archive.rows("SELECT count(*) FROM news.articles WHERE url LIKE '%/7'") == [(0,)]


def test_an_address_that_nobody_knows_can_be_forbidden_beforehand(archive: Archive) -> None:
    assert "Nobody knows" in refused("remove", page(9), "--reason", REASON, "--yes")
    run("remove", page(9), "--reason", REASON, "--yes", "--beforehand")
    with archive.tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        frontier.add(conn, [listed_row(feed, page(9), 0, title="Kommt nie")], datetime.now(UTC))
    assert archive.rows("SELECT state, reason, title FROM ingest.entries WHERE canonical_url LIKE '%/9'") == [
        ("skipped", "taken_down", None)
    ]


def test_a_story_whose_original_goes_has_the_next_one(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta", "gamma")
    for number, slug in enumerate(("alpha", "beta", "gamma")):
        entry = entry_row(number, page(number, f"{slug}.example"), feeds[f"{slug}/all"][0])
        entry["first_seen_at"] = NOW + timedelta(hours=number)
        load(conn, [extracted(entry, "Werft verdient mehr", BODY)])
    found = take_down(conn, page(0, "alpha.example"), REASON, NOW)
    assert [(row["source"], row["others"]) for row in found.articles] == [("alpha", 2)]
    roles = rows(conn, "SELECT url, story_role FROM news.articles ORDER BY url")
    assert roles == [(page(1, "beta.example"), "original"), (page(2, "gamma.example"), "copy")]
    assert rows(conn, "SELECT first_source, articles FROM news.stories") == [("beta", 2)]


def test_it_is_asked_before_and_listed_afterwards(archive: Archive) -> None:
    said = CliRunner().invoke(articles, ["remove", page(1), "--reason", REASON], input="n\n")
    assert said.exit_code == 1
    assert "Werk 1" in said.output
    assert archive.rows("SELECT count(*) FROM news.articles") == [(2,)]
    assert run("removed") == "Nothing was taken down.\n"
    run("remove", page("1?utm_source=mail"), "--reason", REASON, typed="y\n")
    assert REASON in run("removed")
    assert page(1) in run("removed")


def test_scripts_get_json(archive: Archive) -> None:
    told = json.loads(run("remove", page(1), "--reason", REASON, "--yes", "--json"))
    assert (told["entries"], told["pages"], [one["url"] for one in told["articles"]]) == (1, 1, [page(1)])


@pytest.mark.parametrize("url", ["nonsense", "mailto:x@example.com", ""])
def test_what_is_no_address_is_named(archive: Archive, url: str) -> None:
    assert repr(url) in refused("remove", url, "--reason", REASON, "--yes")
    assert archive.rows("SELECT count(*) FROM ingest.takedowns") == [(0,)]


def test_without_a_takedown_nothing_is_refused(conn: Connection) -> None:
    assert takedowns.refused(conn, [b"x" * 16]) == frozenset()
    assert takedowns.enforce(conn, [], NOW) == set()
